"""Asks a service for JSON or a log, page by page where the block says so, and reads its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from probes.endpoint.answer import Missing, Pointer, Reading, rows_of, variables
from probes.endpoint.line import Lines
from probes.endpoint.row import Rows
from spy.http import Answer

RUN = "{run}"
Get = Callable[[str, Mapping[str, str | int]], Answer]


@dataclass(frozen=True, slots=True)
class Paging:
    parameter: str
    first: int
    most: int


@dataclass(frozen=True, slots=True)
class Json:
    """Where the rows stand in a document, and their variables."""

    at: Pointer | None
    """None: the whole document is the one row."""
    read: Mapping[str, Reading]

    def rows(self, given: Answer) -> list[Any]:
        document = given.json()
        if self.at is None:
            return [document]
        found = rows_of(document, self.at)
        return given.refuse(found.why) if isinstance(found, Missing) else found


@dataclass(frozen=True, slots=True)
class Question:
    path: str
    params: Mapping[str, str]
    form: Json | Lines
    paging: Paging | None = None

    @property
    def is_per_run(self) -> bool:
        return any(RUN in text for text in (self.path, *self.params.values()))

    def ask(self, get: Get, run: int | None = None) -> Rows:
        """Every row of the answer. A SourceError says why there is none that can be read."""
        path = self.path.replace(RUN, str(run))
        params = {key: text.replace(RUN, str(run)) for key, text in self.params.items()}
        if isinstance(self.form, Lines):
            return Rows(self.form.rows(get(path, params)))
        if self.paging is None:
            found = self.form.rows(get(path, params))
        else:
            found = _pages(lambda page: get(path, {**params, **page}), self.form, self.paging)
        return Rows([variables(row, self.form.read) for row in found])


def _pages(get: Callable[[dict[str, int]], Answer], form: Json, paging: Paging) -> list[Any]:
    """All pages up to the first empty one: only that shows that nothing is left out."""
    found: list[Any] = []
    seen: set[str] = set()
    for number in range(paging.first, paging.first + paging.most):
        given = get({paging.parameter: number})
        rows = form.rows(given)
        if not rows:
            return found
        text = json.dumps(rows, sort_keys=True)
        if text in seen:
            given.refuse(f"page {number} is one that came before: the service does not page by {paging.parameter}")
        seen.add(text)
        found += rows
    given.refuse(f"no empty page among {paging.most}: the list has no end, or max_pages is too small")
