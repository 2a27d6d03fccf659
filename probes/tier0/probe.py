"""How far Tier0 is with each run: what it declares, what it has done, what it has locked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from probes.tier0 import answer
from probes.tier0.answer import ExpressConfig
from spy.domain.errors import NoAnswer, Unreadable
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.domain.subject import Subject, of_service, of_stream, part_of
from spy.http import Answer, Http
from spy.probe import Open, OpenRun, Probe

SERVICE = of_service("tier0")
_HAD = re.compile(r"; had ([0-9A-Za-z_,-]+)$")

FACTS = (
    Fact("first_safe_run", Kind.INT, Scope.SERVICE, "lowest run whose conditions are not locked", "run"),
    Fact("frontier_trouble", Kind.STRING, Scope.SERVICE, "why that number cannot be believed; empty: nothing is wrong"),
    Fact("prompt_enabled", Kind.BOOL, Scope.SERVICE, "Tier0's global switch of prompt reconstruction is on"),
    Fact("tier0_newest_run", Kind.INT, Scope.SERVICE, "newest run that Tier0 has configured", "run"),
    Fact(
        "started_run",
        Kind.INT,
        Scope.SERVICE,
        "newest run whose reconstruction was released, by ours if known; 0: none",
        "run",
    ),
    Fact("started_era", Kind.STRING, Scope.SERVICE, "its acquisition era; empty: none"),
    Fact("started_global_tag", Kind.STRING, Scope.SERVICE, "its global tag; several comma-joined; empty: none of ours"),
    Fact("started_cmssw", Kind.STRING, Scope.SERVICE, "its CMSSW release; likewise"),
    Fact("known_to_tier0", Kind.BOOL, Scope.RUN, "Tier0 has configured the run"),
    Fact("era", Kind.STRING, Scope.RUN, "acquisition era"),
    Fact("streams", Kind.STRING, Scope.RUN, "declared express streams, comma-joined"),
    Fact("producers", Kind.STRING, Scope.RUN, "declared producers of all streams, comma-joined"),
    Fact("express_cmssw", Kind.STRING, Scope.RUN, "CMSSW release of the express processing; several comma-joined"),
    Fact("reco_started", Kind.BOOL, Scope.RUN, "prompt reconstruction of the run was released"),
    Fact("reco_global_tag", Kind.STRING, Scope.RUN, "global tag of the prompt reconstruction; several comma-joined"),
    Fact("reco_cmssw", Kind.STRING, Scope.RUN, "CMSSW release of the prompt reconstruction; several comma-joined"),
    Fact("producers", Kind.STRING, Scope.STREAM, "declared producers of the stream, comma-joined; empty: none"),
    Fact("stream_done", Kind.BOOL, Scope.STREAM, "Tier0 expects nothing more from the stream"),
)


class Tier0(Probe):
    """Tier0's frontier and switch, and per run its era, express streams, producers, finished streams and release.

    What an answer says can be 5.5 min old: Tier0 publishes each 30 s and the service is cached for 300 s.
    Streams and producers are final after two equal answers, both seen after the run's end; a list that lost what it
    once had is unknown. `reco_config` is asked only for locked runs, `run_stream_done` only for ended ones.

    Source: T0WmaDataSvc 2.1.1.
    """

    name = "tier0"
    service = "tier0"
    facts = FACTS
    every = timedelta(minutes=2)
    stale_after = timedelta(minutes=12)

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        look = _Look(ask, open_, self.stale_after)
        frontier = ask.get("firstconditionsaferun")  # no answer to this one: the look has failed
        safe: list[int] = []
        keys = [(SERVICE, "first_safe_run"), (SERVICE, "frontier_trouble")]
        yield from look.part(keys, lambda: look.frontier(frontier, safe))
        yield from look.part([(SERVICE, "prompt_enabled")], look.switch)
        yield from look.part([(SERVICE, "tier0_newest_run")], look.newest_run)
        yield from look.part([(SERVICE, name) for name in _STARTED], lambda: look.started(bool(safe)))
        for run in open_.runs:
            yield from _run(look, run, safe[0] if safe else None)


_STARTED = ("started_run", "started_era", "started_global_tag", "started_cmssw")


@dataclass(frozen=True, slots=True)
class _Look:
    ask: Http
    open: Open
    limit: timedelta

    def fact(
        self, subject: Subject, name: str, value: Value, given: Answer | None = None, *, final: bool = False
    ) -> Evidence:
        as_of = given.dated(self.open.now, self.limit) if given else None
        return Evidence(subject, name, value, Tier0.name, self.open.now, as_of, final)

    def no(self, subject: Subject, name: str, problem: str) -> Evidence:
        return unknown(subject, name, Tier0.name, self.open.now, problem)

    def part(self, keys: Sequence[tuple[Subject, str]], learn: Callable[[], Iterator[Evidence]]) -> Iterator[Evidence]:
        """What `learn` yields, or each of `keys` as unknown if it cannot be learned."""
        try:
            yield from list(learn())
        except (NoAnswer, Unreadable) as error:
            for subject, name in keys:
                yield self.no(subject, name, error.what)

    def frontier(self, given: Answer, safe: list[int]) -> Iterator[Evidence]:
        run = answer.first_safe_run(given)
        trouble = _trouble(run, self.open)
        yield self.fact(SERVICE, "frontier_trouble", trouble, given)
        if run is None or trouble:
            yield self.no(SERVICE, "first_safe_run", trouble)
            return
        yield self.fact(SERVICE, "first_safe_run", run, given)
        safe.append(run)

    def switch(self) -> Iterator[Evidence]:
        given = self.ask.get("promptreco_status")
        yield self.fact(SERVICE, "prompt_enabled", answer.flag(given), given)

    def newest_run(self) -> Iterator[Evidence]:
        given = self.ask.get("run_config")
        row = answer.run_config(given)
        if row is None:
            yield self.no(SERVICE, "tier0_newest_run", "Tier0 has configured no run")
        else:
            yield self.fact(SERVICE, "tier0_newest_run", row.run, given)

    def started(self, some_locked: bool) -> Iterator[Evidence]:
        """What Tier0's own configuration of prompt reconstruction is shows only in what it starts."""
        given = self.ask.get("reco_config")
        rows = answer.reco_config(given, None)
        if not rows and some_locked:
            given.refuse("nothing was ever started, though runs were locked")
        own = [row for row in rows if row.dataset not in self.open.helper_datasets]
        if rows and not own and (before := self.own_start()):
            yield from (self.fact(SERVICE, name, value, given) for name, value in before.items())
            return
        run = rows[0].run if rows else 0
        row = answer.run_config(self.ask.get("run_config", {"run": run}), run) if rows else None
        yield self.fact(SERVICE, "started_run", run, given)
        yield self.fact(SERVICE, "started_era", row.era if row else "", given)
        yield self.fact(SERVICE, "started_global_tag", _joined(row.global_tag for row in own), given)
        yield self.fact(SERVICE, "started_cmssw", _joined(row.cmssw for row in own), given)

    def own_start(self) -> dict[str, Value]:
        """The last start of our own, where a further agent has started a newer run alone; empty: not known."""
        known = {name: self.open.services.get((SERVICE, name)) for name in _STARTED}
        told = {name: e.value for name, e in known.items() if e is not None and e.value is not None}
        return told if len(told) == len(_STARTED) and told["started_global_tag"] else {}


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(set(names)))


