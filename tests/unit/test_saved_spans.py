"""Spans tell the whole time, once; a stored decision tells its cause in the words of the rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spy.store.views.saved.cause import cause_of
from spy.store.views.saved.span import Cause, Span, partition, total

ZERO = datetime(2026, 6, 1, tzinfo=UTC)
CAUSES = [cause for cause in Cause if cause is not Cause.NOT_OBSERVED]


def at(minutes: int) -> datetime:
    return ZERO + timedelta(minutes=minutes)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Also empty ones, ones that end before they begin, and ones without an end."""
    begin, end = at(draw(st.integers(-20, 80))), at(draw(st.integers(-20, 80)))
    forever = datetime.max.replace(tzinfo=UTC)
    return Span(begin, draw(st.sampled_from([end, forever])), draw(st.sampled_from(CAUSES)))


layered = st.lists(st.lists(spans(), max_size=6), max_size=6)


@given(layered, st.integers(0, 60), st.integers(0, 60))
def test_a_partition_covers_exactly_the_time_without_gap_or_overlap(layers, first, last):
    begin, end = at(first), at(last)
    parts = partition(begin, end, layers)
    if begin >= end:
        assert parts == ()
        return
    assert (parts[0].begin, parts[-1].end) == (begin, end)
    assert all(one.end == following.begin for one, following in pairwise(parts))
    assert all(part.begin < part.end for part in parts)
    assert total(parts, *Cause) == end - begin


@given(layered, st.integers(0, 60))
def test_each_moment_has_the_cause_of_the_first_span_of_the_highest_layer_that_covers_it(layers, minute):
    moment = at(minute)
    covering = (s.cause for layer in layers for s in layer if s.begin <= moment < s.end)
    expected = next(covering, Cause.NOT_OBSERVED)
    (found,) = [p.cause for p in partition(at(0), at(61), layers) if p.begin <= moment < p.end]
    assert found is expected


@given(layered)
def test_neighbours_never_tell_the_same(layers):
    parts = partition(at(0), at(60), layers)
    assert all((one.cause, one.what) != (two.cause, two.what) for one, two in pairwise(parts))


def test_what_nobody_tells_is_not_observed():
    held = Span(at(10), at(20), Cause.HARVEST, ("A",))
    told = [(p.begin, p.end, p.cause) for p in partition(at(0), at(30), [[held]])]
    assert told == [
        (at(0), at(10), Cause.NOT_OBSERVED),
        (at(10), at(20), Cause.HARVEST),
        (at(20), at(30), Cause.NOT_OBSERVED),
    ]


# --- decisions -------------------------------------------------------------------------------------------------------

SETTLED = "settled: not done: Calibration, Express"
HARVEST = "A_pcl: not harvested yet; A_tag: since (1) == run (2); its stream is not done"
UPLOAD = "B_pcl: harvested, not uploaded yet; B_tag: since (1) == run (2)"
ORDER = "C_pcl: harvested; Tier0 uploads in run order and run 398599 is not finished; C_tag: since (1) == run (2)"
LAG = "D_pcl: harvested, not uploaded yet; uploaded at 2026-06-01T05:30:00Z, looking for it in the database"
JOBS = "express-jobs: express_jobs_complete (False); express_jobs (99)"


@pytest.mark.parametrize(
    ("verdict", "cause", "reasons", "told"),
    [
        ("ready", "", [], None),
        ("waiting", "run-ended", ["run-ended: run_ended (False)"], (Cause.END_NOT_SEEN, ("run-ended",))),
        ("waiting", "settled", [SETTLED], (Cause.STREAMS, ("Calibration", "Express"))),
        ("waiting", "settled", [SETTLED, UPLOAD, HARVEST], (Cause.HARVEST, ("A_pcl",))),
        ("waiting", "settled", [SETTLED, UPLOAD, ORDER], (Cause.UPLOAD, ("B_pcl",))),
        ("waiting", "settled", [SETTLED, ORDER], (Cause.UPLOAD_ORDER, ("run 398599",))),
        ("waiting", "earlier run 398599", ["C_pcl: other words"], (Cause.UPLOAD_ORDER, ("run 398599",))),
        ("waiting", "settled", [SETTLED, LAG], (Cause.INTERVAL, ("D_pcl",))),
        ("waiting", "express-jobs", [JOBS], (Cause.RULE, ("express-jobs",))),
        ("waiting", "no rule", [], (Cause.RULE, ("no rule",))),
        ("blocked", "A_pcl", ["A_pcl: upload to A_tag: failed"], (Cause.BLOCKED, ("A_pcl",))),
        ("unknown", "tier0-answers", ["tier0-answers: unknown: stale: last seen then"], (Cause.OUTAGE, ())),
        ("unknown", "streams-declared", ["streams-declared: unknown: x"], (Cause.UNKNOWN, ("streams-declared",))),
    ],
)
def test_the_cause_of_a_decision_is_the_earliest_thing_that_is_missing(verdict, cause, reasons, told):
    assert cause_of(verdict, cause, json.dumps(reasons)) == told
