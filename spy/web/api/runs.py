"""Runs: the list and everything about one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.exceptions import HTTPException

from spy.domain.verdict import State
from spy.store.views import Lane, RunDetail, products_of_run, run_detail, run_lines, timeline
from spy.web.api.answers import Answer, RunAnswer, RunDetailAnswer, RunsAnswer
from spy.web.api.paging import MOST, Cursor, CursorText, Limit, only_known
from spy.web.api.products import InRunAnswer, RunProductsAnswer
from spy.web.source import Source

RunNumber = Annotated[int, Path(ge=1, lt=MOST, description="as OMS counts runs")]
_CURSOR = Cursor("runs", {}, (int,))


class HappenedAnswer(Answer):
    lane: Lane
    begin: datetime
    """The source's own time where it gives one, else when the agent saw it: `is_seen`."""
    end: datetime | None
    """null: a moment, or what goes on still: `goes_on`."""
    what: str
    text: str
    state: State | None
    goes_on: bool
    is_seen: bool


class TimelineAnswer(Answer):
    happened: list[HappenedAnswer]
    """By time."""


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["runs"], dependencies=[Depends(only_known)])

    @routes.get("/runs")
    def runs(limit: Limit = 50, cursor: CursorText = "") -> RunsAnswer:
        """Runs that the agent follows or followed, newest first."""
        after = _CURSOR.read(cursor)
        before = None if after is None else int(str(after[0]))
        lines = run_lines(source.store, source.clock(), limit, before, source.config.products)
        return RunsAnswer(
            runs=[RunAnswer.model_validate(line) for line in lines],
            next=_CURSOR.written((lines[-1].run,)) if len(lines) == limit else None,
        )

    @routes.get("/runs/{run}", response_model=RunDetailAnswer)
    def run(run: RunNumber) -> RunDetail:
        """Everything about one run: the decision with every rule's values, its history, messages, acts, evidence."""
        found = run_detail(source.store, run, source.clock(), source.config.products)
        if found is None:
            raise HTTPException(404, f"run {run}: the agent never followed this run")
        return found

    @routes.get("/runs/{run}/timeline")
    def timeline_of_one_run(run: RunNumber) -> TimelineAnswer:
        """From beam to reconstruction: data taking, express, uploads, intervals, verdicts, acts, messages, releases."""
        found = run_detail(source.store, run, source.clock(), source.config.products)
        if found is None:
            raise HTTPException(404, f"run {run}: the agent never followed this run")
        happened = timeline(source.store, found)
        return TimelineAnswer(happened=[HappenedAnswer.model_validate(one) for one in happened])

    @routes.get("/runs/{run}/products")
    def products_of_one_run(run: RunNumber) -> RunProductsAnswer:
        """How every product stands in one run; what Tier0 declares and nobody tracks is shown as unknown."""
        found = products_of_run(source.store, run, source.clock(), source.config.products)
        if found is None:
            raise HTTPException(404, f"run {run}: the agent never followed this run")
        return RunProductsAnswer(products=[InRunAnswer.model_validate(product) for product in found])

    return routes
