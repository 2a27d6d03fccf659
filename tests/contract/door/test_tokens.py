"""Machines come in with tokens, which open what they name, for as long as they say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.domain.caller import Reach, Role
from spy.domain.errors import ActError
from spy.store import tokens
from spy.store.engine import reading, writing

OPENS = {
    "/api/v1/readiness/398602": Reach.READINESS,
    "/api/v1/firstunreadyrun": Reach.READINESS,
    "/api/v1/runs": Reach.READ,
    "/metrics": Reach.METRICS,
    "/api/v1/first-unready-run": Reach.READINESS,
    "/api/v1/decisions": Reach.READ,
    "/api/v1/deliveries": Reach.READ,
    "/api/v1/acts": Reach.ACT,
}
DAY = timedelta(days=1)


@pytest.fixture
def make(gate):
    def make(*reaches, name="tier0", role=Role.SHIFTER, life=DAY):
        with writing(gate.store.engine) as connection:
            return tokens.make(connection, name, reaches, role, gate.now, life, "ada")

    return make


def bearer(secret):
    return {"authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("reach", Reach)
def test_a_token_opens_what_it_names_and_nothing_else(gate, make, reach):
    secret = make(reach)
    opened = {path for path in OPENS if gate.ask(path, headers=bearer(secret)).status_code == 200}
    assert opened == {path for path, needed in OPENS.items() if needed is reach}
    refused = {path: gate.ask(path, headers=bearer(secret)).status_code for path in OPENS if path not in opened}
    assert set(refused.values()) == {403}


@pytest.mark.parametrize("path", ["/", "/run/398602", "/_dash-layout", "/assets/age.js"])
def test_a_token_opens_no_page(gate, make, path):
    assert gate.ask(path, headers=bearer(make(*Reach))).status_code == 403


@pytest.mark.parametrize("wrong", ["x", "spy_", "spy_wrong", "x" * 5000, "é"])
def test_what_is_no_token_opens_nothing(gate, make, wrong):
    make(Reach.READ)
    assert gate.ask("/api/v1/runs", headers={"authorization": f"Bearer {wrong}".encode()}).status_code == 401


def test_a_token_is_good_until_its_end_or_until_it_is_ended(gate, make):
    short, long = make(Reach.READ, name="short", life=timedelta(hours=1)), make(Reach.READ, name="long")
    gate.later(timedelta(hours=2))
    assert [gate.ask("/api/v1/runs", headers=bearer(t)).status_code for t in (short, long)] == [401, 200]
    with writing(gate.store.engine) as connection:
        tokens.end(connection, "long", gate.now, "ada")
    assert gate.ask("/api/v1/runs", headers=bearer(long)).status_code == 401


def test_the_store_knows_a_token_by_its_hash_and_when_it_was_last_used(gate, make):
    secret = make(Reach.READ)
    gate.ask("/api/v1/runs", headers=bearer(secret))
    with reading(gate.store.engine) as connection:
        (row,) = tokens.all_of(connection)
    assert row.used_at == gate.now
    assert secret not in repr(tuple(row))


def test_a_token_acts_by_its_role_and_signs_with_its_name(gate, make):
    secret = make(Reach.ACT, name="night watch")
    keep = {"do": "keep_back", "chunk": "398603", "why": "noise", "who": "sam"}
    answer = gate.ask("/api/v1/acts", None, "POST", headers=bearer(secret), json=keep)
    assert (answer.status_code, answer.json()["act"]["who"]) == (201, "night watch")
    waive = {"do": "waive", "chunk": "398602", "rule": "upload", "why": "x"}
    assert gate.ask("/api/v1/acts", None, "POST", headers=bearer(secret), json=waive).status_code == 403


def test_the_audit_opens_to_administrators_only(gate, make):
    shifter, admin = make(Reach.READ), make(Reach.READ, name="auditor", role=Role.ADMIN)
    assert [gate.ask("/api/v1/audit", headers=bearer(t)).status_code for t in (shifter, admin)] == [403, 200]


def test_a_second_persons_word_needs_a_token_that_acts(gate, make):
    for reach, status in ((Reach.READ, 403), (Reach.ACT, 400)):
        headers = bearer(make(reach, name=reach))
        assert gate.ask("/api/v1/proposals/7", None, "POST", headers=headers).status_code == status


def test_two_tokens_of_one_name_would_be_one_too_many(gate, make):
    make(Reach.READ)
    with pytest.raises(ActError, match="is in force"):
        make(Reach.READ)
    with writing(gate.store.engine) as connection, pytest.raises(ActError, match="in force: tier0"):
        tokens.end(connection, "tierO", gate.now, "ada")
