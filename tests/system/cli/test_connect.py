"""`spy check --connect` looks at the real world around the agent, and says who can act."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from probes.simulation.live import Live
from probes.simulation.scenario import Scenario
from spy.clock import iso, utc_now
from tests.support.command import answer, configured, spy
from tests.support.tree import ROOT

FACTS = "mapped"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Live]:
    """Every watched service over real HTTP, and a real conditions file, at our own time."""
    (tmp_path / "world").mkdir()
    text = (ROOT / "tests" / "scenarios" / "plain_release.toml").read_text(encoding="utf-8")
    text = re.sub("^start = .*$", f"start = {iso(utc_now())}", text, count=1, flags=re.MULTILINE)
    live = Live(Scenario.parse(text, "now.toml"), tmp_path / "world", 1.0)
    live.stage.advance()
    yield live
    live.served.close()
    live.store.dispose()
    live.stage.close()


@pytest.fixture
def values(world: Live, smtp_server, tmp_path: Path) -> dict[str, str]:
    """Configuration values that point to it."""
    urls = {f"service.{name}.url": f'"{world.url(name)}"' for name in world.stage.services if name != "receiver"}
    return urls | {
        "service.conditions.url": f'"sqlite:///{world.stage.world.conditions_path}"',
        "agent.store": f'"sqlite:///{tmp_path}/var/spy.db"',
        "release.secret_file": f'"{world.secret_file}"',
        "mail.host": f'"{smtp_server.host}"',
        "mail.port": str(smtp_server.port),
    }


def findings(folder: Path, values: dict[str, str]) -> dict[str, dict[str, str]]:
    found = answer("check", "--connect", "--config", configured(folder, values))["findings"]
    return {finding["what"]: finding for finding in found}


def test_a_world_in_order_is_said_to_be_so_service_by_service(values, tmp_path):
    result = spy("check", "--connect", "--config", configured(tmp_path, values))
    assert result.exit_code == 0, result.stdout
    said = [line.split(":")[0] for line in result.stdout.splitlines()[1:]]
    for name in ("tier0", "oms", "conditions", "uploads", "dqm", "jobs", "runregistry", "store", "receiver", "mail"):
        assert f"ok      {name}" in said
    assert "EcalPedestals_pcl: feeds 160X_dataRun3_Prompt_v1" in result.stdout


def test_looking_writes_nothing(values, tmp_path):
    findings(tmp_path, values)
    assert not (tmp_path / "var").exists()


def test_a_required_product_that_feeds_no_prompt_global_tag_is_a_mistake(world, values, tmp_path):
    with closing(sqlite3.connect(world.stage.world.conditions_path)) as file:
        file.execute('DELETE FROM "GLOBAL_TAG_MAP" WHERE "TAG_NAME" = ?', ("EcalPedestals_prompt",))
        file.commit()
    result = spy("check", "--connect", "--config", configured(tmp_path, values))
    assert result.exit_code == 2
    assert "mistake EcalPedestals_pcl: required, but none of its tags feeds" in result.stdout
    assert "Who can act: you: product EcalPedestals_pcl.destination_tags" in result.stdout


def test_a_dead_service_is_a_problem_of_its_operators(values, tmp_path, free_port):
    values["service.uploads.url"] = f'"http://127.0.0.1:{free_port}/logs/dropBox/"'
    found = findings(tmp_path, values)
    assert (found["uploads"]["standing"], found["dqm"]["standing"]) == ("problem", "ok")
    assert found["uploads"]["who"].startswith("the operators of uploads")


def test_a_dead_relay_a_bad_key_and_a_store_that_cannot_be_written_are_problems(values, tmp_path, free_port):
    key, folder = tmp_path / "key", tmp_path / "file"
    key.write_text("secret\n", encoding="ascii")
    folder.write_text("", encoding="ascii")
    values |= {"mail.port": str(free_port), "release.secret_file": f'"{key}"'}
    with closing(sqlite3.connect(tmp_path / "spy.db")) as file:
        file.execute("CREATE TABLE check_of_writing (number INTEGER)")  # so that the trial write fails, for root too
    values["agent.store"] = f'"sqlite:///{tmp_path}/spy.db"'
    found = findings(tmp_path, values)
    assert [found[name]["standing"] for name in ("mail", "receiver", "store")] == ["problem"] * 3
    assert f"127.0.0.1:{free_port} Connection refused" in found["mail"]["says"]
    assert "secret" not in found["receiver"]["says"].replace("release.secret_file", "")


def test_services_that_cannot_be_asked_without_the_frontier_are_not_painted_good(values, tmp_path, free_port):
    values["service.tier0.url"] = f'"http://127.0.0.1:{free_port}/"'
    found = findings(tmp_path, values)
    assert {found[name]["standing"] for name in ("tier0", "uploads", "dqm")} == {"problem"}


def test_ask_shows_the_evidence_of_one_look_and_writes_nothing(values, tmp_path):
    config = configured(tmp_path, values)
    result = spy("ask", "tier0", "--config", config)
    assert result.exit_code == 0, result.stdout
    assert "first_safe_run" in result.stdout
    told = answer("ask", "conditions", "--run", "398600", "--config", config)
    assert {row["name"] for row in told["evidence"]} >= {FACTS, "since_run", "payload_hash"}
    assert not (tmp_path / "var").exists()


def test_ask_of_a_dead_service_says_unknown_and_why(values, tmp_path, free_port):
    values["service.oms.url"] = f'"http://127.0.0.1:{free_port}/"'
    result = spy("ask", "oms", "--config", configured(tmp_path, values))
    assert (result.exit_code, "unknown: " in result.stdout) == (1, True)


def test_ask_of_a_probe_that_is_none_names_the_nearest(tmp_path, values):
    result = spy("ask", "condition", "--config", configured(tmp_path, values))
    assert (result.exit_code, "did you mean 'conditions'?" in result.stderr) == (2, True)
