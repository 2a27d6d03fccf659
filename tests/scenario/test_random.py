"""Random scenarios in virtual time against the independent oracle; the long form is `bench/random_scenarios.py`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from probes.simulation.step import run_steps
from tests.oracle.draw import draw
from tests.oracle.judge import judge

FEW, MANY = 4, 24
SEEDS = [*range(FEW), *(pytest.param(seed, marks=pytest.mark.heavy) for seed in range(FEW, MANY))]
"""Half a minute each: a few with every `make test`, the others with `make test-heavy`."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_scenario_is_released_rightly_once_and_in_time(seed: int, tmp_path: Path) -> None:
    path = tmp_path / f"random_{seed}.toml"
    path.write_text(draw(seed), "utf-8")
    assert judge(tomllib.loads(draw(seed)), run_steps(path)) == []
