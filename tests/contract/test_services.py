"""The endpoints table, as the store holds it: what is known, and why something is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from spy.config import load
from spy.domain.evidence import Evidence
from spy.domain.link import Credential, Link
from spy.domain.subject import of_service
from spy.store import ledger
from spy.store.engine import writing
from spy.store.ledger import Look
from spy.store.views import Watched, services
from tests.support.filled_store import NOW, FilledStore

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Owned:
    owner: str


@pytest.fixture
def store(store_url: str) -> Iterator[FilledStore]:
    filled = FilledStore(store_url)
    yield filled
    filled.close()


def look(store: FilledStore, ago: timedelta, **how: object) -> None:
    """One look of OMS, which brings a value unless it is told that nothing changed, or failed."""
    at = NOW - ago
    told = Evidence(of_service("oms"), "newest_run", 398610, "oms", at, at - 3 * MINUTE)
    given = Look("oms", "oms", at, (told,), took_ms=100.0, every=2 * MINUTE, stale_after=12 * MINUTE)
    changed = how.pop("changed", True)
    seen = replace(given, **how)  # type: ignore[arg-type]
    with writing(store.engine) as connection:
        ledger.append(connection, seen, seen.evidence if changed else ())


def oms(store: FilledStore) -> Watched:
    (line,) = services(store.engine, NOW, {"oms": "oms"}, {"oms": Owned("ops@example.invalid")})
    return line


def test_new_data_and_the_lag_of_the_newest_are_told_apart_from_success(store: FilledStore) -> None:
    look(store, 10 * MINUTE)
    look(store, 4 * MINUTE, changed=False)
    look(store, 2 * MINUTE, evidence=(), problem="503")
    line = oms(store)
    assert (line.last_new, line.last_good) == (NOW - 10 * MINUTE, NOW - 4 * MINUTE)
    assert (line.lag, line.lag_s, line.owner) == (3 * MINUTE, 180.0, "ops@example.invalid")
    assert (line.next_look, line.unknown.get("lag_s")) == (NOW, None)


def test_a_value_that_became_unknown_is_no_new_data(store: FilledStore) -> None:
    gone = Evidence(of_service("oms"), "newest_run", None, "oms", NOW, problem="empty")
    look(store, 10 * MINUTE, evidence=(gone,))
    line = oms(store)
    assert line.last_new is None
    assert line.unknown["last_new"] == "no look ever brought a value"
    assert line.unknown["lag_s"] == "it tells no time of its own"


def test_answers_are_counted_over_a_day_and_only_good_ones_are_timed(store: FilledStore) -> None:
    for number in range(19):
        look(store, (number + 2) * MINUTE, took_ms=10.0 + number)
    look(store, MINUTE, evidence=(), problem="503", took_ms=9000.0)
    look(store, timedelta(hours=25), took_ms=8000.0)
    line = oms(store)
    assert (line.looks, line.failed, line.error_rate, line.p95_ms) == (20, 1, 0.05, 28.0)


def test_a_service_that_was_never_asked_is_a_line_and_one_no_longer_asked_counts_no_more(store: FilledStore) -> None:
    look(store, MINUTE)
    never, gone = services(store.engine, NOW, {"dqm": "dqm"}, {"dqm": Owned("")})
    assert (never.probe, never.state, never.is_believed, never.error_rate) == ("dqm", "never asked", False, None)
    told = never.unknown
    assert told["last_good"] == "no agent has asked it yet"
    assert told["owner"] == "service.dqm.owner names nobody"
    assert {name for name in told if getattr(never, name) is None} >= {"since", "last_look", "next_look", "p95_ms"}
    assert (gone.probe, gone.state, gone.is_believed, gone.next_look) == ("oms", "no longer asked", False, None)


def test_breaker_and_credential_are_kept_from_the_last_look_that_knew_them(store: FilledStore) -> None:
    until = NOW + timedelta(days=3)
    look(store, 2 * MINUTE, link=Link(Credential.CERTIFICATE, True, NOW + MINUTE, until))
    look(store, MINUTE, evidence=(), problem="the look was missed")
    line = oms(store)
    assert (line.has_breaker, line.breaker_until) == (True, NOW + MINUTE)
    assert (line.credential, line.credential_until) == ("certificate", until)
    (later,) = services(store.engine, NOW + 2 * MINUTE)
    assert later.breaker_until is None
    look(store, timedelta(0), link=Link(Credential.TOKEN, True, problem="it tells no end"))
    assert oms(store).unknown["credential_until"] == "it tells no end"


def test_every_service_of_the_shipped_configuration_has_a_line_and_somebody_to_call(store: FilledStore) -> None:
    config = load()
    lines = services(store.engine, NOW, config.asked, config.service)
    assert {line.probe for line in lines} == set(config.probe)
    assert [line.probe for line in lines if line.service and not line.owner] == []
