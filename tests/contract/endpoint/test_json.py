"""A block's questions to a JSON service, and what a bad service can answer: unknown with a reason, never a value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.simulation.wire import Request, Response
from spy.domain.errors import NoAnswer, SourceError, Unreadable
from spy.domain.run import Run
from tests.support.endpoint import BULK, LINE, NOW, asked, plain, rows, told
from tests.support.period import json_response, values

PER_RUN: dict[str, Any] = {"path": "status/{run}", "params": {"n": "{run}"}}
PAGED: dict[str, Any] = {"paging": {"parameter": "page", "first": 1, "max_pages": 3}}
SERVICE: dict[str, Any] = {
    "where": "",
    "rows": None,
    "read": {"frontier": {"at": "/result/0", "kind": "int"}},
    "fact": [{"name": "seen", "kind": "bool", "scope": "service", "value": "frontier > 5", "text": "far"}],
}


def test_a_list_is_asked_for_once_and_each_run_has_its_own_row() -> None:
    other = LINE | {"run": 398601, "state": "open", "bad": 0}
    with asked(rows(LINE | {"kind": "physics"}, LINE, other), BULK) as (looks, http):
        seen = looks.look(NOW, Run(398600), Run(398601), Run(398602))
        assert http.requests == 1
    assert values(seen, "398600") == {"tracker_done": True, "tracker_bad_modules": 3}
    assert values(seen, "398601") == {"tracker_done": False, "tracker_bad_modules": 0}
    assert set(values(seen, "398602").values()) == {"no row matches"}
    assert [e.as_of is None for e in seen.values()][:2] == [True, False]
    assert not any(e.final for e in seen.values())


def test_without_an_open_run_nothing_is_asked() -> None:
    with asked(rows(), BULK) as (looks, http):
        assert looks.look(NOW) == {}
        assert http.requests == 0


def test_a_block_with_the_run_in_its_path_asks_once_per_run() -> None:
    def answer(request: Request) -> Response:
        assert request.path.removeprefix("/api/status/") == request.query["n"][0]
        return json_response(json.dumps({"data": [LINE | {"run": int(request.query["n"][0])}]}))

    with asked(answer, BULK, **PER_RUN) as (looks, http):
        seen = looks.look(NOW, Run(398600), Run(398601))
        assert http.requests == 2
    assert {s: values(seen, s)["tracker_done"] for s in ("398600", "398601")} == {"398600": True, "398601": True}


def test_an_answer_about_another_run_than_asked_is_no_value() -> None:
    assert set(told(rows(LINE), BULK, 398605, **PER_RUN)["398605"].values()) == {"no row matches"}


def test_a_fact_of_the_service_follows_from_the_whole_document() -> None:
    assert told(plain('{"result": [7]}'), BULK, **SERVICE) == {"service:tracker": {"seen": True}}
    assert told(plain('{"result": []}'), BULK, **SERVICE) == {
        "service:tracker": {"seen": "frontier: nothing at /result/0"}
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<html><title>Sign in</title></html>", "an HTML page (Sign in) instead of JSON"),
        ('{"data": [{"run": 398600', "no valid JSON"),
        ('{"data": [{"run": NaN}]}', "NaN is no JSON"),
        ('{"data": [{"run": 1e999}]}', "out of range"),
        ("", "no valid JSON"),
        ('{"data": {}}', "an object at /data is no list"),
        ('{"rows": []}', "nothing at /data"),
        ("null", "nothing at /data"),
    ],
)
def test_an_answer_that_is_not_what_the_block_says_fails_the_look(body: str, why: str) -> None:
    with pytest.raises(Unreadable) as failed:
        told(plain(body), BULK)
    assert why in failed.value.what


@pytest.mark.parametrize(
    ("changed", "facts"),
    [
        ({"bad": "3"}, (True, "bad: '3' at /bad is no int")),
        ({"bad": True}, (True, "bad: True at /bad is no int")),
        ({"bad": 2**70}, (True, "bad: a number beyond 64 bits at /bad is no int")),
        ({"state": None}, ("state: None at /state is no string", 3)),
        ({"at": "2026-06-01T10:59:59Z"}, (True, "older than 1:00:00")),
        ({"at": "2026-06-01T12:06:00Z"}, (True, "from the future: a clock is wrong")),
        ({"at": "2026-06-01T11:30:00"}, (True, "of unclear age: at: '2026-06-01T11:30:00' at /at is no time")),
        ({"run": "398600"}, ("row 0 cannot be judged: run: '398600' at /run is no int",) * 2),
        ({"kind": 7}, ("row 0 cannot be judged: kind: 7 at /kind is no string",) * 2),
    ],
)
def test_a_value_of_another_type_or_time_is_unknown_and_leaves_the_others(changed: Any, facts: tuple[Any, Any]) -> None:
    found = told(rows(LINE | changed), BULK)["398600"]
    assert (found["tracker_done"], found["tracker_bad_modules"]) == facts


def test_two_rows_that_match_are_unknown_even_if_they_say_the_same() -> None:
    assert set(told(rows(LINE, LINE), BULK)["398600"].values()) == {"2 rows match where one is expected"}


def pages(*pages: list[Any]) -> Any:
    """Page 1 and so on; the last one for ever after."""

    def answer(request: Request) -> Response:
        number = min(int(request.query["page"][0]), len(pages))
        return json_response(json.dumps({"data": pages[number - 1]}))

    return answer


def test_pages_are_read_to_the_first_empty_one() -> None:
    with asked(pages([LINE | {"run": 1}], [LINE], []), BULK, **PAGED) as (looks, http):
        assert values(looks.look(NOW, Run(398600)))["tracker_done"] is True
        assert http.requests == 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (pages([LINE]), "page 2 is one that came before"),
        (pages([LINE], [LINE | {"run": 2}], [LINE | {"run": 3}], []), "no empty page among 3"),
    ],
)
def test_a_list_without_end_is_unreadable(answer: Any, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        told(answer, BULK, **PAGED)


def test_one_run_that_cannot_be_read_leaves_the_others_and_all_of_them_fail_the_look() -> None:
    def answer(request: Request) -> Response:
        gone = request.path.endswith("398601")
        return Response(404, b"none", {}) if gone else rows(LINE)(request)

    found = told(answer, BULK, 398600, 398601, **PER_RUN)
    assert found["398600"]["tracker_done"] is True
    assert "status 404" in str(found["398601"]["tracker_done"])
    with pytest.raises(Unreadable, match="404"):
        told(answer, BULK, 398601, **PER_RUN)


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_service_that_refuses_or_is_broken_fails_the_look(status: int) -> None:
    for other in ({}, PER_RUN):
        with pytest.raises(SourceError):
            told(lambda request: Response(status, b"[]", {}), BULK, **other)


def test_an_answer_of_a_frozen_cache_fails_the_look() -> None:
    body = json.dumps({"data": [LINE]})
    with pytest.raises(Unreadable, match="older than"):
        told(lambda request: json_response(body, Date="Mon, 01 Jun 2026 11:30:00 GMT"), BULK)


def test_a_service_that_does_not_answer_fails_the_look() -> None:
    with asked(rows(), BULK) as (looks, http):
        http._base = "http://unreachable.invalid/"
        with pytest.raises(NoAnswer):
            looks.look(NOW, Run(398600))
