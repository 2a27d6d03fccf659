"""A package of a third party: whole, it adds a probe and a simulator; broken, it is named and spoils nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes.simulation.scenario import Scenario
from probes.simulation.simulators import paths, services
from probes.simulation.step import run_steps
from spy.config import packaged_text
from spy.domain.errors import ConfigError
from tests.support.command import spy
from tests.support.guest import PROBE, SIMULATOR, Guests

BLOCKS = """
[service.{name}]
url = "http://{name}.invalid/guest/"
[probe.{name}]
every = "5m"
stale_after = "16m"
[[rule]]
name = "guest"
scope = "run"
ready = 'guest_says'
text = "the guest is content"
"""
STORY = """
start = 2026-06-01T00:00:00Z
until = "1h"
[[run]]
number = 398600
class = "collisions"
start = "0h"
"""
HEAD = "\n    @classmethod\n    def read_run(cls, table):\n        "
READER = SIMULATOR + HEAD
WHOLE = PROBE + SIMULATOR


@pytest.fixture
def guests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guests]:
    monkeypatch.chdir(tmp_path)
    added = Guests(tmp_path / "site", monkeypatch)
    yield added
    added.leave()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The packaged configuration with the guest's blocks."""
    path = tmp_path / "config.toml"
    path.write_text(packaged_text() + BLOCKS.format(name="guest"), encoding="utf-8")
    return path


def without(config: Path) -> None:
    config.write_text(packaged_text(), encoding="utf-8")


BROKEN = {
    "import": ('raise RuntimeError("no board")', "cannot be loaded: RuntimeError: no board"),
    "missing module": ("import nothing_such", "cannot be loaded: ModuleNotFoundError: No module"),
    "exit": ("raise SystemExit(0)", "cannot be loaded: SystemExit: 0"),
    "missing class": ("", "cannot be loaded: AttributeError"),
    "no class": ("Guest = 3", "is no class derived from spy.probe.Probe, but int"),
    "other class": ("class Guest: pass", "is no class derived from spy.probe.Probe, but Guest"),
    "abstract": (PROBE.replace("def observe", "def look"), "leaves out observe"),
    "other name": (PROBE.replace('name = "guest"', 'name = "gast"'), "calls itself 'gast', its entry point 'guest'"),
    "no service": (PROBE.replace('service = "guest"', "service = 3"), "has no service, but 3"),
    "no facts": (PROBE.replace("facts = (", "facts = () and ("), "has no facts: expected a tuple"),
    "no period": (PROBE.replace("every = timedelta(minutes=5)", "every = 300"), "has no every, but 300"),
    "unnameable": (PROBE.replace("guest_says", "guest-says"), "'guest-says', which no expression can name"),
    "twice": (PROBE.replace("facts = (", "facts = 2 * ("), "declares fact 'guest_says' of scope run twice"),
    "connection": (PROBE.replace("every =", 'wants = "ftp"\n    every ='), "wants 'ftp', allowed: http, database"),
}


@pytest.mark.parametrize(("module", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_probe_is_named_with_its_package_and_is_the_only_mistake(guests, config, module, says):
    guests.add("guest-board", module, probes="guest = Guest")
    result = spy("check")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert result.stderr.startswith("config.toml: probe.guest: guest_board:Guest of package guest-board 1.0 ")
    assert says in result.stderr
    without(config)
    assert spy("check").exit_code == 0


def test_a_probe_that_cannot_be_made_is_named_with_its_package(guests, config):
    guests.add("guest-board", PROBE + "    def __init__(self, more): pass\n", probes="guest = Guest")
    (said,) = spy("check").stderr.splitlines()
    assert said.startswith("config.toml: probe.guest: Guest of package guest-board 1.0 cannot be made: TypeError")


def test_a_name_of_ours_is_nobodys_while_two_packages_offer_it_and_all_others_are_as_before(guests, config):
    guests.add("guest-board", PROBE.replace('"guest"', '"oms"'), probes="oms = Guest")
    without(config)
    (said,) = spy("check").stderr.splitlines()
    assert "probe.oms: is offered by guest-board 1.0 (guest_board:Guest) and spy-agency " in said
    assert "(probes.oms.probe:Oms): one of them must go" in said


@pytest.mark.parametrize("kind", ["BOOL", "STRING"])
def test_a_fact_of_ours_is_refused_with_both_packages_and_spoils_no_rule_that_reads_it(guests, config, kind):
    text = PROBE.replace("guest_says", "run_ended").replace("Kind.BOOL", f"Kind.{kind}")
    guests.add("guest-board", text, probes="guest = Guest")
    config.write_text(config.read_text("utf-8").replace("'guest_says'", "'run_ended'"), encoding="utf-8")
    (said,) = spy("check").stderr.splitlines()
    expected = (
        "probe.guest: fact 'run_ended' (package guest-board 1.0) is already a fact of probe oms (package spy-agency"
    )
    assert expected in said
    without(config)
    assert spy("check").exit_code == 0


def test_a_fact_that_the_rules_derive_is_refused(guests, config):
    guests.add("guest-board", PROBE.replace("guest_says", "settled"), probes="guest = Guest")
    config.write_text(config.read_text("utf-8").replace("'guest_says'", "'settled'"), encoding="utf-8")
    (said,) = spy("check").stderr.splitlines()
    assert said.endswith("fact 'settled' (package guest-board 1.0) is already a fact of the rules themselves")


# --- simulators -------------------------------------------------------------------------------------------------------


def refused(text: str = STORY) -> list[str]:
    """What keeps a short story from being played."""
    with pytest.raises(ConfigError) as wrong:
        run_steps(Scenario.parse(text, "x.toml"))
    return list(wrong.value.mistakes)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of the short story where no guest is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("alone"))
        return run_steps(Scenario.parse(STORY, "x.toml"))


def test_a_whole_package_is_asked_in_step_mode_and_can_have_faults(guests, config):
    guests.add("guest-board", WHOLE, probes="guest = Guest", simulators="guest = Simulator")
    assert paths()["guest"] == "/guest/"
    assert "guest" in services()
    fault = '[[fault]]\nservice = "guest"\nkind = "down"\nfrom = "10m"\n'
    report = run_steps(Scenario.parse(STORY + fault, "x.toml"))
    assert report["requests"]["guest"] > 0
    assert [reason for reason in report["final"]["398600"]["reasons"] if "guest" in reason]


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ('raise RuntimeError("no board")', "cannot be loaded: RuntimeError: no board"),
        ("Simulator = 3", "is no simulator, but int"),
        ("class Simulator: pass", "is no simulator, but Simulator"),
        (SIMULATOR.replace('"/guest/"', "3"), "has no path, but 3"),
        (SIMULATOR.replace("def answer", "def copy_at"), "probe guest wants http, the simulator of package"),
        (SIMULATOR.replace("(self, world)", "(self)"), "cannot be made: TypeError"),
    ],
)
def test_a_broken_simulator_is_named_if_its_service_is_asked_and_spoils_nothing_if_not(
    alone, guests, config, module, says
):
    guests.add("guest-probe", PROBE, probes="guest = Guest")
    guests.add("guest-board", module, simulators="guest = Simulator")
    (said,) = refused()
    assert says in said
    assert "guest-board 1.0" in said
    without(config)
    assert run_steps(Scenario.parse(STORY, "x.toml")) == alone


