"""Every story file, played in virtual time, against its ground truth and the oracle, and decided again."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.replay.again import Again
from tests.oracle.judge import judge
from tests.oracle.report import accepted_times, messages
from tests.oracle.scenario_file import read, seconds
from tests.oracle.told import Told
from tests.support.replayed import judged_anew, made_again
from tests.tell_stories import PAGE, STORIES, page, story_files, told

Table = Mapping[str, Any]

EXPECTED: Table = tomllib.loads((STORIES / "expected.toml").read_text("utf-8"))
MESSAGES = {"released": "release", "withdrawn": "withdraw", "held": "hold"}
CHUNKS = [(story, chunk) for story, expected in EXPECTED.items() for chunk in expected if chunk.isdigit()]


@cache
def told_and_remade(story: str) -> tuple[Table, Sequence[Again], Sequence[str]]:
    """The story's report, and its decisions made again from the store that it filled: played once for all tests."""
    scenario = Scenario.load(STORIES / f"{story}.toml")
    with tempfile.TemporaryDirectory(prefix="spy-story-") as folder, closing(Steps(scenario, Path(folder))) as steps:
        return steps.play(), made_again(steps), judged_anew(steps)


def played(story: str) -> tuple[Table, Table]:
    """The scenario and its report."""
    return tomllib.loads((STORIES / f"{story}.toml").read_text("utf-8")), told_and_remade(story)[0]


@pytest.mark.parametrize("path", story_files(), ids=lambda path: path.stem)
def test_the_oracle_has_nothing_to_say_about_a_story(path: Path) -> None:
    scenario, report = played(path.stem)
    assert judge(scenario, report) == []


@pytest.mark.parametrize("path", story_files(), ids=lambda path: path.stem)
def test_every_decision_of_a_story_made_again_is_the_same_byte_for_byte(path: Path) -> None:
    made = told_and_remade(path.stem)[1]
    assert made
    assert [one for one in made if one.differs or one.missing] == []


@pytest.mark.parametrize("path", story_files(), ids=lambda path: path.stem)
def test_a_story_judged_again_at_every_moment_says_what_the_agent_said_and_when(path: Path) -> None:
    assert told_and_remade(path.stem)[2] == []


@pytest.mark.parametrize(("story", "chunk"), CHUNKS)
def test_a_story_ends_as_it_must(story: str, chunk: str) -> None:
    scenario, report = played(story)
    final, expected = report["final"][chunk], EXPECTED[story][chunk]
    for key in ("verdict", "release"):
        if key in expected:
            assert final[key] in _any_of(expected[key]), final
    for words in expected.get("reasons", []):
        assert words in "; ".join(final["reasons"])
    for words in expected.get("once", []):
        assert any(words in "; ".join(c["reasons"]) for c in report["changes"] if c["chunk"] == chunk)
    if "flagged" in expected:
        assert final["flagged"] == expected["flagged"]
    said = [r for r in report["revisions"] if r["chunk"] == chunk]
    for words in expected.get("said", []):
        assert any(words in "; ".join(r["reasons"]) for r in said), words
    assert {*expected.get("causes", [])} <= {r["cause"] for r in said}
    for key, kind in MESSAGES.items():
        _assert_accepted(read(scenario), report, int(chunk), kind, expected.get(key))
    early = seconds(expected.get("not_before", "0s"))
    assert all(at >= early for at in accepted_times(messages(report, read(scenario)), int(chunk), "release"))


def _any_of(expected: str | list[str]) -> list[str]:
    return [expected] if isinstance(expected, str) else expected


def _assert_accepted(scenario: Told, report: Table, run: int, kind: str, window: str | list[Any] | None) -> None:
    if window is None:
        return
    accepted = accepted_times(messages(report, scenario), run, kind)
    if isinstance(window, str):
        assert accepted == [], f"{kind} of {run}, which must never come"
        return
    windows = [window] if isinstance(window[0], str) else window
    assert len(accepted) == len(windows), f"{len(accepted)} times {kind} of {run}"
    for at, (begin, end) in zip(accepted, windows, strict=True):
        assert seconds(begin) <= at <= seconds(end), f"{kind} of {run} after {at / 3600:.3f} h"


@pytest.mark.parametrize("story", [story for story, expected in EXPECTED.items() if "mails" in expected])
def test_a_story_causes_this_many_mails(story: str) -> None:
    mails = played(story)[1]["mails"]
    assert len(mails) == EXPECTED[story]["mails"], mails


def test_every_story_has_its_ground_truth() -> None:
    assert {path.stem for path in story_files()} == set(EXPECTED)


def test_every_story_is_told_on_the_page_of_stories() -> None:
    assert all(told(path) for path in story_files())
    assert PAGE.read_text("utf-8") == page(), "run `python -m tests.tell_stories`"
