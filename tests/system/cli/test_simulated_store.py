"""A store of a simulated world is told by that world's time, and a story that was stepped can be explained."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from probes.simulation.demo import app
from tests.support.command import answer, spy
from tests.support.plain_story import STORY


def stepped(folder: Path, until: str = "3h30m") -> Result:
    story = folder / "story.toml"
    story.write_text(STORY.replace('until = "12h"', f'until = "{until}"'), encoding="utf-8")
    words = ["--scenario", story, "--step", "--report", folder / "report.json", "--store", folder / "kept.db"]
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def test_a_stepped_story_leaves_a_store_that_explain_and_status_tell_by_the_worlds_own_time(tmp_path):
    done = stepped(tmp_path)
    assert done.exit_code == 0, done.stderr
    config = tmp_path / "kept.db.toml"
    assert f"spy explain 398600 --config {config}" in done.stderr
    explained = spy("explain", 398600, "--config", config)
    assert "(as of 2026-06-01 03:30:00 UTC)" in explained.stdout
    assert "simulated world 'story.toml': told as of its last moment, 2026-06-01 03:30:00 UTC" in explained.stderr
    status = answer("status", "--config", config)
    assert status["is_old"] is False
    assert "waits normally" in status["sentence"]


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    (tmp_path / "kept.db").write_bytes(b"mine")
    done = stepped(tmp_path)
    assert done.exit_code == 2
    assert "exists already" in done.stderr
    assert (tmp_path / "kept.db").read_bytes() == b"mine"


def test_explain_says_when_other_rules_decided_than_the_configuration_has(tmp_path):
    assert stepped(tmp_path).exit_code == 0
    config = tmp_path / "kept.db.toml"
    assert "Decided by rules" not in spy("explain", 398600, "--config", config).stdout
    before = config.read_text("utf-8")
    config.write_text(before.replace("last_lumi < 10", "last_lumi < 11"), encoding="utf-8")
    assert config.read_text("utf-8") != before
    told = answer("explain", 398600, "--config", config)
    said = spy("explain", 398600, "--config", config).stdout
    decided, configured = told["decision"]["rulebook"], told["rulebook_of_configuration"]
    assert decided != configured
    assert f"Decided by rules {decided}, the configuration has {configured}" in said