def _run(look: _Look, run: OpenRun, safe: int | None) -> Iterator[Evidence]:
    is_known, problem = run.value("known_to_tier0") is True, "not known to Tier0"
    if not run.is_final("known_to_tier0"):
        seen = list(look.part(_of_run(run, "known_to_tier0", "era"), partial(_configured, look, run)))
        is_known = any(e.name == "known_to_tier0" and e.value is True for e in seen)
        problem = next((e.problem for e in seen if e.problem), problem)
        yield from seen
    if is_known:
        yield from _express(look, run)
    else:
        for name in ("streams", "producers", "express_cmssw"):
            yield look.no(run.subject, name, problem)
    if not run.is_final("reco_started"):
        yield from look.part(_of_run(run, "reco_started"), partial(_reco, look, run, safe))


def _configured(look: _Look, run: OpenRun) -> Iterator[Evidence]:
    given = look.ask.get("run_config", {"run": run.number})
    row = answer.run_config(given, run.number)
    yield look.fact(run.subject, "known_to_tier0", row is not None, given, final=row is not None)
    if row is None:
        yield look.no(run.subject, "era", "not known to Tier0")
    else:
        yield look.fact(run.subject, "era", row.era, given, final=True)


def _express(look: _Look, run: OpenRun) -> Iterator[Evidence]:
    """Streams and producers, then which streams are done."""
    if run.is_final("streams"):
        declared = [_stream(run, name) for name in str(run.value("streams")).split(",")]
        with_producers = [subject for subject in declared if run.value("producers", subject)]
    else:
        ever = [(_stream(run, name), "producers") for name in sorted(_streams_ever(run))]
        keys = [*_of_run(run, "streams", "producers", "express_cmssw"), *ever]
        seen = list(look.part(keys, partial(_declared, look, run)))
        with_producers = [e.subject for e in seen if e.subject != run.subject and (e.value or e.problem)]
        yield from seen
    for subject in with_producers:
        if run.run.end is None:
            yield look.fact(subject, "stream_done", False)
        elif not run.is_final("stream_done", subject):
            yield from look.part([(subject, "stream_done")], partial(_done, look, run, subject))


