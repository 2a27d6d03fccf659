"""Whether the destination tags hold an interval made for each open run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from probes.conditions import answer, statement
from spy.database import ask as ask_database
from spy.database import is_missing
from spy.domain.errors import Unreadable
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.domain.subject import Subject, of_service, of_tag
from spy.probe import Open, OpenRun, Probe

SIZE = "payload_bytes"


def _about_tag(name: str, kind: Kind, meaning: str) -> Fact:
    return Fact(name, kind, Scope.TAG, meaning)


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that one look read."""

    tags: dict[tuple[int, str], answer.Found]
    global_tags: dict[str, answer.GlobalTag]
    as_of: datetime | None
    sizes: dict[str, int]
    """Bytes by payload hash, of those that were not known."""


@dataclass(frozen=True, slots=True)
class _Maps:
    """By which prompt global tags one run is judged, or why none of them can be asked."""

    global_tags: list[str]
    problem: str


class Conditions(Probe):
    """What each destination tag holds for each open run, and whether the run's prompt global tag maps the tag.

    Two statements bring everything: the intervals of all tags for all open runs, and the global-tag maps. Nothing is
    final while a run is open, since an interval can be replaced or vanish until Tier0 locks the run. A run that still
    goes on is judged up to the end of its number; a Time tag only after the run's end.

    Source: CondDB v2, account CMS_CONDITIONS, read-only copy. The copy lags by an unknown time.
    """

    name = "conditions"
    service = "conditions"
    wants = "database"
    started_every = timedelta(minutes=30)
    every = timedelta(minutes=5)
    stale_after = timedelta(minutes=16)
    facts = (
        _about_tag("mapped", Kind.BOOL, "the run's prompt global tag maps this tag"),
        _about_tag("time_type", Kind.STRING, "what `since` counts: run, lumi or time"),
        _about_tag("synchronization", Kind.STRING, "what the upload service does with a late `since`"),
        _about_tag("since_run", Kind.INT, "run in which the newest interval up to the run's end begins; 0: none"),
        _about_tag("since_lumi", Kind.INT, "Lumi tags: its lumi section if it begins inside the run, else 0"),
        _about_tag("since_time", Kind.TIME, "Time tags: first interval from the run's end on, else the newest"),
        _about_tag("payload_hash", Kind.STRING, "SHA1 of the payload, or over all inside the run; empty: none"),
        _about_tag("inserted_at", Kind.TIME, "when that interval, or the last of them, was inserted"),
        _about_tag(SIZE, Kind.INT, "Run tags: bytes of the payload that was made for the run"),
        _about_tag("mapped_by", Kind.STRING, "which of several prompt global tags of the run map it, comma-joined"),
        Fact("judged_global_tags", Kind.STRING, Scope.RUN, "prompt global tags the run is judged by, comma-joined"),
        Fact("conditions_as_of", Kind.TIME, Scope.SERVICE, "start of the newest online-to-offline job in this copy"),
    )

    def observe(self, ask: Engine, open_: Open) -> Iterator[Evidence]:
        wanted = {run.number: _tags(open_, run) for run in open_.runs}
        seen = ask_database(self.service, ask, lambda connection: self._read(connection, open_, wanted))
        if seen.as_of:
            yield Evidence(of_service(self.service), "conditions_as_of", seen.as_of, self.name, open_.now, seen.as_of)
        for run in open_.runs:
            yield self._judged_by(open_, run)
            maps = _Maps(_global_tags(run), _why_no_map(run, seen, open_.now))
            for tag in wanted[run.number]:
                yield from self._tag(open_, run, tag, seen, maps)

    def _judged_by(self, open_: Open, run: OpenRun) -> Evidence:
        if not run.prompt_global_tag:
            return unknown(run.subject, "judged_global_tags", self.name, open_.now, _NO_ERA)
        return Evidence(run.subject, "judged_global_tags", ",".join(_global_tags(run)), self.name, open_.now)

    def _read(self, connection: Connection, open_: Open, wanted: dict[int, list[str]]) -> Seen:
        runs = open_.runs
        tags = sorted(set().union(*wanted.values()))
        global_tags = sorted({name for run in runs for name in _global_tags(run)})
        rows: list[Any] = []
        for some_tags in _parts(tags, statement.MAX_TAGS):
            for some_runs in _parts(runs, statement.MAX_RUNS):
                bounds = [_bounds(run) for run in some_runs]
                query, values = statement.intervals(len(bounds)), statement.values(some_tags, bounds)
                rows += connection.execute(query, values).all()
        maps: Sequence[Any] = []
        if tags and global_tags:
            maps = connection.execute(statement.global_tag_maps(global_tags, tags[: statement.MAX_TAGS])).all()
        try:
            found = answer.found_by_tag(rows)
            sizes = _sizes(connection, _of_unknown_size(open_, found))
            return Seen(found, answer.global_tags(maps), _newest_o2o(connection), sizes)
        except ValueError as exc:
            raise Unreadable(self.service, str(exc)) from exc

    def _size(self, open_: Open, subject: Subject, size: Value | None) -> Evidence:
        if size is None:
            return unknown(subject, SIZE, self.name, open_.now, "this copy tells no size of the payload")
        return Evidence(subject, SIZE, size, self.name, open_.now)

    def _tag(self, open_: Open, run: OpenRun, tag: str, seen: Seen, maps: _Maps) -> Iterator[Evidence]:
        subject = of_tag(open_.instance, run.number, tag)
        found = seen.tags.get((run.number, tag))
        try:
            if found is None:
                raise ValueError("no such tag")
            facts = answer.facts_of(found, run.number, run.run.end is not None, open_.now)
        except ValueError as exc:
            # `mapped` too: a map that names a tag without intervals says nothing good.
            for fact in self.facts:
                if fact.scope is Scope.TAG and fact.name != "mapped_by":
                    yield unknown(subject, fact.name, self.name, open_.now, str(exc))
            return
        for name, value in facts.items():
            yield Evidence(subject, name, value, self.name, open_.now)
        if (payload_hash := answer.own_payload(found, run.number)) is not None:
            known = _known_size(run, subject, payload_hash)
            yield self._size(open_, subject, seen.sizes.get(payload_hash) if known is None else known)
        if maps.problem:
            yield unknown(subject, "mapped", self.name, open_.now, maps.problem)
        else:
            by = [name for name in maps.global_tags if tag in seen.global_tags[name].tags]
            yield Evidence(subject, "mapped", bool(by), self.name, open_.now)
            if run.other_global_tags:
                yield Evidence(subject, "mapped_by", ",".join(by), self.name, open_.now)


