"""The page on a new rule is typed line by line, on stores that the agent has filled."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from probes.simulation.scenario import Scenario
from probes.simulation.step import run_steps
from tests.support.command import configured
from tests.support.tree import ROOT

PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
STORY = ROOT / "tests" / "scenarios" / "plain_release.toml"


def chapter() -> str:
    """From its heading to the next one."""
    return PAGE.split("## A new rule: shadow, replay, promote\n")[1].split("\n## ")[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", chapter(), re.DOTALL)


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines that the page shows of its answer."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.strip().splitlines()
        yield command, shown


def typed(command: str, folder: Path) -> str:
    """What a command answers in this folder; one that fails fails the test."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def assert_shows(answer: str, shown: list[str]) -> None:
    """Every line of the page, in its order, whatever stands between."""
    words = " ".join(answer.split())
    for line in shown:
        assert " ".join(line.split()) in words, f"{line!r} is not in what follows of {answer}"
        words = words[words.index(" ".join(line.split())) :]


def agent_runs(folder: Path) -> None:
    """The agent with the rules of this folder, from the run's begin until an hour after its streams are done."""
    store = folder / "spy.db"
    store.unlink(missing_ok=True)
    scenario = Scenario.load(STORY)
    run_steps(replace(scenario, until=scenario.start + timedelta(hours=9)), f"sqlite:///{store}")


def test_a_rule_goes_from_shadow_to_a_reason_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # `./config.toml` is the configuration of the agent and of the commands
    configured(tmp_path, {"agent.store": f'"sqlite:///{tmp_path}/spy.db"'})
    [rule], consoles = blocks("toml"), blocks("console")
    name = re.match(r"# (\S+)\n", rule)
    assert name
    assert "shadow = true" in rule
    (tmp_path / name[1]).write_text(rule, encoding="utf-8")
    told = []
    agent_runs(tmp_path)
    for block in consoles:
        for command, shown in commands(block):
            answer = typed(command, tmp_path)
            assert_shows(answer, shown)
            told.append((command, answer))
            if command == "spy check":  # "then the agent is started anew"
                agent_runs(tmp_path)
    assert told[-1][0].startswith("spy explain 398600")
    assert "enough-reports" in (tmp_path / "changes.html").read_text(encoding="utf-8")
    in_shadow, deciding = (answer for command, answer in told if command.startswith("spy explain"))
    assert in_shadow != deciding
    assert "ready" in in_shadow.splitlines()[0]
