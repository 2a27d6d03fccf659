"""Build the situation of a run from the board and the acts in force, and let the rulebook judge it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from spy.agent.board import Board
from spy.agent.settings import Settings
from spy.domain import release
from spy.domain.act import Act, Do
from spy.domain.run import Chunk
from spy.domain.subject import of_stream
from spy.domain.verdict import Verdict
from spy.rules.evaluate import evaluate
from spy.rules.rulebook import Rulebook
from spy.rules.situation import LowerRun, Situation


def judge(
    board: Board,
    book: Rulebook,
    settings: Settings,
    run: int,
    acts: Sequence[Act],
    now: datetime,
    held_until: datetime | None = None,
) -> Verdict:
    """The verdict on one open run, pure in all of these. `held_until`: end of a hold that Tier0 accepted."""
    return evaluate(situation_of(board, settings, run, acts, now, held_until), book)


def situation_of(
    board: Board, settings: Settings, run: int, acts: Sequence[Act], now: datetime, held_until: datetime | None = None
) -> Situation:
    """Everything that the verdict on one open run may look at."""
    runs = board.runs
    first = settings.clock.first(board.value(run, "bulk_datasets"))
    return Situation(
        chunk=Chunk(run),
        now=now,
        evidence={**board.facts[0], **board.facts.get(run, {})},
        instance=settings.instance,
        believed_for=settings.believed_for,
        renewed=board.renewed,
        lower_runs=tuple([board.lower(number, lower_run) for number in runs if number < run]),
        newer_runs_exist=bool(runs) and runs[-1] > run,
        earlier=board.earlier,
        waivers=tuple(act for act in acts if act.do is Do.WAIVE and act.concerns(run)),
        lock_after=first.after,
        locked_first=first.dataset,
        upload_order_timeout=settings.upload_order_timeout,
        held_until=held_until,
    )


def beside(board: Board) -> dict[int, LowerRun]:
    """What each open run means for those above it."""
    return {run: board.lower(run, lower_run) for run in board.runs}


def lower_run(board: Board, number: int) -> LowerRun:
    end = board.value(number, "run_end")
    has_ended = board.value(number, "run_ended") is True
    is_at_tier0 = board.value(number, "transferred") is not False and not (
        has_ended and board.value(number, "known_to_tier0") is False
    )
    return LowerRun(
        number, has_ended, end if isinstance(end, datetime) else None, _is_settled(board, number), is_at_tier0
    )


def _is_settled(board: Board, number: int) -> bool:
    """Whether every stream that declares a producer is done; only for the wording of who waits for whom."""
    streams = board.value(number, "streams")
    if not isinstance(streams, str):
        return False
    facts = board.facts.get(number, {})
    for stream in streams.split(","):
        subject = of_stream(board.instance, number, stream)
        producers, done = facts.get((subject, "producers")), facts.get((subject, "stream_done"))
        if producers is None or (producers.value != "" and not (done and done.value is True)):
            return False
    return True


def holds_followers(board: Board, number: int) -> bool:
    """Whether anybody behind this run waits for it."""
    told = (board.value(number, name) for name in release.HOLDING)
    return release.holds_followers(*told)