def test_a_service_that_nobody_simulates_is_refused_with_those_that_are(guests, config):
    guests.add("guest-probe", PROBE, probes="guest = Guest")
    (said,) = refused()
    assert said.startswith("service guest (asked by probe guest): no installed package simulates it; simulated: cond")


def test_a_simulator_under_a_name_of_ours_is_refused_with_both_packages(guests, config):
    without(config)
    guests.add("guest-board", SIMULATOR, simulators="oms = Simulator")
    (said,) = refused()
    assert "its simulator is offered by guest-board 1.0 (guest_board:Simulator) and spy-agency " in said


def test_the_receiver_of_tier0_is_no_service_that_a_package_may_play(alone, guests, config):
    without(config)
    guests.add("guest-board", SIMULATOR, simulators="receiver = Simulator")
    assert run_steps(Scenario.parse(STORY, "x.toml")) == alone
    assert "receiver" not in paths()


# --- what a scenario says to them -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "table", "says"),
    [
        ('return table.number("count", 1)', 'count = "3"', 'guest: count: found "3", expected a whole number from 0'),
        (
            'return table.number("count", 1)',
            "cout = 3",
            'guest: cout: unknown key, did you mean "count"? (allowed: count)',
        ),
        (
            'return 1 / table.number("count", 1)',
            "count = 0",
            "guest: the reader of package guest-board 1.0 failed: ZeroDiv",
        ),
    ],
)
def test_a_table_is_read_by_the_packages_own_reader_with_every_mistake_told(guests, config, read, table, says):
    guests.add("guest-board", PROBE + READER + read, probes="guest = Guest", simulators="guest = Simulator")
    (said,) = refused(f"{STORY}[run.guest]\n{table}\n")
    assert said.startswith("x.toml: run[1] (398600): ")
    assert says in said


def test_what_the_reader_makes_is_given_to_the_simulator_also_where_nothing_is_said(guests, config):
    more = f'return table.time("at", None)\n{HEAD.replace("read_run", "read")}return table.text("all", "-")\n'
    guests.add("guest-board", READER + more, simulators="guest = Simulator")
    scenario = Scenario.parse(f'{STORY}[run.guest]\nat = "30m"\n[guest]\nall = "x"\n', "x.toml")
    assert f"{scenario.runs[0].told['guest']:%H:%M}" == "00:30"
    assert (scenario.told["guest"], scenario.unsaid) == ("x", {"guest": None})


def test_a_table_of_a_simulator_that_is_broken_or_not_there_or_reads_none_is_refused(guests, config):
    table = f"{STORY}[run.guest]\ncount = 3\n"
    (said,) = refused(table)
    assert "run[1] (398600): guest: unknown key" in said
    guests.add("guest-board", "import nothing_such", simulators="guest = Simulator")
    (said,) = refused(table)
    assert "run[1] (398600): guest: guest_board:Simulator of package guest-board 1.0 cannot be loaded" in said


def test_a_package_cannot_take_a_key_that_every_scenario_has(guests, config):
    without(config)
    guests.add("guest-board", READER + "return 1", simulators="streams = Simulator")
    assert "run[1] (398600): streams: is a key of every scenario, so package guest-board 1.0" in refused()[0]
