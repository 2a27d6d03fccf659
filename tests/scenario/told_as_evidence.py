"""A table of facts told as evidence, to ask the program's own pure decision about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import entry_points

from spy.config import packaged_text, parse
from spy.domain.evidence import Evidence, Value
from spy.domain.run import Chunk
from spy.domain.subject import Subject, of_product, of_run, of_service, of_stream, of_tag
from spy.rules.rulebook import Rulebook
from spy.rules.situation import Situation
from tests.oracle.facts import HAS_FLAGS, RUN, TAGS, TAIL_LUMIS, Facts, ProductFacts, TagFacts

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
START, END, LONG_AGO = NOW - timedelta(hours=20), NOW - timedelta(hours=17), NOW - timedelta(hours=8)
_RUN = of_run("prod", RUN)


def situation(facts: Facts) -> Situation:
    """The run ended 17 h ago; what is known was seen a minute ago and has been so for 8 h."""
    told = {(e.subject, e.name): e for e in _evidence(facts)}
    return Situation(chunk=Chunk(RUN), now=NOW, evidence=told)


def _say(subject: Subject, name: str, value: Value | None, source: str, *, final: bool = False) -> Evidence:
    problem = "" if value is not None else "could not be learned"
    seen_at = NOW - timedelta(minutes=1)
    return Evidence(subject, name, value, source, seen_at, final=final, problem=problem, since=LONG_AGO)


def _evidence(facts: Facts) -> Iterator[Evidence]:
    yield _say(of_service("tier0"), "first_safe_run", facts.first_safe_run, "tier0")
    yield _say(of_service("tier0"), "prompt_enabled", True, "tier0")
    yield _say(_RUN, "known_to_tier0", facts.known_to_tier0, "tier0")
    yield _say(_RUN, "run_start", START, "oms")
    yield _say(_RUN, "run_ended", facts.ended, "oms")
    if facts.ended:
        yield _say(_RUN, "run_end", END, "oms")
    for name in ("run_class", "last_lumi", "stable_beams", "tracker_in", "has_bulk", "transferred"):
        yield _say(_RUN, name, getattr(facts, name), "oms")
    for name in ("express_jobs", "express_jobs_failed", "express_jobs_complete"):
        yield _say(_RUN, name, getattr(facts, name), "jobs")
    yield from _streams(facts)
    for name, product in facts.products.items():
        yield from _product(name, product)
    if facts.ended:
        # Always covered here: tests/unit/test_online_tags.py asks about the rest.
        for tag in shipped_rulebook().online_tags:
            yield _say(of_tag("prod", RUN, tag.name), "online_since", END, "o2o")


def _streams(facts: Facts) -> Iterator[Evidence]:
    streams = facts.streams
    yield _say(
        _RUN, "streams", None if streams is None else ",".join(sorted(streams)), "tier0", final=streams is not None
    )
    known = [s.producers for s in (streams or {}).values() if s.producers is not None]
    union = ",".join(sorted({producer for producers in known for producer in producers}))
    whole = streams is not None and len(known) == len(streams) and union != "" and facts.producers_known
    yield _say(_RUN, "producers", union if whole else None, "tier0", final=whole)
    for stream, told in (streams or {}).items():
        subject = of_stream("prod", RUN, stream)
        producers = None if told.producers is None else ",".join(told.producers)
        yield _say(subject, "producers", producers, "tier0", final=producers is not None)
        yield _say(subject, "stream_done", told.done, "tier0", final=bool(told.done))


def _product(name: str, product: ProductFacts) -> Iterator[Evidence]:
    subject = of_product("prod", RUN, name)
    yield _say(subject, "upload_status", product.upload_status, "uploads")
    yield _say(subject, "uploaded_at", LONG_AGO, "uploads")
    yield _say(subject, "harvest_sample", product.harvest_sample, "dqm")
    yield _say(subject, "entries", product.entries, "dqm")
    if name in HAS_FLAGS:
        yield _say(subject, "pede_exit_code", product.exit_code, "dqm")
        yield _say(subject, "db_updated", product.db_updated, "dqm")
        yield _say(subject, "db_update_vetoed", product.vetoed, "dqm")
    for tag, told in zip(TAGS[name], product.tags, strict=True):
        yield from _tag(of_tag("prod", RUN, tag), told, name in TAIL_LUMIS)


def _tag(subject: Subject, told: TagFacts, by_lumi: bool) -> Iterator[Evidence]:
    yield _say(subject, "mapped", told.mapped, "conditions")
    yield _say(subject, "time_type", "lumi" if by_lumi else "run", "conditions")
    yield _say(subject, "synchronization", "prompt", "conditions")
    yield _say(subject, "since_run", told.since_run, "conditions")
    if by_lumi:
        yield _say(subject, "since_lumi", told.since_lumi, "conditions")
    yield _say(subject, "payload_hash", told.payload_hash, "conditions")
    inserted = (
        None if told.inserted_after_start is None else LONG_AGO if told.inserted_after_start else START - timedelta(1)
    )
    yield _say(subject, "inserted_at", inserted, "conditions")
    yield _say(subject, "upload_result", told.upload_result, "uploads")


@cache
def shipped_rulebook() -> Rulebook:
    probes = [entry.load() for entry in entry_points(group="spy.probes")]
    return parse(packaged_text(), "config.toml").rulebook(fact for probe in probes for fact in probe.facts)
