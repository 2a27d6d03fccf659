"""Imports go down. `lint-imports` checks the contracts; here is checked that the contracts check."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tree import PACKAGES, ROOT, files, imports, python_files, relative, toml

PROBE_SEES = ("spy.probe", "spy.endpoint", "spy.domain", "spy.expressions", "spy.http", "spy.database", "spy.clock")

BROKEN = {
    "up": ("spy/domain/run.py", "import spy.probe", "Inside spy, imports go down"),
    "sideways": ("spy/http/__init__.py", "import spy.database", "Inside spy, imports go down"),
    "core to plug-in": ("spy/probe.py", "import probes.simulation.truth", "spy knows neither probes nor dashboard"),
    "SQL in the rules": ("spy/rules/evaluate.py", "import sqlalchemy", "domain and rules know no SQL"),
    "probe to store": ("probes/tier0/probe.py", "import spy.store.tables", "A probe sees the contract"),
    "probe to its simulator": ("probes/tier0/probe.py", "import probes.tier0.simulator", "A probe sees the contract"),
    "probe to simulator": ("probes/tier0/answer.py", "import probes.oms.simulator", "Only the simulated world imports"),
    "page to store": ("dashboard/app.py", "import spy.store.tables", "The dashboard sees the domain"),
}


def layers():
    contract = next(c for c in toml("pyproject.toml")["tool"]["importlinter"]["contracts"] if c["id"] == "layers")
    return {name.strip(" ()") for line in contract["layers"] for name in line.split("|")}


def rooms():
    """Modules and packages directly inside spy that hold code."""
    found = {path.relative_to(ROOT / "spy").parts[0].removesuffix(".py") for path in python_files("spy")}
    return found - {"__init__", "data"}


def test_every_room_of_spy_has_its_layer():
    assert rooms() - layers() == set()


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A copy of the packages, to break."""
    copy = tmp_path_factory.mktemp("copy")
    for path in [*files(*PACKAGES), ROOT / "pyproject.toml"]:
        target = copy / relative(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return copy


@pytest.mark.parametrize("name", BROKEN)
def test_a_forbidden_import_is_caught(copied, name):
    file, line, contract = BROKEN[name]
    text = (copied / file).read_text(encoding="utf-8")
    try:
        (copied / file).write_text(f"{text}\n{line}\n", encoding="utf-8")
        found = lint(copied)
    finally:
        (copied / file).write_text(text, encoding="utf-8")
    assert found.returncode == 1, found.stdout + found.stderr
    assert any(contract in row and "BROKEN" in row for row in found.stdout.splitlines()), found.stdout


def test_the_domain_needs_the_standard_library_only():
    outside = {
        (relative(path), module)
        for path in python_files("spy/domain")
        for module in imports(path)
        if module.partition(".")[0] not in sys.stdlib_module_names and not module.startswith("spy.domain")
    }
    assert outside == set()


def probe_side(folder: Path) -> set[Path]:
    """Files of a probe's folder that the probe reaches; the simulator and what belongs to it are not among them."""
    reached: set[Path] = set()
    ahead = {folder / "probe.py", folder / "answer.py"}
    while ahead:
        path = ahead.pop()
        reached.add(path)
        own = [m.split(".") for m in imports(path) if m.startswith(f"probes.{folder.name}.")]
        ahead |= {folder / f"{names[2]}.py" for names in own} - reached
    return reached


@pytest.mark.parametrize("name", sorted(p.parent.name for p in python_files("probes") if p.name == "probe.py"))
def test_a_probe_sees_no_other_probe_no_simulator_and_nothing_of_the_agent(name):
    seen = {
        (relative(path), module)
        for path in probe_side(ROOT / "probes" / name)
        for module in imports(path)
        if module.partition(".")[0] in PACKAGES
        and (not module.startswith((*PROBE_SEES, f"probes.{name}.")) or ".simulator" in module)
    }
    assert seen == set()


def test_only_the_clock_reads_the_clock():
    forbidden = ("datetime.now(", "utcnow(", "time.time(", "date.today(")
    readers = [
        relative(path)
        for path in python_files()
        if relative(path) != "spy/clock.py" and any(call in path.read_text(encoding="utf-8") for call in forbidden)
    ]
    assert readers == []


def test_a_process_that_serves_no_page_loads_no_web_server():
    """`spy agent` stays up for months beside others: what it does not need is not in its memory."""
    told = "import sys, spy.cli.main; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", told], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert {"spy", "typer"} <= set(loaded.split())
    assert set(loaded.split()) & {"dash", "fastapi", "numpy", "pandas", "plotly", "starlette", "uvicorn"} == set()
