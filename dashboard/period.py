"""The period of a page, as its address has it: `?days=7`, or `?from=2026-06-01&to=2026-06-08T12:00`; times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.marks import labelled
from dashboard.query import number_of, words_of

PERIODS = (("1 day", 1), ("7 days", 7), ("30 days", 30), ("a year", 365))
USUAL, LONGEST = 7, 3660
"""Days."""


@dataclass(frozen=True, slots=True)
class Period:
    begin: datetime
    end: datetime
    days: int | None
    """None: from one time to another."""
    mistake: str = ""
    """Why the address was not followed."""

    @property
    def asked(self) -> dict[str, str]:
        """As an address says it."""
        if self.days:
            return {"days": str(self.days)}
        return {"from": f"{self.begin:%Y-%m-%dT%H:%M}", "to": f"{self.end:%Y-%m-%dT%H:%M}"}


def floored(now: datetime) -> datetime:
    """The last full 5 min: what goes on would make a page new at each look."""
    return now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)


def period_of(query: str, now: datetime) -> Period:
    """As of the last full 5 min; what is no period is a week."""
    now, told = floored(now), words_of(query)
    if "from" not in told and "to" not in told:
        days = min(number_of(query, "days") or USUAL, LONGEST)
        return Period(now - timedelta(days=days), now, days)
    try:
        end = _moment(told["to"]) if told.get("to") else now
        begin = _moment(told["from"]) if told.get("from") else end - timedelta(days=USUAL)
        return Period(begin, end, None) if _is_fit(begin, end) else _week(now, "It must begin before it ends.")
    except (ValueError, OverflowError):
        return _week(now, "A day is written 2026-06-01, a time 2026-06-01T12:00 (UTC).")


def _is_fit(begin: datetime, end: datetime) -> bool:
    return timedelta(0) < end - begin <= timedelta(days=LONGEST)


def _week(now: datetime, why: str) -> Period:
    return Period(now - timedelta(days=USUAL), now, USUAL, f"This is no period that can be shown. {why}")


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def choice(period: Period, path: str, **kept: str) -> list[Any]:
    """Links to usual periods, and fields for any other; `kept` is what the address says besides."""
    links = [
        dcc.Link(name, href=_href(path, days=str(n), **kept), className="chosen" if n == period.days else "")
        for name, n in PERIODS
    ]
    begin, end = (f"{moment:%Y-%m-%dT%H:%M}" for moment in (period.begin, period.end))
    fields = [  # no debounce: see act.py
        html.Label(["From (UTC) ", dcc.Input(id="period-from", value=begin, type="text")]),
        html.Label(["to ", dcc.Input(id="period-to", value=end, type="text")]),
        html.Button("Show", id="period-show", n_clicks=0),
    ]
    said = html.P(period.mistake, className="said unknown", role="alert") if period.mistake else ""
    return [
        html.P(links, className="buttons"),
        html.Div(fields, className="period", role="group", **labelled("Period")),
        said,
    ]


def asked_for(query: str, begin: str, end: str) -> str:
    """The address of another period; the rest of the address stays."""
    kept = {key: value for key, value in words_of(query).items() if key not in ("days", "from", "to")}
    return f"?{urlencode({**kept, 'from': begin.strip(), 'to': end.strip()})}"


def _href(path: str, **told: str) -> str:
    return f"{path}?{urlencode({key: value for key, value in told.items() if value})}"
