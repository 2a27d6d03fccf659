"""CEL behind our interface: what compiles, what is refused and where, what has no result."""

import pytest

from spy.domain.evidence import Kind
from spy.expressions import ExpressionError, ExpressionFailed, Language

LANGUAGE = Language({"since": Kind.INT, "run": Kind.INT, "upload_result": Kind.STRING, "run_end": Kind.TIME})


def test_an_expression_knows_the_names_it_reads_in_their_order_and_not_those_in_strings() -> None:
    expression = LANGUAGE.compile("since == run && upload_result in ['ok', \"run_end\"]")
    assert expression.names == ("since", "run", "upload_result")
    assert expression.holds({"since": 1, "run": 1, "upload_result": "ok"})


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
        LANGUAGE.compile("run / since == 1").holds({"since": 0, "run": 1})
