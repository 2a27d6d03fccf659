"""Which row speaks, and what a fact becomes: whatever is unclear is missing, with the reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from probes.endpoint.answer import Missing, Pointer, Reading, variables
from probes.endpoint.row import FUTURE, Rows, Told, Variables, fact, picked, result
from spy.domain.evidence import Kind
from spy.expressions import Language

READ = {"number": Reading(Pointer.of("/n"), Kind.INT), "state": Reading(Pointer.of("/s"), Kind.STRING)}
LANGUAGE = Language({"number": Kind.INT, "state": Kind.STRING, "run": Kind.INT, "at": Kind.TIME})
WHERE = LANGUAGE.compile("number == run")
DONE = LANGUAGE.compile("state == 'done'")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rows(*told: Any) -> Rows:
    return Rows([variables(row, READ) for row in told])


def test_the_one_row_of_the_run_speaks() -> None:
    found = picked(rows({"n": 1, "s": "open"}, {"n": 2, "s": "done"}).all, WHERE, 2)
    assert found == {"number": 2, "state": "done", "run": 2}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([], "no row matches"),
        ([{"n": 1, "s": "done"}], "no row matches"),
        ([{"n": 2, "s": "done"}, {"n": 2, "s": "done"}], "2 rows match where one is expected"),
        ([{"n": 2, "s": "done"}, {"n": "2"}], "row 1 cannot be judged: number: '2' at /n is no int"),
        ([{"n": 2, "s": "done"}, "garbage"], "row 1 cannot be judged: number: nothing at /n"),
    ],
)
def test_no_row_two_rows_and_a_row_that_cannot_be_judged_pick_nothing(told: list[Any], why: str) -> None:
    assert picked(rows(*told).all, WHERE, 2) == Missing(why)


OLD: Variables = {"run": 1, "number": Missing("garbage")}
OWN: Variables = {"run": 2, "number": 2}


def test_an_unreadable_row_of_another_run_spoils_nothing_and_one_of_nobody_spoils_every_run() -> None:
    assert picked(Rows([OLD, OWN]).of_run(2), WHERE, 2) == OWN
    nameless: Variables = {"run": Missing("nothing at /run"), "number": 7}
    spoilt = Missing("row 2 cannot be judged: run: nothing at /run")
    assert [picked(Rows([OLD, OWN, nameless]).of_run(run), WHERE, run) for run in (2, 3)] == [spoilt, spoilt]


def test_a_missing_variable_makes_the_fact_missing_before_the_expression_is_asked() -> None:
    # CEL itself would answer true without looking at the missing side.
    either = LANGUAGE.compile("run == 2 || state == 'done'")
    assert result(either, {"run": 2, "state": Missing("nothing at /s")}) == Missing("state: nothing at /s")


def test_a_failed_expression_is_missing_and_no_text() -> None:
    text = LANGUAGE.compile("string(run / number)", Kind.STRING)
    told = result(text, {"run": 1, "number": 0})
    assert isinstance(told, Missing)
    assert "divide by zero" in told.why


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (NOW - HOUR, Told(True, NOW - HOUR)),
        (NOW - HOUR - timedelta(seconds=1), Missing("older than 1:00:00")),
        (NOW + FUTURE, Told(True, NOW + FUTURE)),
        (NOW + FUTURE + timedelta(seconds=1), Missing("from the future: a clock is wrong")),
        (Missing("nothing at /at"), Missing("of unclear age: at: nothing at /at")),
    ],
)
def test_what_is_too_old_from_the_future_or_of_unclear_age_is_missing(at: datetime | Missing, told: object) -> None:
    assert fact(DONE, {"state": "done", "at": at}, NOW, "at", HOUR) == told


def test_without_a_time_of_its_own_a_fact_has_none() -> None:
    assert fact(DONE, {"state": "done"}, NOW) == Told(True, None)