def _declared(look: _Look, run: OpenRun) -> Iterator[Evidence]:
    given = look.ask.get("express_config", {"run": run.number})
    rows = answer.express_config(given, run.number)
    lost = {name: f"shrinking: stream {name} is no longer declared" for name in _streams_ever(run) - set(rows)}
    shrunk = {name: problem for name, row in rows.items() if (problem := _shrunk(run, row))}
    streams, producers = ",".join(sorted(rows)), ",".join(sorted({p for row in rows.values() for p in row.producers}))
    final = not lost and not shrunk and _is_settled(run, rows, streams, producers)

    def told(subject: Subject, name: str, value: str, problem: str) -> Evidence:
        return look.no(subject, name, problem) if problem else look.fact(subject, name, value, given, final=final)

    problem = "; ".join(lost.values())
    yield told(run.subject, "streams", streams, problem or ("" if streams else "no express stream declared"))
    problem = "; ".join([*lost.values(), *shrunk.values()])
    yield told(run.subject, "producers", producers, problem or ("" if producers else "no producer declared"))
    cmssw = _joined(row.cmssw for row in rows.values() if row.cmssw)
    yield told(run.subject, "express_cmssw", cmssw, "" if cmssw else "no release told")
    for name, row in sorted(rows.items()):
        yield told(_stream(run, name), "producers", ",".join(row.producers), shrunk.get(name, ""))
    for name, problem in sorted(lost.items()):
        yield look.no(_stream(run, name), "producers", problem)


def _done(look: _Look, run: OpenRun, subject: Subject) -> Iterator[Evidence]:
    given = look.ask.get("run_stream_done", {"run": run.number, "stream": part_of(subject)[1]})
    is_done = answer.flag(given)
    yield look.fact(subject, "stream_done", is_done, given, final=is_done)


def _reco(look: _Look, run: OpenRun, safe: int | None) -> Iterator[Evidence]:
    if safe is None:
        yield look.no(run.subject, "reco_started", "Tier0's first condition-safe run is unknown")
        return
    if run.number >= safe:
        yield look.fact(run.subject, "reco_started", False)
        return
    given = look.ask.get("reco_config", {"run": run.number})
    rows = [row for row in answer.reco_config(given, run.number) if row.dataset not in look.open.helper_datasets]
    yield look.fact(run.subject, "reco_started", bool(rows), given, final=bool(rows))
    if rows:
        yield look.fact(run.subject, "reco_global_tag", _joined(row.global_tag for row in rows), given, final=True)
        yield look.fact(run.subject, "reco_cmssw", _joined(row.cmssw for row in rows), given, final=True)


def _trouble(safe: int | None, open_: Open) -> str:
    """Why a first condition-safe run cannot be believed: it takes back a lock that was seen. Empty if all is well.

    It may fall without that, when a lower run gets its first row late: then the next look confirms it.
    """
    if safe is None and open_.seen_locked is None:
        return "no run was ever locked"
    if safe is None:
        return f"null, though run {open_.seen_locked} was locked"
    if open_.seen_locked is not None and safe <= open_.seen_locked:
        return f"fell to {safe}, though run {open_.seen_locked} was locked"
    if open_.first_safe_run is not None and safe < open_.first_safe_run:
        return f"fell from {open_.first_safe_run} to {safe}"
    return ""


def _of_run(run: OpenRun, *names: str) -> list[tuple[Subject, str]]:
    return [(run.subject, name) for name in names]


def _stream(run: OpenRun, name: str) -> Subject:
    return of_stream(run.run.instance, run.number, name)


def _streams_ever(run: OpenRun) -> set[str]:
    """Streams that Tier0 once declared. The ledger keeps their subjects, also while their facts are unknown."""
    return {part_of(s)[1] for s, name in run.known if name == "producers" and part_of(s)[0] == "stream"}


def _shrunk(run: OpenRun, row: ExpressConfig) -> str:
    """Why the producers of a stream cannot be believed: it had more. Empty if all is well.

    The sentence ends with what it had, so that the next look still knows: a probe remembers nothing itself.
    """
    before = run.known.get((_stream(run, row.stream), "producers"))
    if before is None:
        return ""
    told = _HAD.search(before.problem)
    had = str(before.value) if before.value is not None else told[1] if told else ""
    gone = sorted(set(filter(None, had.split(","))) - set(row.producers))
    return f"shrinking: {','.join(gone)} of stream {row.stream} no longer declared; had {had}" if gone else ""


def _is_settled(run: OpenRun, rows: dict[str, ExpressConfig], streams: str, producers: str) -> bool:
    """Whether the answer before this one was the same, not empty, and also came after the run's end."""
    end = run.run.end
    if end is None or not streams or not producers:
        return False
    expected: dict[tuple[Subject, str], str] = {
        (run.subject, "streams"): streams,
        (run.subject, "producers"): producers,
        **{(_stream(run, name), "producers"): ",".join(row.producers) for name, row in rows.items()},
    }
    before = [run.known.get(key) for key in expected]
    return all(
        e is not None and e.value == value and e.seen_at >= end
        for e, value in zip(before, expected.values(), strict=True)
    )
