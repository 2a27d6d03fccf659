"""Who may do what, checked at one place for page, API and command line; every act and every refusal is on record."""

from __future__ import annotations

import pytest

from tests.contract.door.conftest import Browser

KEEP = {"do": "keep_back", "chunk": "398603", "why": "the strips look odd"}
WAIVE = {"do": "waive", "chunk": "398602", "rule": "upload", "why": "seen by hand"}


def test_a_shifter_keeps_back_and_signs_with_the_name_of_the_login(gate):
    answer = gate.act(gate.log_in("sam"), **KEEP, who="somebody else")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["done"], told["act"]["who"], told["act"]["run"]) == (True, "sam@example.invalid", 398603)
    assert gate.audited()[0] == ("sam@example.invalid", "keep_back", "done")


def test_a_viewer_may_look_and_not_act(gate):
    answer = gate.act(gate.log_in("vera"), **KEEP)
    assert answer.status_code == 403
    assert answer.json()["detail"] == "keep_back: needs the role shifter; vera@example.invalid is viewer"
    assert gate.audited()[0] == ("vera@example.invalid", "keep_back", "refused")
    assert gate.ask("/api/v1/acts", gate.log_in("vera")).json()["acts"] == []


def test_a_shifter_waives_nothing_and_an_expert_does(gate):
    assert gate.act(gate.log_in("sam"), **WAIVE).status_code == 403
    assert gate.act(gate.log_in("eve"), **WAIVE).status_code == 201


def test_a_preview_says_what_would_be_and_writes_nothing(gate):
    browser = gate.log_in("sam")
    answer = gate.act(browser, "/api/v1/acts?preview=true", **KEEP)
    assert (answer.status_code, answer.json()["done"]) == (200, False)
    assert "No early release of run 398603" in answer.json()["effect"][0]
    assert gate.ask("/api/v1/acts", browser).json()["acts"] == []


@pytest.mark.parametrize("header", [{}, {"x-csrftoken": ""}, {"x-csrftoken": "0" * 64}])
def test_an_act_without_the_token_of_the_page_is_not_taken(gate, header):
    """Another site can make a browser send its cookie, and cannot read what the page sends with it."""
    browser = gate.log_in("sam")
    answer = gate.ask("/api/v1/acts", browser, "POST", headers=header, json=KEEP)
    assert answer.status_code == 403
    assert gate.ask("/api/v1/acts", browser).json()["acts"] == []


def test_an_act_that_comes_from_another_site_is_not_taken(gate):
    browser = gate.log_in("sam")
    answer = gate.ask("/api/v1/acts", browser, "POST", headers={"origin": "https://evil.example.invalid"}, json=KEEP)
    assert answer.status_code == 421


def test_the_global_stop_waits_for_a_second_person_where_that_is_configured(gate):
    sam, eve = gate.log_in("sam"), gate.log_in("eve")
    stop = {"do": "stop", "why": "Tier0 locks what it should not"}
    proposed = gate.act(sam, **stop)
    number = proposed.json()["proposal"]
    assert (proposed.status_code, proposed.json()["done"]) == (200, False)
    assert number
    assert gate.ask("/api/v1/acts", sam).json()["acts"] == []
    alone = gate.act(sam, f"/api/v1/proposals/{number}")
    assert (alone.status_code, "another person" in alone.json()["detail"]) == (400, True)
    assert gate.act(gate.log_in("vera"), f"/api/v1/proposals/{number}").status_code == 403
    agreed = gate.act(eve, f"/api/v1/proposals/{number}").json()
    assert (agreed["act"]["who"], agreed["act"]["why"]) == (
        "sam@example.invalid",
        f"{stop['why']} (agreed to by eve@example.invalid)",
    )
    assert gate.act(gate.log_in("ada"), f"/api/v1/proposals/{number}").status_code == 400, "it is settled"
    assert [act["do"] for act in gate.ask("/api/v1/acts", sam).json()["acts"]] == ["stop"]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"do": "explode", "why": "x"}, 422),
        ({"do": "keep_back", "chunk": "398603", "why": ""}, 422),
        ({"do": "keep_back", "chunk": "398603", "why": "x" * 3000}, 422),
        ({"do": "keep_back", "chunk": "398603", "why": "x", "colour": "red"}, 422),
        ({"do": "keep_back", "chunk": "banana", "why": "x"}, 400),
        ({"do": "keep_back", "chunk": "398999", "why": "x"}, 400),
        ({"do": "keep_back", "chunk": "398603", "until": "soon", "why": "x"}, 400),
        ({"do": "waive", "chunk": "398603", "rule": "uplaod", "why": "x"}, 400),
    ],
)
def test_a_wish_that_cannot_be_is_a_clear_problem(gate, wish, status):
    answer = gate.act(gate.log_in("ada"), **wish)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_too_long_is_not_read(gate):
    browser = gate.log_in("sam")
    long = gate.act(browser, **KEEP | {"why": "x" * 300_000})
    assert long.status_code == 413

    def endless():
        for _ in range(100):
            yield b"x" * 10_000

    headers = {"x-csrftoken": "0"}
    assert gate.ask("/api/v1/acts", Browser(), "POST", headers=headers, content=endless()).status_code == 401
