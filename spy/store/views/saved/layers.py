"""What the store tells about the hold of one run, as layers of spans: what stands higher hides what stands lower."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from spy.domain.release import Stage
from spy.store.views.saved.cause import cause_of
from spy.store.views.saved.history import Decided, History, Record
from spy.store.views.saved.span import Cause, Span

_STAGED = {
    Stage.QUEUED: Cause.DELIVERY,
    Stage.SENT: Cause.DELIVERY,
    Stage.AMBIGUOUS: Cause.DELIVERY,
    Stage.REFUSED: Cause.REFUSED,
    Stage.WITHDRAWN: Cause.WITHDRAWN,
    Stage.ACCEPTED: Cause.AFTER_RELEASE,
    Stage.LOCKED: Cause.AFTER_RELEASE,
    Stage.OVERTAKEN: Cause.AFTER_OWN_LOCK,
    Stage.KEPT_BACK: Cause.KEPT_BACK,
}


def last(like: datetime) -> datetime:
    """After everything."""
    return datetime.max.replace(tzinfo=like.tzinfo)


def layers(
    record: Record, end: datetime, limit: datetime, held: Sequence[Span], history: History
) -> list[Sequence[Span]]:
    """From the highest to the lowest. `held` is when runs below stood before this one."""
    staged = list(_staged(record))
    kept = [span for span in staged if span.cause is Cause.KEPT_BACK]
    seen = min((word.seen_at for word in record.facts["", "run_ended"] if word.value is True), default=end)
    unwatched = [Span(b, e, Cause.NOT_OBSERVED) for b, e in history.unwatched if b < limit and e > end]
    decided = [piece for piece in _decided(record) if piece.begin < limit and piece.end > end]
    return [
        unwatched,
        [Span(end, max(end, record.opened_at), Cause.NOT_OBSERVED)],
        [Span(end, seen, Cause.END_NOT_SEEN)],
        [span for span in staged if span.cause is not Cause.KEPT_BACK],
        [_with_services(piece, history) for piece in decided if piece.cause is not Cause.DELIVERY],
        [span for span in held if span.begin < limit and span.end > end],
        kept,
        decided,
    ]


def ready(record: Record, end: datetime, limit: datetime) -> list[Span]:
    """When the verdict was ready, between the run's end and `limit`."""
    pieces = [piece for piece in _decided(record) if piece.cause is Cause.DELIVERY]
    clipped = [Span(max(p.begin, end), min(p.end, limit), p.cause) for p in pieces]
    return [p for p in clipped if p.begin < p.end]


def moved(record: Record, stage: Stage) -> datetime | None:
    """When the release first came to this stage."""
    return next((move.at for move in record.moves if move.after is stage), None)


def _decided(record: Record) -> Iterator[Span]:
    """The life of each decision; ready is `delivery`, since nothing else is left to do.

    The last of several at one moment counts. Where a revision is gone, nobody knows until when the one before it held.
    """
    for one, next_one in pairwise([*record.decided, None]):
        if one is None:
            continue
        until = next_one.at if next_one else last(one.at)
        if one.at < until:
            yield Span(one.at, until, *_told(one, next_one))


def _told(one: Decided, next_one: Decided | None) -> tuple[Cause, tuple[str, ...]]:
    if next_one and next_one.revision != one.revision + 1:
        return Cause.NOT_OBSERVED, ()
    return cause_of(one.verdict, one.cause, one.reasons) or (Cause.DELIVERY, ())


def _staged(record: Record) -> Iterator[Span]:
    """The life of each stage of the release that holds by itself; in shadow, of the release that was not sent."""
    locked = moved(record, Stage.LOCKED) or moved(record, Stage.OVERTAKEN)
    if record.would_at:
        yield Span(record.would_at, locked or last(record.would_at), Cause.SHADOW)
    for move, after in pairwise([*record.moves, None]):
        until = after.at if after else last(record.opened_at)
        if move and move.at < until and move.after in _STAGED:
            who = (move.why.partition(":")[0],) if move.after is Stage.KEPT_BACK else ()
            yield Span(move.at, until, _STAGED[move.after], who)


def _with_services(piece: Span, history: History) -> Span:
    """A silence names the services whose looks failed meanwhile."""
    if piece.cause is not Cause.OUTAGE:
        return piece
    failed = {s.service for s in history.silences if s.begin < piece.end and s.end > piece.begin}
    return Span(piece.begin, piece.end, piece.cause, tuple(sorted(failed)))
