"""The watched services: whom to call, how they answer, what they brought, what comes next. What is unknown says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from dash import html

from dashboard.marks import at, chip, mark, row, table
from spy.domain.verdict import State
from spy.store.views import Watched

HEADS = (
    "Service, whom to call", "State, since", "Last success", "Last new data, lag", "95 % within, errors in 24 h",
    "Breaker", "Credential ends", "Next look", "What is wrong",
)  # fmt: skip
SOON = timedelta(days=7)
"""Before its end a credential is worth a person's while."""


def services_page(lines: Sequence[Watched], now: datetime) -> list[Any]:
    bad = sum(not (line.state == "ok" and line.is_believed) for line in lines)
    told = f"{bad} of {len(lines)} services need a look." if bad else f"All {len(lines)} services answer."
    return [
        html.H1(told if lines else "No service is configured, and none was asked.", id="sentence"),
        html.P(
            "What a service said is believed for a while after its last success, then it is unknown. Times are UTC; "
            "a look may be several requests. Lag: how old its newest data were, by its own time, when it was asked.",
            className="quiet",
        ),
        table(HEADS, [_row(line, now) for line in lines], "Services and how they answer", "services") if lines else "",
    ]


def _row(line: Watched, now: datetime) -> html.Tr:
    name = line.probe if line.service in ("", line.probe) else f"{line.probe} ({line.service})"
    head = html.Th([name, html.Div(_known(line, "owner", line.owner, str), className="owner")], scope="row")
    if line.last_look is None:
        why = html.Td(f"unknown: {line.unknown['last_look']}", colSpan=len(HEADS) - 2, className="quiet")
        return row(head, _state(line), why)
    return row(
        head,
        [_state(line), html.Div(_known(line, "since", line.since, at))],
        _known(line, "last_good", line.last_good, at),
        [
            html.Div(_known(line, "last_new", line.last_new, at)),
            html.Div(["lag ", *_parts(_known(line, "lag_s", line.lag, length))]),
        ],
        [
            html.Div(_known(line, "p95_ms", line.p95_ms, lambda ms: f"{ms / 1000:.2f} s")),
            html.Div(_known(line, "error_rate", line.error_rate, lambda rate: _errors(line, rate))),
        ],
        _breaker(line),
        _credential(line, now),
        _known(line, "next_look", line.next_look, lambda due: _due(due, now)),
        line.problem or "–",
    )


def _errors(line: Watched, rate: float) -> str:
    return f"{100 * rate:.1f} % ({line.failed} of {line.looks})"


def _parts(shown: Any) -> list[Any]:
    return shown if isinstance(shown, list) else [shown]


def _known(line: Watched, name: str, value: Any, shown: Callable[[Any], Any]) -> Any:
    """Or the word unknown, with the reason in sight."""
    if value not in (None, ""):
        return shown(value)
    return [mark(State.UNKNOWN), html.Span(f" {line.unknown.get(name, '')}", className="quiet")]


def _state(line: Watched) -> html.Span:
    if line.last_look is None or line.next_look is None:
        return mark(State.UNKNOWN, line.state)
    if not line.is_believed:
        return mark(State.BLOCKED, f"{line.state}, no longer believed")
    return mark(State.READY if line.state == "ok" else State.UNKNOWN, line.state)


def _breaker(line: Watched) -> Any:
    if line.breaker_until:
        return [chip("✕ open", "blocked", "left in peace after failures"), " until ", at(line.breaker_until)]
    if line.has_breaker:
        return chip("✓ closed", "ready", "asked as usual")
    return _known(line, "credential", None, str) if not line.credential else "has none"


def _credential(line: Watched, now: datetime) -> Any:
    if line.credential == "none":
        return "needs none"
    if line.credential_until is None:
        return _known(line, "credential_until", None, str)
    what = html.Div(line.credential, className="quiet")
    if line.credential_until <= now:
        return [chip("✕ ended", "blocked"), " ", at(line.credential_until), what]
    is_soon = line.credential_until - now < SOON and "by itself" not in line.credential
    return [chip("! soon", "shadow") if is_soon else "", " ", at(line.credential_until), what]


def _due(due: datetime, now: datetime) -> Any:
    late = now - due
    return (
        [at(due), html.Div(f"overdue by {length(late)}", className="quiet")] if late > timedelta(minutes=1) else at(due)
    )


def length(time: timedelta) -> str:
    """As people say it."""
    seconds = time.total_seconds()
    if seconds < 0:
        return f"its clock is {-seconds:.0f} s ahead"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
