"""A wrong configuration is refused whole: every mistake with file, key, what was found, what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spy.config import packaged_text
from tests.support.command import spy
from tests.support.tree import ROOT

FILES = sorted((ROOT / "tests" / "data" / "config").glob("*.toml"))
WRONG = [path for path in FILES if path.stem != "good"]


def expected(path: Path) -> list[str]:
    return re.findall(r"^# says: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_smallest_configuration_and_the_packaged_one_have_no_mistake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert spy("check", "--config", FILES[0].with_name("good.toml")).exit_code == 0
    packaged = spy("check")
    assert (packaged.exit_code, packaged.stdout.split(":")[0]) == (0, "packaged config.toml")


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_mistake_is_told_with_its_file_and_key_and_nothing_else_is(path):
    result = spy("check", "--config", path)
    lines = result.stderr.splitlines()
    assert result.exit_code == 2
    assert len(lines) == len(expected(path)), result.stderr
    for sentence in expected(path):
        assert any(line.startswith(f"{path}: ") and sentence in line for line in lines), result.stderr


@pytest.mark.parametrize("command", ["agent", "web", "run", "status"])
def test_no_command_starts_on_a_wrong_configuration(command):
    path = FILES[0].with_name("unknown_key.toml")
    result = spy(command, "--config", path)
    assert (result.exit_code, expected(path)[0] in result.stderr) == (2, True)


def test_a_file_that_is_not_there_is_said(tmp_path):
    result = spy("check", "--config", tmp_path / "missing.toml")
    assert (result.exit_code, "missing.toml: cannot be read: No such file" in result.stderr) == (2, True)


def test_a_rule_on_what_is_context_only_is_refused_as_it_is_at_the_start(tmp_path):
    path = tmp_path / "config.toml"
    rule = '\n[[rule]]\nname = "x"\nscope = "run"\nready = \'rr_state == "OPEN"\'\ntext = "x"\nshadow = true\n'
    path.write_text(packaged_text() + rule, encoding="utf-8")
    result = spy("check", "--config", path)
    assert (result.exit_code, "unknown name 'rr_state'" in result.stderr) == (2, True), result.output


def test_mistakes_come_as_json_too():
    result = spy("check", "--json", "--config", FILES[0].with_name("several_mistakes.toml"))
    import json

    told = json.loads(result.stdout)
    assert (result.exit_code, told["error"], len(told["mistakes"])) == (2, "configuration", 3)
