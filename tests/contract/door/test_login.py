"""People come in by the site's OpenID provider, and only so; their session lives and ends at this server."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from spy.store import sessions
from spy.store.engine import writing
from tests.contract.door.conftest import Browser


@pytest.mark.parametrize(
    ("name", "role"), [("vera", "viewer"), ("sam", "shifter"), ("eve", "expert"), ("ada", "admin")]
)
def test_a_person_comes_in_with_the_role_of_their_groups(gate, name, role):
    browser = gate.log_in(name)
    assert gate.ask("/api/v1/me", browser).json() == {
        "who": f"{name}@example.invalid",
        "role": role,
        "means": "session",
    }
    assert gate.ask("/api/v1/runs", browser).status_code == 200


def test_a_person_goes_on_where_they_wanted_to(gate):
    sent = gate.page("/run/398602?tab=votes")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/run/398602%3Ftab%3Dvotes")
    browser = Browser()
    asked = gate.sent_to(browser, "/run/398602?tab=votes")
    back = gate.come_back(browser, gate.provider.log_in(asked, "sam"))
    assert back.headers["location"] == "/run/398602?tab=votes"


@pytest.mark.parametrize(
    "where", ["//evil.example.invalid", "/\\evil.example.invalid", "https://evil.example.invalid", "x"]
)
def test_nobody_is_sent_elsewhere_after_their_login(gate, where):
    browser = Browser()
    back = gate.come_back(browser, gate.provider.log_in(gate.sent_to(browser, where), "sam"))
    assert back.headers["location"] == "/"


@pytest.mark.parametrize(
    "path", ["/api/v1/runs", "/api/v1/readiness/398602", "/metrics", "/", "/_dash-layout", "/nothing"]
)
def test_without_a_session_there_is_nothing_to_see(gate, path):
    answer = gate.ask(path)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "398602" not in answer.text


def test_health_is_open_to_whoever_watches(gate):
    assert gate.ask("/health/live").status_code == 200
    assert gate.ask("/health/ready").status_code in (200, 503)


def test_somebody_without_a_group_is_told_how_to_get_a_role(gate):
    browser = Browser()
    answer = gate.come_back(browser, gate.provider.log_in(gate.sent_to(browser), "nobody"))
    assert answer.status_code == 403
    assert "spy role give" in answer.json()["detail"]
    assert gate.audited()[0] == ("nobody@example.invalid", "login", "refused")
    assert gate.ask("/api/v1/runs", browser).status_code == 401


def test_a_login_of_somebody_else_cannot_be_slipped_in(gate):
    """Login CSRF: the state lies in the browser that began, and in no other."""
    back = gate.provider.log_in(gate.sent_to(Browser()), "eve")
    victim = Browser()
    gate.sent_to(victim)
    assert gate.come_back(victim, back).status_code == 400
    assert gate.come_back(Browser(), back).status_code == 400
    assert "spy" not in victim.cookies
    assert gate.audited()[0][1:] == ("login", "refused")


def test_a_code_is_good_once(gate):
    browser = Browser()
    back = gate.provider.log_in(gate.sent_to(browser), "sam")
    before = Browser(dict(browser.cookies))
    assert gate.come_back(browser, back).status_code == 303
    assert gate.come_back(before, back).status_code == 400


def test_a_changed_nonce_or_state_or_a_refusal_of_the_provider_ends_the_login(gate):
    browser = Browser()
    asked = urlsplit(gate.sent_to(browser))
    query = {key: values[0] for key, values in parse_qs(asked.query).items()}
    assert {"nonce", "state", "code_challenge"} <= set(query)
    assert query["code_challenge_method"] == "S256"
    for changed in ({"nonce": "another"}, {"state": "another"}):
        url = asked._replace(query=urlencode(query | changed)).geturl()
        assert gate.come_back(browser, gate.provider.log_in(url, "sam")).status_code == 400
    refused = f"http://x/login/callback?error=access_denied&state={query['state']}"
    assert gate.come_back(browser, refused).status_code == 400
    assert "spy" not in browser.cookies


def test_a_logout_ends_the_session_here_whatever_the_browser_keeps(gate):
    browser = gate.log_in("sam")
    kept = Browser(dict(browser.cookies))
    assert gate.act(browser, "/logout").status_code == 303
    assert browser.cookies["spy"] in ("", '""')
    assert gate.ask("/api/v1/runs", kept).status_code == 401
    assert gate.page("/logged-out").status_code == 200


def test_a_session_ends_when_it_is_not_used_and_when_it_is_old(gate):
    idle, used = gate.log_in("sam"), gate.log_in("sam")
    for _ in range(3):
        gate.later(timedelta(hours=7))
        assert gate.ask("/api/v1/runs", used).status_code == 200
    assert gate.ask("/api/v1/runs", idle).status_code == 401, "not used for 10 h"
    gate.later(timedelta(hours=4))
    assert gate.ask("/api/v1/runs", used).status_code == 401, "24 h are over"


def test_what_a_page_asks_by_itself_keeps_nobody_logged_in(gate):
    browser, asks = gate.log_in("sam"), {"x-by-itself": "1"}
    gate.later(timedelta(hours=7))
    assert gate.ask("/api/v1/runs", browser, headers=asks).status_code == 200
    gate.later(timedelta(hours=4))
    assert gate.ask("/api/v1/runs", browser, headers=asks).status_code == 401, "nobody used it for 11 h"
    assert gate.ask("/api/v1/runs", browser).status_code == 401, "and it stays ended"


def test_a_role_that_is_given_or_taken_counts_from_the_next_request_on(gate):
    browser = gate.log_in("vera")

    def give(role):
        with writing(gate.store.engine) as connection:
            sessions.grant(connection, "vera", role, gate.now, "ada", "a test")

    give("expert")
    assert gate.ask("/api/v1/me", browser).json()["role"] == "expert"
    give("")
    assert gate.ask("/api/v1/me", browser).status_code == 401
    again = Browser()
    assert gate.come_back(again, gate.provider.log_in(gate.sent_to(again), "vera")).status_code == 403


def test_cookies_are_hidden_from_scripts_but_for_the_token_that_the_page_sends_back(gate):
    browser = Browser()
    back = gate.come_back(browser, gate.provider.log_in(gate.sent_to(browser), "sam"))
    session, csrf = back.headers.get_list("set-cookie")[:2]
    assert session.startswith("spy=")
    assert "HttpOnly" in session
    assert csrf.startswith("spy-csrf=")
    assert "HttpOnly" not in csrf
    assert all("SameSite=lax" in line for line in (session, csrf))


@pytest.mark.parametrize("login_settings", [{"tries_a_minute": 3}])
def test_an_address_that_tries_too_often_waits(gate):
    assert [gate.ask("/login").status_code for _ in range(4)] == [302, 302, 302, 429]
    late = gate.ask("/login", headers={"x-forwarded-for": "192.0.2.7"})
    assert late.status_code == 429, "who says so is no proxy of ours"
    assert 0 < int(late.headers["retry-after"]) <= 60
    gate.later(timedelta(seconds=61))
    assert gate.ask("/login").status_code == 302


@pytest.mark.parametrize("login_settings", [{"issuer": "http://127.0.0.1:9"}])
def test_a_provider_that_is_down_is_said(gate):
    answer = gate.ask("/login")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "provider does not answer" in answer.json()["detail"]
