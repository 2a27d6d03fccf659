"""When runs of the past would have gone, from insertion times alone: no agent need have run then.

The moment is that at which the last required product's own interval was there, and not before the run's end. What an
agent also waits for leaves no trace in the database, so that its release comes then or later: the intervals named are
all that it would have missed, or more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from spy.clock import iso
from spy.database import as_stored, utc
from spy.domain.product import Base, OnlineTag, Product, Products, Required
from spy.domain.since import TIME_TYPES, encode_lumi, encode_time
from spy.regret.late import WouldBe
from spy.regret.statement import MAX_WANTED, Wanted, own, values

COVERED_WITHIN = timedelta(days=4)
"""After a run's end: where the interval that closes the run's last one in a Time tag is looked for."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """What is known of one run, from the store or from the services; `problem` says why that is not enough."""

    run: int
    start: datetime | None = None
    end: datetime | None = None
    last_lumi: int | None = None
    run_class: str = ""
    global_tag: str = ""
    producers: tuple[str, ...] = ()
    locked_at: datetime | None = None
    """UTC; None: nobody saw it, and it is predicted."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Gating:
    """One thing that a run waits for: its mapped tags, and whether it may turn out not to be needed."""

    name: str
    base: Base
    tags: tuple[str, ...]
    may_lack: bool
    tail_lumis: int = 0


@dataclass(frozen=True, slots=True)
class Came:
    """When the own interval of one run was in one tag."""

    base: str
    """run | lumi | time, as the database has it; empty: no such tag."""
    at: datetime | None


Moments = Mapping[tuple[int, str], Came]


def with_locks(runs: Sequence[PastRun], lock_after: timedelta) -> list[tuple[PastRun, datetime | None]]:
    """Tier0's own clock, in run order: nobody is locked before the runs below."""
    below: datetime | None = None
    told: list[tuple[PastRun, datetime | None]] = []
    for run in sorted(runs, key=lambda r: r.run):
        lock = run.locked_at or (run.end + lock_after if run.end else None)
        if lock is not None and run.locked_at is None and below is not None:
            lock = max(lock, below)
        below = lock or below
        told.append((run, lock))
    return told


def gating_of(run: PastRun, required: Required, products: Products, mapped: Mapping[str, str]) -> list[Gating]:
    """Products and online tags that gate a run, with the tags that its prompt global tag maps."""
    names = [n for n in required.products if not required.only_where_declared or products[n].producer in run.producers]
    return [
        *(_of_product(products[name], mapped) for name in names),
        *(_of_online(tag) for tag in required.online_tags),
    ]


def _of_product(product: Product, mapped: Mapping[str, str]) -> Gating:
    tags = tuple(tag for tag in product.destination_tags if tag in mapped)
    return Gating(product.name, product.base, tags, bool(product.accepts), product.tail_lumis)


def _of_online(tag: OnlineTag) -> Gating:
    """The rules ask it of every run of the class, whatever is mapped; one written on change only may well lack."""
    return Gating(tag.name, Base.TIME, (tag.name,), tag.on_change)


def wanted_of(run: PastRun, gating: Iterable[Gating]) -> Iterator[Wanted]:
    """Of a run whose start is known; of any other nothing is asked."""
    if run.start is None:
        return
    for one in gating:
        lowest, highest = _range(run, one)
        for tag in one.tags:
            yield Wanted(run.run, tag, lowest, highest, as_stored(run.start))


def _range(run: PastRun, gating: Gating) -> tuple[int, int]:
    """Where an interval begins that was made for the run and reaches its end."""
    if gating.base is Base.LUMI:
        last = run.last_lumi or 1
        return encode_lumi(run.run, max(last - gating.tail_lumis, 1)), encode_lumi(run.run, last)
    if gating.base is Base.TIME and run.end:
        return encode_time(run.end), encode_time(run.end + COVERED_WITHIN)
    return run.run, run.run


def ask_own(connection: Connection, wanted: Sequence[Wanted]) -> dict[tuple[int, str], Came]:
    """When each own interval came; for `spy.database.ask`."""
    found: dict[tuple[int, str], Came] = {}
    for start in range(0, len(wanted), MAX_WANTED):
        some = wanted[start : start + MAX_WANTED]
        for run, tag, time_type, came in connection.execute(own(len(some)), values(some)).all():
            base = TIME_TYPES.get(str(time_type), str(time_type or ""))
            found[int(run), str(tag)] = Came(base, None if came is None else utc(came))
    return found


def went(run: PastRun, lock: datetime, gating: Sequence[Gating], moments: Moments) -> WouldBe | str:
    """The would-be release of one run that has ended, or why it would not have gone before the lock. Pure."""
    if run.end is None:
        return "it has no end"
    last, lacking = run.end, []
    for one in gating:
        came = [moments[run.run, tag] for tag in one.tags]
        if wrong := next((c.base for c in came if c.base != one.base), None):
            return f"{one.name}: since counts {wrong or 'nothing: no such tag'}, and {one.base} is expected"
        times = [c.at for c in came if c.at is not None and c.at <= lock]
        if times and len(times) == len(came):
            last = max(last, *times)
        elif one.may_lack:
            lacking.append(one.name)
        else:
            return f"{one.name} had no interval of its own by the lock at {iso(lock)}"
    note = f"taken for not needed, since no interval of its own came: {', '.join(lacking)}" if lacking else ""
    return WouldBe(
        run=run.run,
        released_at=_next_second(last),
        locked_at=lock,
        start=run.start,
        end=run.end,
        last_lumi=run.last_lumi,
        global_tag=run.global_tag,
        note=note,
    )


def _next_second(moment: datetime) -> datetime:
    """Releases are judged in whole seconds: what made this one possible came before it, not in its second."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)
