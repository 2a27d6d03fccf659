"""What a period's page shows, as CSV: durations in hours, times in ISO 8601 UTC; empty: not known."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from spy.store.views import Spread, Trends

Row = Sequence[object]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for one, at the beginning of a text."""


def as_csv(told: Trends, what: str) -> str:
    """`what` as the keys of TABLES."""
    heads, rows = TABLES[what]
    written = io.StringIO()
    sheet = csv.writer(written, lineterminator="\n")
    sheet.writerow(heads)
    sheet.writerows([_cell(value) for value in row] for row in rows(told))
    return written.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return f"{value.total_seconds() / 3600 + 0.0:.3f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return str(value)


def _runs(told: Trends) -> Iterable[Row]:
    for one in told.saved.runs:
        times = (one.end, one.alone_at, one.prefix_ready_at, one.accepted_at, one.would_at, one.locked_at)
        yield one.run, one.run_class, *times, one.started_at, one.saved, one.lost, one.basis, one.recorded_lumi


def _causes(told: Trends) -> Iterable[Row]:
    return ((str(one.cause), one.time, f"{one.share:.4f}", one.runs) for one in told.saved.causes)


def _states(told: Trends) -> Iterable[Row]:
    return ((one.kind, one.state, one.time, f"{one.share:.4f}", one.runs) for one in told.saved.states)


def _rules(told: Trends) -> Iterable[Row]:
    for one in told.votes.rules:
        kind = "shadow" if one.is_shadow else "decides"
        yield one.rule, kind, one.runs, one.ready, one.waiting, one.unknown, one.blocked, one.alone, one.waived


def _latencies(told: Trends) -> Iterable[Row]:
    for one in told.saved.products:
        name = one.product or "all of them"
        yield name, *_spread(one.uploaded), *(_spread(one.visible)[3:])


def _spread(of: Spread | None) -> Row:
    return (of.count, of.mean, of.rms, of.median, of.p90) if of else (0, None, None, None, None)


TABLES: Mapping[str, tuple[Row, Callable[[Trends], Iterable[Row]]]] = {
    "runs": (
        ("run", "class", "end", "calibrated_alone", "prefix_ready", "accepted", "would_be_released", "locked",
         "started", "saved_h", "lost_to_earlier_runs_h", "measured_at", "recorded_lumi_per_pb"),
        _runs,
    ),
    "causes": (("cause", "hours", "share", "runs"), _causes),
    "states": (("kind", "state", "hours", "share", "runs"), _states),
    "rules": (
        ("rule", "kind", "runs", "ready_h", "waiting_h", "unknown_h", "blocked_h", "alone_h", "runs_waived"),
        _rules,
    ),
    "latencies": (
        ("calibration", "uploads", "mean_h", "rms_h", "median_h", "p90_h", "visible_median_h", "visible_p90_h"),
        _latencies,
    ),
}  # fmt: skip
