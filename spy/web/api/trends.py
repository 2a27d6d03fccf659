"""What a period saved and what it cost: the numbers of the page's trends. Durations are hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException

from spy.config import Config
from spy.domain.product import required_names
from spy.store.views import PUBLISHED_2024, Delay, ProductLatency, RunSaved, Trends, trends
from spy.web.api.answers import Answer
from spy.web.api.paging import Limit, Moment, only_known, time_of
from spy.web.source import Source

USUAL, LONGEST = timedelta(days=7), timedelta(days=366)


class CauseAnswer(Answer):
    cause: str
    hours: float
    share: float
    """0 to 1."""
    runs: int
    most: dict[str, float]
    """Hours by what it names, the five longest."""


class StateAnswer(Answer):
    kind: str
    """verdict, or release for its stages"""
    state: str
    hours: float
    share: float
    runs: int


class RuleAnswer(Answer):
    rule: str
    is_shadow: bool
    runs: int
    ready_h: float
    waiting_h: float
    unknown_h: float
    blocked_h: float
    alone_h: float
    """It alone was not ready."""
    waived: int
    """Runs of which its failure was accepted."""


class LatencyAnswer(Answer):
    product: str
    """Empty: all of them together."""
    uploads: int
    mean_h: float | None
    rms_h: float | None
    median_h: float | None
    p90_h: float | None


class RegretAnswer(Answer):
    number: int
    made_at: datetime
    begin: datetime
    until: datetime
    rulebook: str
    judged: int
    regrets: int
    unknown: int
    summary: str
    acknowledged_at: datetime | None
    acknowledged_by: str


class RunSavedAnswer(Answer):
    run: int
    run_class: str
    recorded_lumi: float | None
    """1/pb; null: not known."""
    end: datetime
    alone_at: datetime | None
    """When it would have been ready without the runs before it."""
    prefix_ready_at: datetime | None
    accepted_at: datetime | None
    would_at: datetime | None
    locked_at: datetime | None
    started_at: datetime | None
    is_overtaken: bool
    saved_h: float | None
    lost_h: float
    """To earlier runs."""
    basis: str


class TrendsAnswer(Answer):
    begin: datetime
    end: datetime
    sentence: str
    saved_h: float | None
    """Null: no run of the period has started."""
    lost_h: float
    held_h: float
    causes: list[CauseAnswer]
    states: list[StateAnswer]
    rules: list[RuleAnswer]
    rules_left_out: int
    """Runs whose revisions were too many to read for the rules."""
    latencies: list[LatencyAnswer]
    published_mean_h: float
    """Of 2024, five workflows together."""
    published_rms_h: float
    regrets: list[RegretAnswer]
    """Empty: nobody made a report, and what was missed is unknown."""
    endless: list[int]
    """Runs of which nobody knows when they ended; counted nowhere."""
    runs: list[RunSavedAnswer]
    """The newest first, at most `limit`."""
    runs_left_out: int


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["trends"], dependencies=[Depends(only_known)])

    @routes.get("/trends")
    def trends_of_a_period(
        since: Annotated[
            Moment | None, Query(description="runs that ended from then on; else 7 days before `until`")
        ] = None,
        until: Annotated[Moment | None, Query(description="and before then; else now")] = None,
        limit: Limit = 50,
    ) -> TrendsAnswer:
        """What a period saved, what held the data, in which states, by which rules, what regret; 366 days at most."""
        now = source.clock()
        end = time_of(until, "until") or now
        begin = time_of(since, "since") or end - USUAL
        if not timedelta(0) < end - begin <= LONGEST:
            raise HTTPException(400, f"since {begin}, until {end}: expected a period of at most {LONGEST.days} days")
        return _answer(_ask(source, begin, end, now), limit)

    return routes


def _ask(source: Source, begin: datetime, end: datetime, now: datetime) -> Trends:
    config: Config = source.config
    gating = required_names(config.required.values())
    return trends(
        source.store,
        begin,
        end,
        now,
        instance=config.agent.instance,
        delay=Delay(config.lock_after, config.tier0.reco_delay),
        products=[product for name, product in config.products.items() if name in gating],
        context=config.context,
    )


def _answer(told: Trends, limit: int) -> TrendsAnswer:
    saved, (mean, rms) = told.saved, PUBLISHED_2024
    newest = sorted(saved.runs, key=lambda run: -run.run)[:limit]
    return TrendsAnswer(
        begin=saved.begin,
        end=saved.end,
        sentence=saved.sentence,
        saved_h=_h(saved.saved) if saved.counted else None,
        lost_h=hours(saved.lost),
        held_h=hours(saved.held),
        causes=[
            CauseAnswer(
                cause=str(one.cause),
                hours=hours(one.time),
                share=one.share,
                runs=one.runs,
                most={name: hours(time) for name, time in one.most[:5]},
            )
            for one in saved.causes
        ],
        states=[
            StateAnswer(kind=one.kind, state=one.state, hours=hours(one.time), share=one.share, runs=one.runs)
            for one in saved.states
        ],
        rules=[_rule(one) for one in told.votes.rules],
        rules_left_out=told.votes.left_out,
        latencies=[_latency(one) for one in saved.products],
        published_mean_h=hours(mean),
        published_rms_h=hours(rms),
        regrets=[RegretAnswer.model_validate(one) for one in told.regrets],
        endless=list(saved.endless),
        runs=[_run(one) for one in newest],
        runs_left_out=len(saved.runs) - len(newest),
    )


def _rule(one: Any) -> RuleAnswer:
    times = {f"{name}_h": hours(getattr(one, name)) for name in ("ready", "waiting", "unknown", "blocked", "alone")}
    return RuleAnswer(rule=one.rule, is_shadow=one.is_shadow, runs=one.runs, waived=one.waived, **times)


def _latency(one: ProductLatency) -> LatencyAnswer:
    names = ("mean", "rms", "median", "p90")
    told = {f"{name}_h": hours(getattr(one.uploaded, name)) if one.uploaded else None for name in names}
    return LatencyAnswer(product=one.product, uploads=one.uploaded.count if one.uploaded else 0, **told)


def _run(one: RunSaved) -> RunSavedAnswer:
    given = {name: getattr(one, name) for name in RunSavedAnswer.model_fields if hasattr(one, name)}
    return RunSavedAnswer(**given, saved_h=_h(one.saved), lost_h=hours(one.lost))


def _h(time: timedelta | None) -> float | None:
    return None if time is None else hours(time)


def hours(time: timedelta) -> float:
    """To a thousandth."""
    return round(time.total_seconds() / 3600, 3) + 0.0
