"""Ask the conditions database about would-be releases, many at a time, and judge what it says about each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from spy.clock import iso
from spy.database import as_stored, ask, is_missing, utc
from spy.domain.errors import SourceError
from spy.domain.since import TIME_TYPES, encode_lumi, encode_time, exact
from spy.regret import statement
from spy.regret.late import Effect, Judged, Late, Owner, Row, Word, WouldBe, last_lumi, late_of

SERVICE = "conditions"
LAG = timedelta(hours=1)
"""The copy that is read trails the database that is written: a lock must be older, or what came before it may miss."""
_SECOND = timedelta(seconds=1)
_LOGGED_WITHIN = timedelta(minutes=1)
"""The line in a tag's log comes right after the intervals it tells of."""


@dataclass(slots=True)
class GlobalTag:
    """What one global tag maps."""

    snapshot: datetime
    """UTC; software that reads the global tag sees no interval inserted later."""
    records: dict[str, str] = field(default_factory=dict)
    """Tag to record."""
    unasked: set[str] = field(default_factory=set)
    """Tags that do not exist, or whose `since` counts something that no run can be compared with."""


def judged(
    releases: Sequence[WouldBe], engine: Engine, owners: Mapping[str, Owner], now: datetime
) -> tuple[list[Judged], dict[str, GlobalTag]]:
    """A word on every release, in the order given, and the global tags as the database has them."""
    held = [_hopeless(release, now) for release in releases]
    askable = [release for release, why in zip(releases, held, strict=True) if not why]
    told: dict[int, Judged] = {}
    maps: dict[str, GlobalTag] = {}
    try:
        maps = ask(SERVICE, engine, lambda c: maps_of(c, sorted({r.global_tag for r in askable}))) if askable else {}
    except SourceError as error:
        told = {release.run: _unknown(release, str(error)) for release in askable}
    mapped = [release for release in askable if release.run not in told]
    for release in mapped:
        if why := _unmapped(release, maps, owners):
            told[release.run] = _unknown(release, why)
    told |= _asked([r for r in mapped if r.run not in told], engine, owners, maps)
    return [
        _unknown(release, why) if why else told[release.run] for release, why in zip(releases, held, strict=True)
    ], maps


def _hopeless(release: WouldBe, now: datetime) -> str:
    """Why the database need not be asked."""
    if release.unknown:
        return release.unknown
    if release.released_at is None or release.start is None or release.end is None:
        return "when the run began, ended and would have gone is not known"
    if not release.global_tag:
        return "the prompt global tag is unknown, since the run's era is"
    if release.locked_at is None:
        return "when Tier0 locked the run is not known"
    if release.locked_at > now - LAG:
        return f"Tier0 locks it at {iso(release.locked_at)}: the copy that is read may not have everything before that"
    return ""


def _unknown(release: WouldBe, why: str) -> Judged:
    return Judged(release, Word.UNKNOWN, why=why)


def maps_of(connection: Connection, names: Sequence[str]) -> dict[str, GlobalTag]:
    """What each of these global tags maps; one that does not exist is left out."""
    maps: dict[str, GlobalTag] = {}
    for name, snapshot, record, tag, time_type in connection.execute(statement.global_tag_maps(names)).all():
        entry = maps.setdefault(str(name), GlobalTag(utc(snapshot)))
        if tag is not None:
            entry.records[str(tag)] = str(record)
        if tag is not None and time_type not in TIME_TYPES:
            entry.unasked.add(str(tag))
    return maps


def _unmapped(release: WouldBe, maps: Mapping[str, GlobalTag], owners: Mapping[str, Owner]) -> str:
    """Why nothing can be said through this global tag."""
    found = maps.get(release.global_tag)
    if found is None:
        return f"no such global tag: {release.global_tag}"
    if release.locked_at and found.snapshot < release.locked_at:
        return f"{release.global_tag} shows nothing inserted after {iso(found.snapshot)}"
    asked = {owners[tag].product for tag in found.records if tag in owners and tag not in found.unasked}
    silent = [name for name in release.required if name not in asked]
    return f"{release.global_tag} maps no tag of {', '.join(silent)} that can be asked" if silent else ""


