"""What is known now: the newest evidence of every open run, in memory, behind the ledger and never ahead of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import cast

from spy.domain.earlier import Earlier
from spy.domain.evidence import Evidence, unknown
from spy.domain.run import Run
from spy.domain.subject import Subject, of_run, run_of
from spy.probe import OpenRun
from spy.rules.situation import LowerRun
from spy.store.ledger import Look

Key = tuple[Subject, str]
Facts = dict[Key, Evidence]


class Renewed(Mapping[Key, Evidence]):
    """Evidence whose `seen_at` counts the later looks that changed nothing; made on demand, since few are asked for."""

    def __init__(self, facts: Facts, renewed: Mapping[str, datetime]) -> None:
        self._facts = facts
        self._renewed = renewed

    def __getitem__(self, key: Key) -> Evidence:
        evidence = self._facts[key]
        at = self._renewed.get(evidence.source)
        return evidence if evidence.final or at is None or at <= evidence.seen_at else evidence.renewed(at)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def in_rounds(looks: Sequence[Look]) -> Iterator[list[Look]]:
    """Looks by their times, no probe twice in one round: each is compared with what the one before told."""
    waiting = sorted(looks, key=lambda look: look.at)
    while waiting:
        first: dict[str, Look] = {}
        for look in waiting:
            first.setdefault(look.probe, look)
        yield list(first.values())
        waiting = [look for look in waiting if first[look.probe] is not look]


class Board:
    """Facts by run; run 0 holds the services. Other threads read whole dictionaries, replaced and not changed."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.facts: dict[int, Facts] = {0: {}}
        self.earlier = Earlier()
        """Of open runs and of those closed lately."""
        self.renewed: dict[str, datetime] = {}
        """Probe name to its last good look."""
        self.looked: dict[str, datetime] = {}
        """Probe name to its last look, good or bad."""
        self.failing: frozenset[str] = frozenset()
        """Probes whose last look failed."""
        self._lower: dict[int, tuple[Facts, LowerRun]] = {}

    def latest(self, key: Key) -> Evidence | None:
        return self.facts.get(run_of(key[0]) or 0, {}).get(key)

    def value(self, run: int, name: str) -> object:
        """A run's fact as last told, None if unknown; run 0: any service's."""
        if run:
            evidence = self.facts.get(run, {}).get((of_run(self.instance, run), name))
            return evidence.value if evidence else None
        return next((e.value for (_, fact), e in self.facts[0].items() if fact == name), None)

    def lower(self, run: int, make: Callable[[Board, int], LowerRun]) -> LowerRun:
        """What a run means for those above it, made anew only where one of its facts changed."""
        facts = self.facts[run]
        known = self._lower.get(run)
        if known is None or known[0] is not facts:
            known = self._lower[run] = facts, make(self, run)
        return known[1]

    def changes(self, look: Look) -> list[Evidence]:
        """What a look brought that is new, and what it no longer mentions; a failed look changes nothing by itself."""
        if look.problem:
            return []
        mentioned = {e.key: e for e in look.evidence}
        known = {key: self.latest(key) for key in mentioned}
        new = [e for key, e in mentioned.items() if (old := known[key]) is None or not old.says_the_same_as(e)]
        for run in (0, *look.runs):
            for key, old in self.facts.get(run, {}).items():
                silent = old.source == look.probe and not old.final and old.value is not None and key not in mentioned
                if silent:
                    new.append(unknown(*key, look.probe, look.at, "no longer reported"))
        return new

    def apply(self, look: Look, changed: Sequence[Evidence]) -> set[int]:
        """Take over what the ledger holds now; the runs touched, 0 for services.

        A good look after a bad one, and the first one after a start, touch all its runs: what had gone stale is
        believed again.
        """
        touched: set[int] = set()
        self.looked = {**self.looked, look.probe: look.at}
        if look.problem:
            self.failing = self.failing | {look.probe}
        else:
            before = self.renewed.get(look.probe)
            if before is None or look.probe in self.failing or look.at - before > look.stale_after:
                touched = {run for run in look.runs if run in self.facts}
            self.failing = self.failing - {look.probe}
            self.renewed = {**self.renewed, look.probe: look.at}
        copied: dict[int, Facts] = {}
        for e in changed:
            run = run_of(e.subject) or 0
            facts = copied.setdefault(run, dict(self.facts.get(run, {})))
            old = facts.get(e.key)
            same_value = old is not None and old.value == e.value and old.since is not None
            since = old.since if same_value and old else e.seen_at
            facts[e.key] = e if e.since == since else replace(e, since=since)
            self.earlier.learn(e.subject, e.name, e.value)
        self.facts = {**self.facts, **copied}
        return {*touched, *copied}

    def load(self, run: int, evidence: Sequence[Evidence]) -> None:
        self.facts = {**self.facts, run: {e.key: e for e in evidence}}

    def drop(self, run: int) -> None:
        self.facts = {number: facts for number, facts in self.facts.items() if number != run}
        self._lower.pop(run, None)
        self.earlier.forget(min(self.runs, default=run))

    @property
    def runs(self) -> list[int]:
        return sorted(number for number in self.facts if number)

    def open_run(self, number: int, prompt_global_tags: Mapping[str, str]) -> OpenRun:
        """One run as a probe gets it."""
        facts = partial(self.value, number)
        run = Run(
            number,
            self.instance,
            cast("datetime | None", facts("run_start")),
            cast("datetime | None", facts("run_end")) if facts("run_ended") is True else None,
            cast("int | None", facts("last_lumi")),
        )
        global_tag = prompt_global_tags.get(str(facts("era")), "")
        return OpenRun(run, global_tag, self._others(facts("era"), global_tag), Renewed(self._of(number), self.renewed))

    def _of(self, number: int) -> Facts:
        return self.facts.get(number, {})

    def _others(self, era: object, configured: str) -> tuple[str, ...] | None:
        """Tier0's own configuration may have changed; it is seen in what Tier0 starts, cut to 50 characters.

        Where the newest start is of another era or agent, the newest that we followed ourselves tells.
        """
        started = self.value(0, "started_global_tag")
        if not isinstance(started, str):
            return None
        if not started or self.value(0, "started_era") != era:
            followed = (n for n in reversed(self.runs) if self.value(n, "era") == era)
            started = str(next(filter(None, (self.value(n, "reco_global_tag") for n in followed)), ""))
        return tuple(name for name in started.split(",") if name and name != configured[:50])
