"""The examples of docs/endpoint.md: accepted by `spy check`, and read the answers that the page shows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from probes.endpoint.probe import Endpoint
from probes.simulation.server import serve
from probes.simulation.wire import Request
from spy.config import packaged_text
from spy.domain.run import Run
from spy.endpoint import EndpointSection
from tests.support.command import spy
from tests.support.endpoint import NOW, plain
from tests.support.period import Looks, served, values
from tests.support.tree import ROOT

PAGE = (ROOT / "docs" / "endpoint.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
ANSWERS = [*re.findall(r'`(\{"[^`]+)`', PAGE), *re.findall(r"lines such as `([^`]+)`", PAGE)]


def test_the_page_has_two_examples_and_two_answers() -> None:
    assert (len(EXAMPLES), len(ANSWERS)) == (2, 2)


@pytest.mark.parametrize(("example", "answer"), list(zip(EXAMPLES, ANSWERS, strict=True)))
def test_an_example_reads_the_answer_that_the_page_shows(example: str, answer: str) -> None:
    (block,) = tomllib.loads(example)["endpoint"]
    probe = Endpoint.from_config(EndpointSection.model_validate(block))
    with served(plain(answer + "\n"), "/", probe.service) as http:
        seen = Looks(probe, http).look(NOW, Run(398600))
    assert list(values(seen).values()) == [True]


def test_check_accepts_both_and_ask_shows_one(tmp_path: Path) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Any:
        asked.append(request)
        return plain(ANSWERS[0].replace("2026-", "2001-"))(request)

    path = tmp_path / "config.toml"
    with serve({"tracker": answer}) as servers:
        text = "\n".join([packaged_text(), *EXAMPLES]).replace("https://tracker.example.org", servers.urls["tracker"])
        path.write_text(text.replace("sqlite:///var/spy.db", f"sqlite:///{tmp_path / 'spy.db'}"), encoding="utf-8")
        checked = spy("check", "--config", path)
        shown = spy("ask", "tracker-status", "--run", "398600", "--config", path)
    assert (checked.exit_code, "2 endpoints" in checked.stdout) == (0, True), checked.stderr
    assert "tracker_done" in shown.stdout, "asked"
    assert "older than 2 days" in shown.stdout, "an answer of 2001 is no value"
    assert asked[0].query == {"kind": ["calib"]}
