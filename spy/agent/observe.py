"""One look through one probe. Never raises: a failure is a look too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from spy.agent.link import link_of
from spy.clock import monotonic
from spy.domain.errors import SourceError
from spy.domain.evidence import Evidence, Fact, unknown
from spy.domain.subject import Subject, part_of
from spy.probe import Open, Probe
from spy.store.ledger import Look

log = logging.getLogger(__name__)
Key = tuple[Subject, str]


def look(probe: Probe, ask: Any, open_: Open, latest: Callable[[Key], Evidence | None]) -> Look:
    """Ask once; when that brings a change, ask again at once: two looks that disagree make the fact unknown.

    So two replicas of one service that tell different stories are found, whichever one answers.
    """
    began, asked_before = monotonic(), getattr(ask, "requests", 0)
    evidence: tuple[Evidence, ...] = ()
    problem, retry = "", True
    try:
        first, is_news = _typed(probe, probe.observe(ask, open_), open_, latest)
        if is_news:
            with ask.fresh() if hasattr(ask, "fresh") else nullcontext():
                second, _ = _typed(probe, probe.observe(ask, open_), open_, latest)
            first = _agreed(probe, first, second, open_)
        evidence = tuple(first.values())
    except SourceError as failed:
        problem, retry = failed.what, failed.retry
    except Exception as crash:
        # A probe is a guest: whatever it does, the others and the agent go on, and its facts grow stale.
        log.exception("probe %s crashed", probe.name)
        problem = f"the probe crashed: {type(crash).__name__}: {crash}"
    return Look(
        probe=probe.name,
        service=probe.service,
        at=open_.now,
        evidence=evidence,
        problem=_storable(problem),
        retry=retry,
        took_ms=(monotonic() - began) * 1000,
        requests=getattr(ask, "requests", asked_before + 1) - asked_before,
        every=probe.every,
        stale_after=probe.stale_after,
        runs=tuple(run.number for run in open_.runs),
        link=link_of(ask, open_.now),
    )


def _typed(
    probe: Probe, evidence: Iterable[Evidence], open_: Open, latest: Callable[[Key], Evidence | None]
) -> tuple[dict[Key, Evidence], bool]:
    """What the probe declared, by key, and whether some is news; a value of another type than its fact is unknown.

    Most of a look says what the last one said, which was checked then.
    """
    declared = {(str(fact.scope), fact.name): fact for fact in probe.facts}
    found: dict[Key, Evidence] = {}
    is_news = False
    for e in evidence:
        key = e.key
        old = latest(key)
        if old is not None and old.source == e.source and old.says_the_same_as(e):
            found[key] = e
            continue
        fact: Fact | None = declared.get((part_of(e.subject)[0], e.name))
        if fact is None:
            raise TypeError(f"{probe.name} yields {e.name!r} about {e.subject}, which it does not declare")
        if e.value is not None and not fact.kind.holds(e.value):
            e = unknown(e.subject, e.name, probe.name, open_.now, f"expected {fact.kind}, found {e.value!r}")
        elif isinstance(e.value, str) and _storable(e.value) != e.value:
            e = unknown(e.subject, e.name, probe.name, open_.now, f"no text but {e.value!r}")
        found[key] = e = replace(e, problem=_storable(e.problem)) if e.problem else e
        is_news = is_news or old is None or not old.says_the_same_as(e)
    return found, is_news


def _storable(text: str) -> str:
    """No lone surrogates and no NUL: JSON can carry them, and our databases cannot."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def _agreed(probe: Probe, first: dict[Key, Evidence], second: dict[Key, Evidence], open_: Open) -> dict[Key, Evidence]:
    agreed: dict[Key, Evidence] = {}
    for key in {**first, **second}:
        one, two = first.get(key), second.get(key)
        if one and two and one.says_the_same_as(two):
            agreed[key] = two
            continue
        told = [repr(e.value) if e else "nothing" for e in (one, two)]
        agreed[key] = unknown(*key, probe.name, open_.now, f"two looks disagree: {told[0]}, then {told[1]}")
    return agreed
