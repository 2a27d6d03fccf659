"""Stores that the agent itself has filled, by playing a story in virtual time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from probes.simulation.scenario import Scenario
from probes.simulation.step import run_steps
from tests.support.command import configured
from tests.support.tree import ROOT

Filled = Callable[[str], Path]


def played(folder: Path, story: str, hours: float) -> Path:
    """The store after so many hours of a story."""
    scenario = Scenario.load(ROOT / "tests" / "scenarios" / f"{story}.toml")
    store = folder / f"{story}.db"
    run_steps(replace(scenario, until=scenario.start + timedelta(hours=hours)), f"sqlite:///{store}")
    return store


@pytest.fixture(scope="session")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Each story is played once; at an hour at which something is wrong."""
    folder = tmp_path_factory.mktemp("stories")
    hours = {
        "late_payload_shifted": 12.0,
        "behind_blocked_run_before_lock": 13.0,
        "plain_release": 12.0,
        "waiver": 24.0,
        "hold_at_tier0": 36.0,
    }

    def store(name: str) -> Path:
        path = folder / f"{name}.db"
        return path if path.exists() else played(folder, name, hours[name])

    return store


@pytest.fixture
def after(stories: Filled, tmp_path: Path) -> Callable[[str], Path]:
    """A configuration whose store is a copy of one that a story has filled."""

    def config(story: str) -> Path:
        shutil.copyfile(stories(story), tmp_path / "spy.db")
        return configured(tmp_path, {"agent.store": f'"sqlite:///{tmp_path}/spy.db"'})

    return config
