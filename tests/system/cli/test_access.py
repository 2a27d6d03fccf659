"""Tokens, roles and second persons on the command line."""

from __future__ import annotations

import pytest

from spy.clock import utc_now
from spy.domain.caller import Role
from spy.store import audit, sessions, tokens
from spy.store.engine import open_store, reading
from tests.support.command import answer, configured, spy


@pytest.fixture
def config(tmp_path):
    return configured(tmp_path, {"agent.store": f"'sqlite:///{tmp_path}/spy.db'", "acts.two_persons": '["stop"]'})


@pytest.fixture
def store(config):
    engine = open_store(f"sqlite:///{config.parent}/spy.db")
    from spy.store.migrate import upgrade

    upgrade(engine)
    yield engine
    engine.dispose()


def test_a_token_is_shown_once_and_opens_until_it_is_ended(config, store):
    made = spy("token", "make", "tier0", "--reach", "readiness", "--life", "12h", "--config", config)
    secret = made.stdout.splitlines()[0]
    with reading(store) as connection:
        caller, _ = tokens.caller(connection, secret, utc_now())
    assert caller is not None
    assert (caller.who, sorted(caller.reaches)) == ("tier0", ["readiness"])
    (listed,) = answer("token", "list", "--config", config)
    assert (listed["name"], listed["reaches"], listed["used_at"]) == ("tier0", ["readiness"], None)
    assert secret not in spy("token", "list", "--config", config).stdout
    assert spy("token", "end", "tier0", "--config", config).exit_code == 0
    with reading(store) as connection:
        assert tokens.caller(connection, secret, utc_now()) == (None, False)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["token", "make", "x", "--reach", "read", "--life", "90"], "expected numbers with units"),
        (["token", "make", "x", "--reach", "reed"], "'reed' is not one of"),
        (["token", "end", "x"], "in force: none"),
        (["role", "give", "sub-1", "boss", "--why", "x"], "'boss' is not one of"),
        (["role", "take", "sub-1", "--why", " "], "why is empty"),
        (["confirm", 7], "waiting: none"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(config, store, words, says):
    result = spy(*words, "--config", config)
    assert (result.exit_code, says in result.stderr) == (2, True), result.stderr


def test_a_role_is_given_and_taken_with_a_reason(config, store):
    assert spy("role", "give", "sub-1", "admin", "--why", "first of the site", "--config", config).exit_code == 0
    with reading(store) as connection:
        assert sessions.granted(connection, "sub-1") == Role.ADMIN
    assert spy("role", "take", "sub-1", "--why", "left", "--config", config).exit_code == 0
    (row,) = answer("role", "list", "--config", config)["roles"]
    assert (row["sub"], row["role"], row["why"]) == ("sub-1", "", "left")
    with reading(store) as connection:
        assert [row.what for row in audit.newest(connection, 9)] == ["role take", "role give"]


def test_an_act_that_needs_two_waits_for_another_person(config, store):
    proposed = answer("stop", "--why", "Tier0 locks what it should not", "--config", config)
    number = proposed["proposal"]
    assert number
    alone = spy("confirm", number, "--config", config)
    assert (alone.exit_code, "another person must agree" in alone.stderr) == (2, True)
    agreed = spy("confirm", number, "--who", "expert@example.invalid", "--config", config)
    assert agreed.exit_code == 0
    assert "agreed to by expert@example.invalid" in agreed.stdout
    assert spy("confirm", number, "--who", "third@example.invalid", "--config", config).exit_code == 2
