"""What to do about the releases of all open runs now. Pure; the table in `test_plan.py` is its specification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from spy.domain.release import Stage
from spy.domain.verdict import State


class Step(StrEnum):
    QUEUE = "queue"
    KEEP_BACK = "keep back"
    LET_GO = "let go"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Standing:
    """One open run in the queue before Tier0."""

    run: int
    stage: Stage
    verdict: State
    kept_back: str = ""
    """Who keeps it back and why; empty: nobody."""
    holds_followers: bool = True
    """False for a run that Tier0 will never lock: it has no bulk data, or Tier0 does not know or did not get it."""
    is_outdated: bool = False
    """What is queued was judged with another payload than is there now."""
    would_have_gone: bool = False
    """Shadow: its release was recorded instead of sent."""
    is_left_over: bool = False
    """Shadow: a live agent before us queued it."""


@dataclass(frozen=True, slots=True)
class Planned:
    run: int
    step: Step
    why: str


def plan(standings: Sequence[Standing]) -> list[Planned]:
    """In run order: a run goes out when every lower open run is accepted, locked or overtaken."""
    steps: list[Planned] = []
    blocker: int | None = None
    for standing in sorted(standings, key=lambda s: s.run):
        if standing.stage.lets_followers_go or standing.would_have_gone:
            continue
        steps += _steps(standing, blocker)
        if standing.holds_followers:
            blocker = blocker or standing.run
    return steps


def _steps(standing: Standing, blocker: int | None) -> Iterable[Planned]:
    stage, run = standing.stage, standing.run
    if standing.kept_back:
        if stage in (Stage.NONE, Stage.QUEUED):
            yield Planned(run, Step.KEEP_BACK, standing.kept_back)
        return
    if standing.is_left_over:
        yield Planned(run, Step.CANCEL, "the agent is in shadow mode now")
        return
    if stage is Stage.KEPT_BACK:
        yield Planned(run, Step.LET_GO, "nobody keeps it back any more")
        stage = Stage.NONE
    if stage is Stage.NONE and standing.verdict is State.READY and blocker is None:
        yield Planned(run, Step.QUEUE, "ready, and every lower run is accepted or locked")
    elif stage is Stage.QUEUED and standing.is_outdated and blocker is None and standing.verdict is State.READY:
        yield Planned(run, Step.CANCEL, "a payload is not the one that was judged")
        yield Planned(run, Step.QUEUE, "ready with the payload that is there now")
    elif stage is Stage.QUEUED and (standing.verdict is not State.READY or blocker is not None):
        why = (
            f"run {blocker} below it is not released"
            if blocker is not None
            else f"no longer ready but {standing.verdict}"
        )
        yield Planned(run, Step.CANCEL, why)
