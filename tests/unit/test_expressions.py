"""CEL behind our interface: what compiles, what is refused and where, what has no result."""

from datetime import UTC, datetime

import pytest

from spy.domain.evidence import Kind
from spy.expressions import ExpressionError, ExpressionFailed, Language

LANGUAGE = Language({"since": Kind.INT, "run": Kind.INT, "upload_result": Kind.STRING, "run_end": Kind.TIME})


def test_an_expression_knows_the_names_it_reads_in_their_order_and_not_those_in_strings() -> None:
    expression = LANGUAGE.compile("since == run && upload_result in ['ok', \"run_end\"]")
    assert expression.names == ("since", "run", "upload_result")
    assert expression.holds((1, 1, "ok"))


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("uplod_result == 'ok'", 1, "unknown name 'uplod_result', did you mean 'upload_result'?"),
        ("since == run && since < 'a'", 23, "no matching overload"),
        ("since", 1, "gives INT, a rule needs BOOL"),
        ("since ==", 9, "Syntax error"),
        ("since == 1 && has(run)", 15, "'has' is refused"),
        ("upload_result != null", 18, "'null' is refused"),
        ("dyn(since) == 'a'", 1, "'dyn' is refused"),
    ],
)
def test_a_mistake_is_told_with_its_column_and_what_would_be_right(text: str, column: int, told: str) -> None:
    with pytest.raises(ExpressionError) as wrong:
        LANGUAGE.compile(text)
    assert (wrong.value.column, told in wrong.value.what) == (column, True), str(wrong.value)


def test_a_division_by_zero_is_no_answer_and_above_all_no_false() -> None:
    with pytest.raises(ExpressionFailed, match="divide by zero"):
        LANGUAGE.compile("run / since == 1").holds((1, 0))


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("since + run", Kind.INT, 398603),
        ("double(since) / 2.0", Kind.DOUBLE, 1.5),
        ("upload_result + '!'", Kind.STRING, "ok!"),
        ("run_end", Kind.TIME, NOON),
        ("since < run", Kind.BOOL, True),
    ],
)
def test_an_expression_yields_a_value_of_the_kind_that_was_asked_for(text: str, kind: Kind, value: object) -> None:
    found = LANGUAGE.compile(text, kind).value({"since": 3, "run": 398600, "upload_result": "ok", "run_end": NOON})
    assert (found, type(found)) == (value, type(value))


def test_an_expression_of_another_kind_is_refused_when_it_is_compiled() -> None:
    with pytest.raises(ExpressionError, match="gives INT, STRING is needed"):
        LANGUAGE.compile("since", Kind.STRING)


@pytest.mark.parametrize(
    ("text", "kind"), [("run / since", Kind.INT), ("string(run / since)", Kind.STRING), ("0.0 / 0.0", Kind.DOUBLE)]
)
def test_a_failed_evaluation_and_not_a_number_are_no_value(text: str, kind: Kind) -> None:
    with pytest.raises(ExpressionFailed, match="has no result"):
        LANGUAGE.compile(text, kind).value({"since": 0, "run": 1})
