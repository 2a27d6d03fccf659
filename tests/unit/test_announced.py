"""A manual update announced for a range of runs: when it is there for one of them, and when nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spy import config
from spy.agent.announced import is_there
from spy.agent.board import Board
from spy.domain.act import Act, Do
from spy.domain.evidence import Evidence
from spy.domain.subject import of_product, of_tag, run_of

ACT_AT = datetime(2026, 6, 1, tzinfo=UTC)
BY_HAND = ACT_AT + timedelta(hours=4)
OWN = ACT_AT + timedelta(hours=1)
READ = BY_HAND + timedelta(minutes=10)
TAG, PRODUCT = "EcalPedestals_prompt", "EcalPedestals_pcl"
PRODUCTS = config.load().products
RANGE = Act(Do.KEEP_BACK, "ecal", "by hand", ACT_AT, from_run=398601, to_run=398603, until_tag=TAG)
THERE: dict[str, Any] = {
    "since_run": 398602,
    "inserted_at": BY_HAND,
    "upload_status": "done",
    "uploaded_at": OWN,
    "read": READ,
}


def board(told: dict[str, Any], log_of: int = 398602) -> Board:
    """What is known about run 398602, and what the upload log says of a run."""
    made = Board("prod")
    tag, product = of_tag("prod", 398602, TAG), of_product("prod", log_of, PRODUCT)
    facts = [(tag, name, told[name], "conditions", READ) for name in ("since_run", "inserted_at")]
    facts += [(product, name, told[name], "uploads", told["read"]) for name in ("upload_status", "uploaded_at")]
    for run in {398602, log_of}:
        of_this = [fact for fact in facts if run_of(fact[0]) == run]
        made.load(run, [Evidence(subject, name, value, who, at) for subject, name, value, who, at in of_this])
    return made


def test_an_interval_that_no_upload_of_the_run_made_is_the_manual_one() -> None:
    assert is_there(board(THERE), RANGE, 398602, PRODUCTS)
    assert is_there(board(THERE | {"upload_status": "none", "uploaded_at": None}), RANGE, 398602, PRODUCTS)


def test_one_of_a_lower_run_of_the_range_counts_where_the_log_of_that_run_is_known() -> None:
    below = THERE | {"since_run": 398601}
    assert is_there(board(below, log_of=398601), RANGE, 398602, PRODUCTS)
    assert not is_there(board(below), RANGE, 398602, PRODUCTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"since_run": 398600},
        {"since_run": None},
        {"inserted_at": ACT_AT - timedelta(hours=1)},
        {"inserted_at": None},
        {"uploaded_at": BY_HAND - timedelta(minutes=1)},
        {"uploaded_at": None},
        {"upload_status": None},
        {"read": READ - timedelta(minutes=1)},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_anything_else_or_unknown_keeps_the_run_back(changes: dict[str, Any]) -> None:
    assert not is_there(board(THERE | changes), RANGE, 398602, PRODUCTS)
