"""Would-be releases, and what a late interval means for the run that would have gone without it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from spy.domain.product import OnlineTag, Product
from spy.domain.since import LOW_WORD, encode_lumi, encode_time


@dataclass(frozen=True, slots=True)
class WouldBe:
    """A run that would have been released, or was, before Tier0's own clock had locked it."""

    run: int
    released_at: datetime | None = None
    """UTC; None: not known, and `unknown` says why."""
    locked_at: datetime | None = None
    """UTC; None: not known, and `unknown` says why."""
    start: datetime | None = None
    end: datetime | None = None
    last_lumi: int | None = None
    global_tag: str = ""
    required: tuple[str, ...] = ()
    """Names of the products that gated it."""
    rulebook: str = ""
    """Hash of the rules that released it; empty: none did (insertion times alone)."""
    unknown: str = ""
    """Why nothing can be said about it; empty: it can be asked."""
    note: str = ""
    """What limits the answer, where it is one."""
    was_sent: bool = False
    """Tier0 was really told: it locked on that, and what came later cannot lie inside the run any more."""


class Effect(StrEnum):
    CHANGES = "changes"
    """The run reads it, and would have read another payload, or none, when released."""
    COVERED = "covered"
    """The run never reads it: a later interval, or a later insertion of the same one, had taken its place."""
    SAME = "same payload"
    """The run reads it, with the payload that it would have read anyway."""


@dataclass(frozen=True, slots=True)
class Late:
    """One interval that came between a release and Tier0's lock."""

    run: int
    tag: str
    base: str
    """run | lumi | time: what `since` counts."""
    since: int
    payload_hash: str
    inserted_at: datetime
    effect: Effect
    before: str = ""
    """Payload hash that the run would have read there when released; empty: none."""
    delay: timedelta = timedelta(0)
    """After the release."""
    author: str = ""
    """Who inserted it, from the tag's log; empty: the log does not tell."""
    text: str = ""
    """What the author wrote there."""
    record: str = ""
    product: str = ""
    detector: str = ""
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    product: str
    detector: str
    owners: tuple[str, ...]


class Word(StrEnum):
    NONE = "none"
    """No late interval changes what the run reads."""
    REGRET = "regret"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    release: WouldBe
    word: Word
    late: tuple[Late, ...] = ()
    why: str = ""
    """Why it is unknown."""

    @property
    def regrets(self) -> tuple[Late, ...]:
        return tuple(late for late in self.late if late.effect is Effect.CHANGES)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of `statement.late`, as it was read."""

    run: int
    tag: str
    base: str
    since: int
    payload_hash: str
    inserted_at: datetime
    next_since: int | None
    newest_at: datetime
    before: str


def owners_of(products: Mapping[str, Product], online: Mapping[str, OnlineTag]) -> dict[str, Owner]:
    """Destination tag to whom it belongs."""
    owners = {tag.name: Owner(tag.name, "online", tag.owners) for tag in online.values()}
    for product in products.values():
        owners |= {tag: Owner(product.name, product.detector, product.owners) for tag in product.destination_tags}
    return owners


def first_place(release: WouldBe, base: str) -> int:
    """The first place that the run reads, as this encoding of `since` has it."""
    if base == "lumi":
        return encode_lumi(release.run, 1)
    return encode_time(release.start) if base == "time" and release.start else release.run


def last_lumi(release: WouldBe) -> int:
    """While the last lumi section is unknown the whole number counts as the run's."""
    return encode_lumi(release.run, LOW_WORD if release.last_lumi is None else release.last_lumi)


def effect_of(row: Row, first: int) -> Effect:
    """What one late interval changes for a run that reads from `first` on.

    Until the next interval of the tag the run read one single payload at its release, and reads this one at the lock:
    two hashes tell all.
    """
    is_read = row.newest_at == row.inserted_at and (row.next_since is None or row.next_since > first)
    if not is_read:
        return Effect.COVERED
    return Effect.SAME if row.before == row.payload_hash else Effect.CHANGES


def late_of(row: Row, release: WouldBe, owner: Owner | None, record: str) -> Late:
    found = Late(
        run=row.run,
        tag=row.tag,
        base=row.base,
        since=row.since,
        payload_hash=row.payload_hash,
        inserted_at=row.inserted_at,
        effect=effect_of(row, first_place(release, row.base)),
        before=row.before,
        delay=row.inserted_at - release.released_at if release.released_at else timedelta(0),
        record=record,
    )
    if owner is None:
        return found
    return replace(found, product=owner.product, detector=owner.detector, owners=owner.owners)
