"""A newcomer in an empty folder follows docs/write-a-probe.md, and gets the package that is kept with the tests."""

from __future__ import annotations

import json

from tests.support.fresh import Fresh
from tests.support.page import Block, blocks, follow
from tests.support.tree import ROOT, files

PAGE = (ROOT / "docs" / "write-a-probe.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "tests" / "packages" / "lumiboard"
LIVE = """
import json, tempfile, urllib.request
from pathlib import Path
from probes.simulation.live import Live
from probes.simulation.scenario import Scenario

with tempfile.TemporaryDirectory() as folder:
    live = Live(Scenario.load(Path("story.toml")), Path(folder), 1.0)
    live.stage.advance()
    with urllib.request.urlopen(live.url("lumiboard") + "runs?from=398599&to=398600") as answer:
        print(answer.read().decode())
    live.served.close()
    live.store.dispose()
    live.stage.close()
"""


def test_the_page_shows_the_files_of_the_package_each_of_them_whole():
    shown = {block.file: block.text for block in blocks(PAGE) if block.file}
    kept = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in files(PACKAGE)}
    assert shown == kept


def test_every_other_block_of_the_page_is_a_command_or_its_answer():
    others = [block for block in blocks(PAGE) if not block.file]
    assert {block.kind for block in others} == {"sh", "text"}
    assert PAGE.count("```") == 2 * len([*blocks(PAGE)])
    assert Block("sh", "pytest -q\n") in others


def test_who_follows_the_page_in_an_empty_folder_has_a_probe_a_simulator_and_a_release_that_waits_for_them(tmp_path):
    fresh, checkout = Fresh(tmp_path / "venv"), tmp_path / "checkout"
    checkout.mkdir()
    folder = follow(PAGE, fresh, checkout)
    assert folder == tmp_path / "lumiboard"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    waiting = [c for c in report["changes"] if "2026-06-01T08:30" < c["at"] < "2026-06-01T11:00"]
    assert {c["to"] for c in waiting} <= {"unknown"}
    before = [c for c in report["changes"] if c["at"] < "2026-06-01T11:00"][-1]
    assert before["to"] == "unknown"
    assert any("lumi" in reason for reason in before["reasons"]), before
    live = fresh.run(f"python -c '{LIVE}'", folder)
    assert [row["state"] for row in json.loads(live.stdout)["runs"]] == ["calibrated", "pending"], live.stderr
