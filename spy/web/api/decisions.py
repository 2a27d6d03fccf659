"""Decisions of all runs, filtered and page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from spy.domain.verdict import State
from spy.store.views import Wanted, decision_page
from spy.web.api.answers import DecisionAnswer, Listed
from spy.web.api.paging import Cursor, CursorText, Limit, Moment, Name, RunFilter, only_known, time_of
from spy.web.source import Source


class DecisionsAnswer(Listed):
    decisions: list[DecisionAnswer]


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["decisions"], dependencies=[Depends(only_known)])

    @routes.get("/decisions")
    def decisions(
        run: RunFilter = None,
        verdict: Annotated[State | None, Query(description="only with this verdict")] = None,
        rule: Annotated[
            Name | None, Query(description="only those in which this rule was not content, or was waived")
        ] = None,
        since: Annotated[Moment | None, Query(description="only made then or later")] = None,
        until: Annotated[Moment | None, Query(description="only made before")] = None,
        limit: Limit = 50,
        cursor: CursorText = "",
    ) -> DecisionsAnswer:
        """Decisions, newest first. A page with `verdict` or `rule` may hold less than `limit` and still have a next."""
        wanted = Wanted(run, verdict, rule, time_of(since, "since"), time_of(until, "until"))
        filters = {"run": run, "verdict": verdict, "rule": rule, "since": wanted.since, "until": wanted.until}
        place = Cursor("decisions", filters, (datetime, int))
        found = decision_page(source.store, wanted, limit, place.read(cursor))
        return DecisionsAnswer(
            decisions=[DecisionAnswer.model_validate(decision) for decision in found.items],
            next=place.written(found.next),
        )

    return routes