def _asked(
    releases: Sequence[WouldBe], engine: Engine, owners: Mapping[str, Owner], maps: Mapping[str, GlobalTag]
) -> dict[int, Judged]:
    """Some at a time, each with the database's whole deadline; who gets no answer is unknown, alone."""
    told: dict[int, Judged] = {}
    for start in range(0, len(releases), statement.MAX_RUNS):
        some = releases[start : start + statement.MAX_RUNS]
        try:
            found = ask(SERVICE, engine, lambda c, some=some: _late(c, some, owners, maps))  # type: ignore[misc]
        except SourceError as error:
            told |= {release.run: _unknown(release, str(error)) for release in some}
        else:
            told |= {release.run: _word(release, *found[release.run]) for release in some}
    return told


def _word(release: WouldBe, late: Sequence[Late], problem: str) -> Judged:
    """A late interval that changes something is a regret whatever else could not be read."""
    if any(one.effect is Effect.CHANGES for one in late):
        return Judged(release, Word.REGRET, tuple(late))
    if release.was_sent and not problem:
        problem = "Tier0 locked it on our release: what came later was moved to a later run or refused"
    return Judged(release, Word.UNKNOWN if problem else Word.NONE, tuple(late), problem)


Found = dict[int, tuple[list[Late], str]]


def _late(
    connection: Connection, releases: Sequence[WouldBe], owners: Mapping[str, Owner], maps: Mapping[str, GlobalTag]
) -> Found:
    """Late intervals of each run, and why not all of them can be read; empty: they can."""
    spans = [span_of(release) for release in releases]
    asked_with = statement.values(spans) | {"b_global_tags": sorted({r.global_tag for r in releases})}
    by_run = {release.run: release for release in releases}
    found: Found = {run: ([], "") for run in by_run}
    for told in connection.execute(statement.late(len(spans)), asked_with).all():
        release = by_run[int(told[0])]
        try:
            row = row_of(told)
        except ValueError as wrong:
            found[release.run] = (found[release.run][0], f"{told[1]}: unreadable interval: {wrong}")
            continue
        record = maps[release.global_tag].records.get(row.tag, "")
        found[release.run][0].append(late_of(row, release, owners.get(row.tag), record))
    logged = _log(connection, [late for some, _ in found.values() for late in some])
    return {run: ([_signed(late, logged) for late in some], why) for run, (some, why) in found.items()}


def span_of(release: WouldBe) -> statement.Span:
    """In whole seconds, outwards: what came in the second of the release came after it."""
    start, end, released, locked = release.start, release.end, release.released_at, release.locked_at
    if start is None or end is None or released is None or locked is None:
        raise ValueError(f"run {release.run} lacks a time, and is not to be asked about")
    return statement.Span(
        run_number=release.run,
        global_tag=release.global_tag,
        first_lumi=encode_lumi(release.run, 1),
        last_lumi=last_lumi(release),
        first_time=encode_time(start),
        last_time=encode_time(end),
        released=as_stored(released.replace(microsecond=0)),
        locked=as_stored(locked.replace(microsecond=0) + _SECOND),
    )


def row_of(told: Sequence[Any]) -> Row:
    """A row of `statement.late`; a ValueError says what cannot be read."""
    run, tag, time_type, since, payload_hash, inserted_at, next_since, newest_at, _before_since, before = told
    return Row(
        run=int(run),
        tag=str(tag),
        base=TIME_TYPES[time_type],
        since=exact(since),
        payload_hash=str(payload_hash),
        inserted_at=utc(inserted_at),
        next_since=None if next_since is None else exact(next_since),
        newest_at=utc(newest_at),
        before="" if before is None else str(before),
    )


Log = dict[str, list[tuple[datetime, str, str]]]


def _log(connection: Connection, late: Sequence[Late]) -> Log:
    """What the logs of these tags say; nothing where this database has none (small files)."""
    logged: Log = defaultdict(list)
    if not late:
        return logged
    begin, end = min(one.inserted_at for one in late), max(one.inserted_at for one in late)
    tags = sorted({one.tag for one in late})
    query = statement.log(tags, as_stored(begin), as_stored(end + _LOGGED_WITHIN))
    try:
        for tag, at, user, text in connection.execute(query):
            logged[str(tag)].append((utc(at), str(user or ""), str(text or "")))
    except DBAPIError as error:
        if not is_missing(error):
            raise
    return logged


def _signed(late: Late, logged: Log) -> Late:
    """The next line of the tag's log tells who it was."""
    lines: Iterator[tuple[datetime, str, str]] = (
        line for line in logged.get(late.tag, ()) if timedelta(0) <= line[0] - late.inserted_at <= _LOGGED_WITHIN
    )
    _, user, text = next(lines, (None, "", ""))
    return replace(late, author=user, text="" if text == "-" else text)
