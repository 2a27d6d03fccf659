"""Who reads only *Now* says the right thing: its words at fixed moments of stories, through the page's own parts.

The table is `now_says.toml`; read it as a tired shifter would, and change the words until they are right.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.now_shown import Played

TABLE = tomllib.loads((Path(__file__).parent / "now_says.toml").read_text("utf-8"))["says"]
PARTS = ("head", "sentence", "last", "call", "care", "do", "also")
SERVICES = {"tier0", "conditions", "dqm", "oms", "uploads", "o2o", "jobs"}


def named(says: dict[str, Any]) -> str:
    return f"{says['story']}-{says['at']}"


@pytest.fixture(scope="module")
def last() -> Iterator[list[Played]]:
    """The story that was played last, if any: its later moments go on from there."""
    kept: list[Played] = []
    yield kept
    for played in kept:
        played.close()


def shown(last: list[Played], says: dict[str, Any]) -> dict[str, Any]:
    told: tuple[Any, ...] = (says["story"], says.get("more", ""), says.get("mode", "live"), says.get("newer_agent", 0))
    if not last or last[0].told != told:
        while last:
            last.pop().close()
        last.append(Played(*told))
    return last[0].shows(says["at"], says.get("silent_for", "0s"))


@pytest.mark.parametrize("says", TABLE, ids=named)
def test_now_says_what_is_wrong_and_who_does_what_until_when(says: dict[str, Any], last: list[Played]) -> None:
    seen = shown(last, says)
    expected = {"also": []} | says
    assert {part: seen[part] for part in PARTS} == {part: expected[part] for part in PARTS}
    assert seen["banner"].startswith("SHADOW: nothing is sent" if says.get("mode") == "shadow" else "LIVE")


@pytest.mark.parametrize("says", TABLE, ids=named)
def test_no_fact_or_rule_name_of_the_inside_is_in_the_sentence(says: dict[str, Any]) -> None:
    inside = (
        "placement",
        "no_payload",
        "upload_result",
        "waits_for",
        "settled",
        "_jobs",
        "run_ended",
        "streams_",
        "()",
    )
    assert [word for word in inside if word in says["sentence"]] == []


def test_the_outage_of_each_service_is_among_the_stories() -> None:
    stories = {says["story"] for says in TABLE}
    assert {f"outage_{service}" for service in SERVICES} | {"receiver_down"} <= stories
    assert len(stories) >= 10


def test_whoever_is_called_is_named_in_the_next_step_or_is_the_crew() -> None:
    for says in TABLE:
        called = says["call"]
        assert called == "nobody" or called in says["do"] or called == "shift@example.invalid", named(says)
