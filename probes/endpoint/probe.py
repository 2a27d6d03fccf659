"""What a `[[endpoint]]` block of the configuration asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Self

from probes.endpoint.answer import Missing
from probes.endpoint.block import Block, compiled
from probes.endpoint.line import Lines
from probes.endpoint.row import Rows, Variables, fact, picked
from spy.domain.errors import Unreadable
from spy.domain.evidence import Evidence, Fact, unknown
from spy.domain.subject import Subject, of_service
from spy.endpoint import EndpointSection
from spy.http import Answer, Http
from spy.probe import Configured, Open


class Endpoint(Configured):
    """Facts about the service, or about each open run, out of any service that answers GET with JSON or a log.

    Nothing of it is final, since nobody can know here what may still change. Where a run is asked about by itself, an
    answer that cannot be read makes that run's facts unknown; if none can be read, the look has failed.

    Source: docs/endpoint.md; JSON pointers are those of RFC 6901.
    """

    name = "endpoint"
    service = ""
    facts: tuple[Fact, ...] = ()
    block: Block

    @classmethod
    def from_config(cls, block: EndpointSection) -> Self:
        made = cls()
        made.block = compiled(block)
        made.name, made.service, made.facts = block.name, block.service, block.facts
        made.every, made.stale_after = block.every, block.stale_after
        return made

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        get = partial(self._get, ask, open_)
        question = self.block.question
        if not self.block.is_of_runs:
            rows = question.ask(get)
            yield from self._told(of_service(self.service), self._picked(rows, None), open_)
        elif question.is_per_run:
            yield from self._each_run(ask, open_)
        elif open_.runs:
            rows = question.ask(get)
            for run in open_.runs:
                yield from self._told(run.subject, self._picked(rows, run.number), open_)

    def _each_run(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        failures: list[Unreadable] = []
        for run in open_.runs:
            try:
                rows = self.block.question.ask(partial(self._get, ask, open_), run.number)
                values = self._picked(rows, run.number)
            except Unreadable as failed:
                failures.append(failed)
                values = Missing(failed.what)
            yield from self._told(run.subject, values, open_)
        if failures and len(failures) == len(open_.runs):
            raise failures[0]

    def _get(self, ask: Http, open_: Open, path: str, params: Mapping[str, str | int]) -> Answer:
        given = ask.get(path, params, accept="text/plain" if self._is_log else "application/json")
        given.dated(open_.now, self.stale_after)
        return given

    @property
    def _is_log(self) -> bool:
        return isinstance(self.block.question.form, Lines)

    def _picked(self, rows: Rows, run: int | None) -> Variables | Missing:
        by_run = run is not None and "run" in self.block.question.form.read
        asked = rows.of_run(run) if run is not None and by_run else rows.all
        return picked(asked, self.block.where, run, last=self._is_log)

    def _told(self, subject: Subject, values: Variables | Missing, open_: Open) -> Iterator[Evidence]:
        for asked in self.block.asked:
            told = values
            if not isinstance(told, Missing):
                found = fact(asked.value, told, open_.now, asked.as_of, asked.max_age)
                if not isinstance(found, Missing):
                    yield Evidence(subject, asked.fact.name, found.value, self.name, open_.now, found.as_of)
                    continue
                told = found
            yield unknown(subject, asked.fact.name, self.name, open_.now, told.why)
