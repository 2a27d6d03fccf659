"""`spy regret`: from the report to its acknowledgement to a live agent, by commands alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from probes.simulation.scenario import Scenario
from probes.simulation.server import serve
from probes.simulation.simulators import paths
from probes.simulation.stage import Stage, config_of
from spy.clock import iso, utc_now
from tests.support.command import Process, answer, configured, spy
from tests.support.month import ALIGNMENT, FIRST, Month
from tests.support.tree import ROOT

PERIOD = ("--from", "2026-06-01T00:00:00Z", "--to", "2026-07-01T00:00:00Z")
RUN = FIRST + 1
WHY = ("--why", "read it")


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    made = Month(tmp_path, f"sqlite:///{tmp_path}/spy.db", 4)
    made.record_all()
    yield made
    made.close()


@pytest.fixture
def values(month: Month, tmp_path: Path) -> dict[str, str]:
    return {
        "agent.store": f'"sqlite:///{tmp_path}/spy.db"',
        "service.conditions.url": f'"sqlite:///{month.path}"',
        "regret.releases": "4",
        "regret.period": '"1d"',
    }


@pytest.fixture
def file(values: dict[str, str], tmp_path: Path) -> Path:
    return configured(tmp_path, values)


def test_a_late_interval_is_told_with_tag_hours_author_and_owner_and_is_bad_news(month, file):
    month.late(RUN, ALIGNMENT, RUN, 13.0)
    result = spy("regret", *PERIOD, "--config", file)
    assert result.exit_code == 1
    first, *lines = result.stdout.splitlines()
    assert first.startswith("4 would-be releases from 2026-06-01 to 2026-07-01 under rules ")
    assert f"1 with regret (1 late intervals, most often in {ALIGNMENT}: 1; the last one 7.0 h after its rel" in first
    row = next(line for line in lines if line.startswith(str(RUN)))
    for part in (ALIGNMENT, f" {RUN} ", " 7.0 ", "changes", "simulated", "SiPixelAliHG_pcl"):
        assert part in row
    assert "Kept as report 1: spy regret --acknowledge 1 --who YOU" in lines[-1]


def test_without_regret_it_ends_well(month, file):
    told = answer("regret", *PERIOD, "--config", file)
    assert (told["report"], told["judged"], told["regrets"]) == (1, 4, 0)
    assert [(one["run"], one["word"], one["late"]) for one in told["runs"]] == [(n, "none", []) for n in month.runs]
    assert spy("regret", *PERIOD, "--config", file).exit_code == 0


def test_programs_get_since_as_text_for_it_exceeds_what_a_browser_counts(month, file):
    month.late(RUN, "BeamSpotObjects_PCL_byLumi_v0_prompt", (RUN << 32) | 300, 10.0)
    (late,) = next(one["late"] for one in answer("regret", *PERIOD, "--config", file)["runs"] if one["late"])
    assert (late["since"], late["since_shown"], late["delay_s"]) == (str((RUN << 32) | 300), f"{RUN}:300", 4 * 3600)


def test_a_preview_keeps_and_acknowledges_nothing(file):
    assert answer("regret", *PERIOD, "--preview", "--config", file)["report"] is None
    assert answer("regret", "--config", file)["reports"] == []
    spy("regret", *PERIOD, "--config", file)
    assert "Preview: nothing was done." in spy("regret", "--acknowledge", 1, *WHY, "--preview", "--config", file).stdout
    assert not answer("regret", "--config", file)["live"]["is_open"]


def test_an_acknowledged_report_opens_live_mode_and_every_command_tells(file):
    assert "closed: live mode needs an acknowledged regret report" in spy("status", "--config", file).stdout
    spy("regret", *PERIOD, "--config", file)
    result = spy("regret", "--acknowledge", 1, *WHY, "--config", file)
    assert result.exit_code == 0, result.stderr
    assert "Done: report 1 is acknowledged by shifter@example.invalid: read it" in result.stdout
    says = "regret report 1, acknowledged by shifter@example.invalid, covers 4 releases, 0 of them with regret"
    assert f"Live mode: may be switched on: {says}" in result.stdout
    assert f"open: {says}" in spy("status", "--config", file).stdout
    assert answer("status", "--config", file)["live"]["is_open"]
    assert "by shifter@example.invalid: read it" in spy("regret", "--config", file).stdout


def test_a_live_agent_without_it_ends_at_once_and_names_the_command(values, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("whsec_" + "A" * 43 + "=\n", encoding="ascii")
    file = configured(tmp_path, values | {"agent.mode": '"live"', "release.secret_file": f'"{secret}"'})
    with Process("agent", "--config", file) as agent:
        agent.says(r'agent\.mode = "live": live mode needs an acknowledged regret report.*spy regret --acknowledge')
        assert agent.ends() == 2
    assert "starts only with an acknowledged regret report" in spy("check", "--config", file).stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("--from", "2026-06-01", "--to", "2026-06-02T00:00:00Z"), "has no zone", id="no zone"),
        pytest.param(PERIOD[:2], "--to ''", id="half a period"),
        pytest.param(("--from", PERIOD[3], "--to", PERIOD[1]), "expected a time after --from", id="backwards"),
        pytest.param((*PERIOD, "--runs", "1-2"), "--runs: belongs to --past", id="runs without past"),
        pytest.param((*PERIOD, "--past", "--runs", "398600"), "expected FIRST-LAST", id="no range"),
        pytest.param((*PERIOD, "--past", "--runs", "100000-900000"), "at most 2000", id="too many"),
        pytest.param(("--acknowledge", "1", *PERIOD), "give no period with it", id="acknowledge a period"),
        pytest.param(("--acknowledge", "9", *WHY), "there is no regret report 9", id="no such report"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_says_what_can(file, words, says):
    result = spy("regret", *words, "--config", file)
    assert result.exit_code == 2
    assert says in result.stderr


def test_past_runs_of_the_store_are_judged_without_their_decisions(month, file):
    month.late(RUN, ALIGNMENT, RUN, 12.0)
    told = answer("regret", "--past", *PERIOD, "--config", file)
    assert [one["run"] for one in told["runs"]] == list(month.runs)
    assert {one["word"] for one in told["runs"]} == {"none"}  # the alignment's own interval would have been waited for
    assert (told["report"], told["is_past"]) == (None, True)
    assert not any("when Tier0 locked" in sentence for sentence in told["cannot_know"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Services that know a run of three days ago, of which no store knows; configuration values that point there."""
    text = (ROOT / "tests" / "scenarios" / "plain_release.toml").read_text(encoding="utf-8")
    start = utc_now() - timedelta(days=3)
    text = re.sub("^start = .*$", f"start = {iso(start)}", text, count=1, flags=re.MULTILINE)
    scenario = Scenario.parse(text, "past.toml")
    stage = Stage(scenario, config_of(scenario, {}), tmp_path, utc_now)
    for hours in range(72):  # a world that jumps leaves out what its jobs would have copied meanwhile
        stage.world.advance(start + timedelta(hours=hours))
    served = serve({name: service.answer for name, service in stage.services.items()}, stage.advance)
    urls = {f"service.{n}.url": f'"http://127.0.0.1:{served.ports[n]}{p}"' for n, p in paths().items()}
    yield urls | {
        "service.conditions.url": f'"sqlite:///{stage.world.conditions_path}"',
        "agent.store": f'"sqlite:///{tmp_path}/none.db"',
    }
    served.close()
    stage.close()


def test_past_runs_that_no_store_knows_are_asked_of_oms_and_tier0(world, tmp_path):
    file = configured(tmp_path, world)
    period = ("--from", iso(utc_now() - timedelta(days=4)), "--to", iso(utc_now()))
    refused = spy("regret", "--past", *period, "--config", file)
    assert refused.exit_code == 2
    assert "name them with --runs FIRST-LAST" in refused.stderr
    told = answer("regret", "--past", *period, "--runs", "398600-398601", "--config", file)
    by_run = {one["run"]: one for one in told["runs"]}
    assert (by_run[398600]["word"], by_run[398600]["late"]) == ("none", [])
    assert any("when Tier0 locked 2 of 2 runs" in sentence for sentence in told["cannot_know"])
    assert by_run[398601]["word"] == "unknown"
    assert "oms: OMS does not list run 398601; tier0: not known to Tier0" in by_run[398601]["why"]
