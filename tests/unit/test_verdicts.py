"""The tables of design: what two answers of a rule mean, and which of several outcomes counts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spy.domain.verdict import State, worst
from spy.rules.evaluate import combined

R, W, U, B = State.READY, State.WAITING, State.UNKNOWN, State.BLOCKED


@pytest.mark.parametrize(
    ("ready", "blocked", "outcome"),
    [
        (True, False, R),
        (True, None, R),
        (True, True, B),
        (False, True, B),
        (None, True, B),
        (False, False, W),
        (False, None, U),
        (None, False, U),
        (None, None, U),
    ],
)
def test_the_outcome_of_a_rule_is_the_table(ready: bool | None, blocked: bool | None, outcome: State) -> None:
    assert combined(ready, blocked) is outcome


def test_the_table_is_whole_and_only_a_plain_yes_that_nothing_contradicts_is_ready() -> None:
    answers = (True, False, None)
    ready = [(r, b) for r, b in itertools.product(answers, answers) if combined(r, b) is R]
    assert ready == [(True, False), (True, None)]


@given(st.lists(st.sampled_from(list(State)), min_size=1), st.sampled_from(list(State)))
def test_one_more_outcome_never_makes_a_chunk_better(states: list[State], more: State) -> None:
    assert worst([*states, more]).rank >= worst(states).rank
    assert worst([*states, more]).rank >= more.rank


def test_no_rule_at_all_is_unknown_since_nobody_looked() -> None:
    assert worst([]) is U
