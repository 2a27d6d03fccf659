"""CSV of a period: unknown is empty, hours are numbers, and no text becomes a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

from dashboard.spreadsheet import as_csv
from spy.store.views import RuleVotes, Saved, StateTime, Trends, Votes

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def told(*rules: RuleVotes) -> Trends:
    states = (StateTime("verdict", "ready", timedelta(minutes=90), 2, 0.25),)
    return Trends(Saved(NOW, NOW, (), (), (), (), (), states), Votes(rules, 1, 1), ())


def test_hours_are_numbers_with_a_point() -> None:
    assert as_csv(told(), "states").splitlines() == ["kind,state,hours,share,runs", "verdict,ready,1.500,0.2500,2"]


def test_a_name_that_a_spreadsheet_would_run_is_text() -> None:
    (_, row) = csv.reader(io.StringIO(as_csv(told(RuleVotes('=cmd|"x"')), "rules")))
    assert row[0] == '\'=cmd|"x"'
    assert row[3:8] == ["0.000"] * 5


def test_nothing_found_is_the_heads_alone() -> None:
    for what in ("runs", "causes", "latencies"):
        assert len(as_csv(told(), what).splitlines()) == 1
