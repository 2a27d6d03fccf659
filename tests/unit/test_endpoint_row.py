"""Which row speaks, and what a fact becomes: whatever is unclear is missing, with the reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from probes.endpoint.answer import Missing, Pointer, Reading
from probes.endpoint.row import Told, fact, picked, result
from spy.domain.evidence import Kind
from spy.expressions import Language

READ = {"number": Reading(Pointer.of("/n"), Kind.INT), "state": Reading(Pointer.of("/s"), Kind.STRING)}
LANGUAGE = Language({"number": Kind.INT, "state": Kind.STRING, "run": Kind.INT, "at": Kind.TIME})
WHERE = LANGUAGE.compile("number == run")
DONE = LANGUAGE.compile("state == 'done'")
AT = LANGUAGE.compile("at", Kind.TIME)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_one_row_of_the_run_speaks() -> None:
    rows = [{"n": 1, "s": "open"}, {"n": 2, "s": "done"}]
    assert picked(rows, READ, WHERE, 2) == {"number": 2, "state": "done", "run": 2}


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "no row matches"),
        ([{"n": 1, "s": "done"}], "no row matches"),
        ([{"n": 2, "s": "done"}, {"n": 2, "s": "done"}], "2 rows match where one is expected"),
        ([{"n": 2, "s": "done"}, {"n": "2"}], "row 1 cannot be judged: number: '2' at /n is no int"),
        ([{"n": 2, "s": "done"}, "garbage"], "row 1 cannot be judged: number: nothing at /n"),
    ],
)
def test_no_row_two_rows_and_a_row_that_cannot_be_judged_pick_nothing(rows: list[Any], why: str) -> None:
    assert picked(rows, READ, WHERE, 2) == Missing(why)


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
        (Missing("nothing at /at"), Missing("of unclear age: at: nothing at /at")),
    ],
)
def test_what_is_too_old_or_of_unclear_age_is_missing(at: datetime | Missing, told: object) -> None:
    assert fact(DONE, {"state": "done", "at": at}, NOW, AT, HOUR) == told


def test_an_age_limit_without_a_time_is_missing_and_without_a_limit_no_time_is_needed() -> None:
    assert fact(DONE, {"state": "done"}, NOW, None, HOUR) == Missing("of unclear age: the answer gives no time")
    assert fact(DONE, {"state": "done"}, NOW) == Told(True, None)
