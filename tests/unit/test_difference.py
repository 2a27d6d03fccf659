"""What other rules would have changed for a run: earlier, later, never, and what is not known."""

from datetime import UTC, datetime, timedelta

import pytest

from spy.replay.difference import Because, Turn, difference, in_words, sentence, turn_of
from spy.replay.stored import Step, StoredRun

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
LOCK = BEGIN + timedelta(hours=50)


def at(hours):
    return BEGIN + timedelta(hours=hours)


def steps(ready_h):
    """Waiting from the run's end on, and ready after so many hours; None: never."""
    waiting = [Step(at(3), "waiting", ("calibration: not yet",))]
    return waiting if ready_h is None else [*waiting, Step(at(ready_h), "ready", ())]


def run(ready_h, until_h=10.0, **more):
    return StoredRun(398600, at(0), at(until_h), None, at(9), at(8), steps(ready_h), deadline=LOCK, **more)


TABLE = [
    (run(8), 6.0, Turn.EARLIER, -2.0),
    (run(8), 9.5, Turn.LATER, 1.5),
    (run(8), 8.0, Turn.SAME, 0.0),
    (run(8), 8.0 + 59 / 3600, Turn.SAME, 59 / 3600),
    (run(8), 8.0 - 61 / 3600, Turn.EARLIER, -61 / 3600),
    (run(8), None, Turn.NOT_SEEN, None),
    (run(8, until_h=60.0), None, Turn.NEVER, None),
    (run(None), None, Turn.SAME, None),
    (run(None), 7.0, Turn.NEWLY, None),
    (run(8, missing="evidence is gone"), None, Turn.MISSING, None),
]


@pytest.mark.parametrize(("stored", "ready_h", "turn", "hours"), TABLE)
def test_a_run_is_earlier_later_never_or_not_known(stored, ready_h, turn, hours):
    anew = steps(ready_h)
    assert turn_of(stored, anew) is turn
    found = difference(stored, anew, turn, Because(), {})
    assert found.hours == (pytest.approx(hours) if hours is not None else None)


def test_who_would_have_gone_before_the_release_is_said():
    early = difference(run(8), steps(6), Turn.EARLIER, Because(), {})
    late = difference(run(8), steps(9), Turn.LATER, Because(), {})
    assert (early.before_release, late.before_release) == (True, False)


def test_a_run_ready_for_a_while_counts_from_the_first_time():
    again = [*steps(5), Step(at(6), "unknown", ("stale",)), Step(at(8), "ready", ())]
    assert difference(run(8), again, turn_of(run(8), again), Because(), {}).hours == pytest.approx(-3.0)


def test_what_is_missing_is_the_reason_and_nothing_is_guessed():
    found = difference(run(8, missing="evidence is gone"), steps(5), Turn.MISSING, Because(("no",)), {})
    assert (found.reasons, found.ready_at, found.hours) == (("evidence is gone",), None, None)


def test_every_turn_has_its_words_and_all_are_counted():
    found = [difference(s, steps(h), turn, Because(), {}) for s, h, turn, _ in TABLE]
    assert all(in_words(one) for one in found)
    told = sentence(found)
    for words in ("10 runs", "2 ready earlier (2.0 h", "1 never", "1 ready that never were", "1 cannot be decided"):
        assert words in told
