"""Which other global tags a run must be right with: what Tier0 is seen to start runs of its era with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spy.agent.board import Board
from spy.domain.evidence import Evidence
from spy.domain.subject import of_run, of_service

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ERA, TAG = "Run2026D", "160X_dataRun3_Prompt_v1"


def others(started, run=398600, followed=""):
    """Of an open run of the era; `followed`: what one that we followed was started with."""
    board = Board("prod")
    told = {"started_run": 398500, "started_era": ERA} | started
    facts = [Evidence(of_service("tier0"), name, value, "tier0", NOW) for name, value in told.items()]
    board.load(0, facts)
    board.load(run, [Evidence(of_run("prod", run), "era", ERA, "tier0", NOW)])
    if followed:
        of = of_run("prod", run - 1)
        board.load(
            run - 1, [Evidence(of, n, v, "tier0", NOW) for n, v in (("era", ERA), ("reco_global_tag", followed))]
        )
    return board.open_run(run, {ERA: TAG}).other_global_tags


@pytest.mark.parametrize(
    ("started", "followed", "expected"),
    [
        ({"started_global_tag": TAG}, "", ()),
        ({"started_global_tag": "160X_other_v1"}, "", ("160X_other_v1",)),
        ({"started_global_tag": "160X_other_v1", "started_era": "Run2026C"}, "", ()),
        ({"started_global_tag": "", "started_run": 0}, "", ()),
        ({"started_global_tag": ""}, "160X_other_v1", ("160X_other_v1",)),
        ({"started_global_tag": None}, "", None),
    ],
    ids=[
        "as configured",
        "another one",
        "of another era",
        "nothing was ever started",
        "another agent's start, and one of ours is followed",
        "not known",
    ],
)
def test_what_ours_was_last_seen_to_start_with_counts(started, followed, expected):
    assert others(started, followed=followed) == expected
