"""docs/api.md: its commands work as they stand there, and print what it shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import pairwise

import pytest

from spy.domain.act import Do
from spy.domain.caller import Reach, Role
from spy.domain.release import Stage
from spy.web.api.acts import Wish
from spy.web.api.changes import PATIENCE_MS
from tests.support.api_site import api_site
from tests.support.asked import ASKED
from tests.support.tree import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|json)\n(.*?)```", PAGE, re.DOTALL)
SHOWS = [(text, shown) for (_, text), (kind, shown) in pairwise(BLOCKS) if kind == "json"]
NAMED_IN_A_COMMAND = ["readiness/{chunk}", "changes", "acts/{number}/end", "acts/{number}/extend", "proposals/{number}"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_every_command_works_and_prints_what_the_page_shows(tmp_path):
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}", login=tmp_path) as site:
        token = site.token(*(reach for reach in Reach if reach is not Reach.METRICS), role=Role.SHIFTER)
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TOKEN": token, "NO_PROXY": "127.0.0.1"}
        printed = {}
        for kind, text in BLOCKS:
            if kind == "sh":
                text = text.replace("http://127.0.0.1:8050", site.url)
                line = ["bash", "-ec", f"export SPY={site.url}\n{text}"]
                done = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
                assert (done.returncode, done.stderr) == (0, ""), f"{text}{done.stderr}"
                printed[text] = done.stdout
    assert len(SHOWS) == 3
    for command, shown in SHOWS:
        assert json.loads(printed[command]) == json.loads(shown)
    problems = [text for text, told in printed.items() if '"type":' in told and '"about:blank"' in told]
    assert len(problems) == 1, "only the one that is meant to be wrong"
    assert next(told for text, told in printed.items() if "etag-compare" in text).endswith("304\n")
    assert next(told for text, told in printed.items() if "after=0" in text).count("id: 9\n") == 2


def test_every_route_is_on_the_page():
    routes = {name.partition(" /api/v1/")[2] for name in ASKED if "/api/v1/" in name}
    assert {route for route in routes if f"`/{route}`" not in PAGE} == set(NAMED_IN_A_COMMAND)


def test_a_second_token_agrees_as_the_page_says(tmp_path):
    (command,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}", login=tmp_path, two_persons=("stop",)) as site:
        one, two = (site.token(Reach.ACT, name=name) for name in ("one", "two"))
        wish = {"do": "stop", "why": "Tier0 is being updated"}
        asked = site.client.post("/api/v1/acts", json=wish, headers={"Authorization": f"Bearer {one}"})
        assert (asked.status_code, asked.json()["done"]) == (200, False)
        (tmp_path / "spy.header").write_text(f"Authorization: Bearer {two}\n", encoding="utf-8")
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "SPY": site.url, "NO_PROXY": "127.0.0.1"}
        env["PROPOSAL"] = str(asked.json()["proposal"])
        line = ["bash", "-ec", command]
        done = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=True)
        assert json.loads(done.stdout)["done"] is True


def test_the_event_that_the_page_shows_is_the_one_that_comes():
    shown = next(text for text in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL) if "event:" in text)
    lines = dict(line.split(": ", 1) for line in shown.splitlines() if line)
    examples = json.loads((ROOT / "spy" / "web" / "examples.json").read_text(encoding="utf-8"))
    assert lines == {"retry": str(PATIENCE_MS)} | examples["GET /api/v1/changes"]["answer"]


@pytest.mark.parametrize("word", [*Do, *Stage])
def test_every_act_and_stage_is_on_the_page(word):
    assert f"`{word}`" in PAGE


def test_every_field_of_an_act_is_on_the_page():
    assert [field for field in Wish.model_fields if f"`{field}`" not in PAGE.split("## Acts\n")[1]] == []