_NO_ERA = "the prompt global tag is unknown, since the run's era is"


def _global_tags(run: OpenRun) -> list[str]:
    """The configured one first, then what Tier0 was seen to use instead: the run must be right with each."""
    return list(dict.fromkeys(filter(None, (run.prompt_global_tag, *(run.other_global_tags or ())))))


def _tags(open_: Open, run: OpenRun) -> list[str]:
    return sorted({tag for product in open_.products_of(run) for tag in product.destination_tags})


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _bounds(run: OpenRun) -> statement.Bounds:
    first, last = answer.encode_lumi(run.number, 0), answer.encode_lumi(run.number, answer.LOW_WORD)
    return statement.Bounds(run.number, first, last, answer.encode_time(run.run.end) if run.run.end else 0)


def _known_size(run: OpenRun, tag: Subject, payload_hash: str) -> Value | None:
    """A payload never changes under its hash."""
    return run.value(SIZE, tag) if run.value("payload_hash", tag) == payload_hash else None


def _of_unknown_size(open_: Open, found: dict[tuple[int, str], answer.Found]) -> list[str]:
    runs, hashes = {run.number: run for run in open_.runs}, set()
    for (number, tag), held in found.items():
        payload_hash, run = answer.own_payload(held, number), runs.get(number)
        if payload_hash is None or run is None:
            continue
        if _known_size(run, of_tag(open_.instance, number, tag), payload_hash) is None:
            hashes.add(payload_hash)
    return sorted(hashes)


def _sizes(connection: Connection, hashes: Sequence[str]) -> dict[str, int]:
    """Not every copy holds payloads, and not every account may read them."""
    try:
        parts = _parts(hashes, statement.MAX_TAGS)
        return answer.sizes(row for part in parts for row in connection.execute(statement.sizes(part)).all())
    except DBAPIError as exc:
        if is_missing(exc):
            return {}
        raise


def _newest_o2o(connection: Connection) -> datetime | None:
    """Not every copy and no small file has the job tables: then nothing is said."""
    try:
        return answer.o2o_time(connection.execute(statement.newest_o2o_start()).scalar())
    except DBAPIError as exc:
        if is_missing(exc):
            return None
        raise


def _why_no_map(run: OpenRun, seen: Seen, now: datetime) -> str:
    if not run.prompt_global_tag:
        return _NO_ERA
    if run.other_global_tags is None:
        return "with which global tag Tier0 starts runs now is unknown"
    for name in _global_tags(run):
        if name not in seen.global_tags:
            return f"no such global tag: {name}"
        shown = seen.global_tags[name].snapshot
        if shown < now:
            return f"{name} shows nothing inserted after {shown:%Y-%m-%d %H:%M}: later uploads are invisible through it"
    return ""
