"""Runs: the list and everything about one."""

from __future__ import annotations

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException

from spy.store.views import RunDetail, run_detail, run_lines
from spy.web.api.answers import PROBLEMS, RunAnswer, RunDetailAnswer, RunsAnswer
from spy.web.source import Source


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["runs"], responses=PROBLEMS)

    @routes.get("/runs")
    def runs(limit: int = Query(50, ge=1, le=500), before: int | None = Query(None, ge=1, lt=10_000_000)) -> RunsAnswer:
        """The newest first."""
        lines = run_lines(source.store, source.clock(), limit, before, source.config.products)
        is_last = len(lines) < limit
        shown = [RunAnswer.model_validate(line) for line in lines]
        return RunsAnswer(runs=shown, before=None if is_last else lines[-1].run)

    @routes.get("/runs/{run}", response_model=RunDetailAnswer)
    def run(run: int = Path(ge=1, lt=10_000_000)) -> RunDetail:
        found = run_detail(source.store, run, source.clock(), source.config.products)
        if found is None:
            raise HTTPException(404, f"run {run}: the agent never followed this run")
        return found

    return routes
