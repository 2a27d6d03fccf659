"""Real aggregates and reports: the states and counts that really occur are read, and nothing else is taken for them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from spy.domain.errors import Unreadable
from tests.support.jobs import DATA, body, read


def recorded_groups() -> list[dict[str, Any]]:
    """The real daily aggregate summed along an axis, as the endpoint does; each site stands for one run's workflow."""
    stats = json.loads((DATA / "daily_2016-06-28.json").read_text("utf-8"))["stats"].values()
    counts: dict[str, Counter[str]] = {}
    for told in stats:
        counts.setdefault(str(told["scope"]["site"]), Counter())[told["scope"]["jobstate"]] += told["count"]
    return [
        {
            "label": f"Express_Run{number}_StreamExpress",
            "jobstates": [{"jobstate": state, "count": count} for state, count in states.items()],
        }
        for number, states in enumerate(counts.values(), start=398600)
    ]


def test_every_state_of_a_real_day_is_known_and_counted() -> None:
    groups = recorded_groups()
    told = read(body(*groups, totalMatchedJobs=364_514))
    assert not told.problems
    assert len(told.counts) == len(groups)
    assert sum(counts.jobs for counts in told.counts.values()) == 364_514
    good = sum(s["count"] for g in groups for s in g["jobstates"] if s["jobstate"] == "success")
    assert sum(counts.failed for counts in told.counts.values()) == 364_514 - good


def test_a_recorded_report_in_place_of_counts_is_refused() -> None:
    with pytest.raises(Unreadable, match='"result"'):
        read((DATA / "wmarchive_fwjr_sample_doc.json").read_text("utf-8"))
