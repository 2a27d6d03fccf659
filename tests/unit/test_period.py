"""Periods in addresses: what they mean, and that nothing else gets through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.period import asked_for, period_of

NOW = datetime(2026, 6, 8, 12, 3, 4, tzinfo=UTC)
FULL = datetime(2026, 6, 8, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
DAY = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "begin", "end"),
    [
        ("", FULL - WEEK, FULL),
        ("?days=30", FULL - timedelta(days=30), FULL),
        ("?days=999999999999", FULL - timedelta(days=3660), FULL),
        ("?from=2026-06-01&to=2026-06-02", DAY, DAY + timedelta(days=1)),
        ("?from=2026-06-01T06:00", DAY + timedelta(hours=6), FULL),
        ("?to=2026-06-08", DAY, DAY + WEEK),
        ("?from=2026-06-01T02:00%2B02:00&to=2026-06-02", DAY, DAY + timedelta(days=1)),
    ],
)
def test_a_period_is_days_until_now_or_from_one_time_to_another(query: str, begin: datetime, end: datetime) -> None:
    period = period_of(query, NOW)
    assert (period.begin, period.end, period.mistake) == (begin, end, "")


@pytest.mark.parametrize(
    "query", ["?from=x", "?from=2026-06-02&to=2026-06-01", "?from=0001-01-01", "?to=9999-99-99", "?to=0001-01-01"]
)
def test_what_is_no_period_is_a_week_and_says_so(query: str) -> None:
    period = period_of(query, NOW)
    assert (period.begin, period.end) == (FULL - WEEK, FULL)
    assert period.mistake


@pytest.mark.parametrize("query", ["?days=x", "?days=-1", "?days=0", "?days=", "?days=²"])
def test_what_is_no_number_of_days_is_a_week(query: str) -> None:
    assert period_of(query, NOW).days == 7


def test_another_period_keeps_the_rest_of_the_address() -> None:
    assert asked_for("?days=7&picture=png", " 2026-06-01", "") == "?picture=png&from=2026-06-01&to="
