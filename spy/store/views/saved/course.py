"""The course of one run from its end to its start: milestones, what was saved, and the cause of every hour."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from spy.domain import release
from spy.domain.release import Stage
from spy.store.views.saved.history import History, Moved, Part, Record
from spy.store.views.saved.layers import last, layers, moved, ready
from spy.store.views.saved.span import OF_EARLIER_RUNS, Cause, Span, partition, total

RUN_FACTS: tuple[Part, ...] = tuple(
    ("", name) for name in ("run_end", "run_ended", "run_class", "recorded_lumi", "streams", *release.HOLDING)
)


@dataclass(frozen=True, slots=True)
class Delay:
    """Tier0's own clock, as configured today: what it would have done without anybody."""

    lock_after: timedelta
    """From a run's end to its lock."""
    start_after: timedelta
    """From a run's end to the start of prompt reconstruction."""


@dataclass(frozen=True, slots=True)
class RunSaved:
    """One run that ended. Times are UTC, as the agent saw them: Tier0's up to 5.5 min late. None: not yet, or never."""

    run: int
    run_class: str
    recorded_lumi: float | None
    """1/pb; None: not known."""
    end: datetime
    express_done_at: datetime | None
    """The last Express stream that carries a required calibration was done."""
    ready_at: datetime | None
    """First verdict ready: its calibrations were in place."""
    prefix_ready_at: datetime | None
    """Ready, and no earlier run stood before it any more."""
    sent_at: datetime | None
    accepted_at: datetime | None
    would_at: datetime | None
    """Shadow: the release was recorded instead of sent."""
    locked_at: datetime | None
    started_at: datetime | None
    is_overtaken: bool
    """Tier0 locked it by its own clock."""
    fixed_lock_at: datetime
    fixed_start_at: datetime
    spans: tuple[Span, ...]
    """From its end to its start without gap or overlap; while it has not started, until now or until it was closed."""

    @property
    def alone_at(self) -> datetime | None:
        """When it would have been ready without the runs before it: prefix ready, less what they took until then."""
        if (ready := self.prefix_ready_at) is None:
            return None
        return ready - total((span for span in self.spans if span.end <= ready), *OF_EARLIER_RUNS)

    @property
    def lost(self) -> timedelta:
        """To earlier runs: their releases and their uploads came first."""
        return total(self.spans, *OF_EARLIER_RUNS)

    @property
    def basis(self) -> str:
        """What the saved time is measured at: the real start, or in shadow the release that was not sent."""
        return "would-be release" if self.would_at else "start" if self.started_at else ""

    @property
    def saved(self) -> timedelta | None:
        """Like against like: Tier0's fixed start less the real one; in shadow its fixed lock less our release."""
        if self.would_at:
            return self.fixed_lock_at - self.would_at
        return self.fixed_start_at - self.started_at if self.started_at else None


def courses(
    history: History, begin: datetime, end: datetime, now: datetime, delay: Delay, streams: Collection[str]
) -> Iterator[RunSaved]:
    """Of every run that ended in `[begin, end)` and that Tier0 reconstructs, by number."""
    records = [r for r in history.records if release.holds_followers(*(r.newest(name) for name in release.HOLDING))]
    to_come = list(accumulate((_ended(r) or r.opened_at for r in reversed(records)), min))[::-1]
    before: list[list[Span]] = []
    for record, earliest in zip(records, to_come, strict=True):
        before = [spans for spans in before if spans[-1].end > earliest]
        ended = _ended(record)
        if ended is not None and begin <= ended < end:
            held = [span for spans in before for span in spans]
            yield _course(record, ended, held, history, now, delay, streams)
        if spans := list(_holding(record)):
            before.append(spans)


def _ended(record: Record) -> datetime | None:
    end = record.newest("run_end") if record.newest("run_ended") is True else None
    return end if isinstance(end, datetime) else None


def _holding(record: Record) -> Iterator[Span]:
    """When no run behind this one could be released because of it."""
    went = [Moved(record.would_at, Stage.ACCEPTED, "shadow")] if record.would_at else []
    since: datetime | None = record.opened_at
    what = (f"run {record.run}",)
    for at, stage, _ in sorted([*record.moves, *went], key=lambda move: move.at):
        if stage.lets_followers_go and since is not None:
            yield Span(since, at, Cause.EARLIER_RUN, what)
            since = None
        elif since is None and not stage.lets_followers_go and not record.would_at:
            since = at
    if since is not None:
        yield Span(since, record.closed_at or last(since), Cause.EARLIER_RUN, what)


def _course(
    record: Record,
    end: datetime,
    held: Sequence[Span],
    history: History,
    now: datetime,
    delay: Delay,
    streams: Collection[str],
) -> RunSaved:
    started, overtaken = moved(record, Stage.STARTED), moved(record, Stage.OVERTAKEN)
    locked = moved(record, Stage.LOCKED) or overtaken
    limit = started or record.closed_at or now
    good = ready(record, end, locked or limit)
    recorded = record.newest("recorded_lumi")
    free = (span for one in good for span in partition(one.begin, one.end, [held, [one]]))
    return RunSaved(
        run=record.run,
        run_class=str(record.newest("run_class") or ""),
        recorded_lumi=recorded if isinstance(recorded, float) else None,
        end=end,
        express_done_at=_all_done(record, streams),
        ready_at=good[0].begin if good else None,
        prefix_ready_at=next((span.begin for span in free if span.cause is Cause.DELIVERY), None),
        sent_at=moved(record, Stage.SENT),
        accepted_at=moved(record, Stage.ACCEPTED),
        would_at=record.would_at,
        locked_at=locked,
        started_at=started,
        is_overtaken=overtaken is not None,
        fixed_lock_at=end + delay.lock_after,
        fixed_start_at=end + delay.start_after,
        spans=partition(end, limit, layers(record, end, limit, held, history)),
    )


def _all_done(record: Record, streams: Collection[str]) -> datetime | None:
    """When the last stream that carries a required calibration was told done; None while one is not."""
    declared = record.newest("streams")
    mine = set(streams) & set(declared.split(",")) if isinstance(declared, str) else set()
    told = [record.facts.get((f"/stream:{name}", "stream_done"), []) for name in mine]
    done = [next((word.seen_at for word in words if word.value is True), None) for words in told]
    return max((at for at in done if at), default=None) if all(done) else None
