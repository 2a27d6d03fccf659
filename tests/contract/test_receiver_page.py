"""docs/receiver.md can be followed: its test vector is right, its receiver runs, its commands are accepted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from spy.channels.signature import BadSignature, Secret, verify
from spy.receiver.contract import Decision
from tests.support.tree import ROOT

PAGE = (ROOT / "docs" / "receiver.md").read_text(encoding="utf-8")
TRY = PAGE.split("## Try it\n")[1]
PORT = "8051"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_test_vector_is_right_and_another_body_is_not():
    told = dict(re.findall(r"^\| `?([a-z-]+)`? \| `([^`]+)`", PAGE.split("To test a verifier")[1], re.MULTILINE))
    at = datetime.fromtimestamp(int(told["webhook-timestamp"]), UTC)
    headers = {name: told[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    assert verify([Secret.parse(told["key"])], headers, told["body"].encode(), at) == told["webhook-id"]
    with pytest.raises(BadSignature):
        verify([Secret.parse(told["key"])], headers, told["body"].encode() + b"\n", at)


def test_a_hold_and_a_withdraw_as_the_page_shows_them_are_decisions():
    release, hold, withdraw = map(json.loads, blocks(PAGE, "json")[:3])
    for other in (hold, withdraw):
        whole = {**release, **other, "data": {**release["data"], **other["data"]}}
        found = Decision.parse(json.dumps(whole).encode(), other["id"])
        assert (found.action, found.run) == (other["data"]["kind"], 398600)
    assert withdraw["data"]["withdraws"] == release["id"]


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="no curl or openssl here")
def test_what_is_typed_from_the_page_is_recorded_by_the_receiver_of_the_page(tmp_path, free_port):
    def typed(text: str) -> str:
        env = {**os.environ, "NO_PROXY": "127.0.0.1"}
        line = ["bash", "-ec", text.replace(PORT, str(free_port))]
        done = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{text}{done.stdout}{done.stderr}"
        return done.stdout

    (key,) = [text for text in blocks(PAGE, "sh") if "/dev/urandom" in text]
    typed(key)
    file = tmp_path / "receiver.py"
    file.write_text(blocks(TRY, "python")[0].replace(PORT, str(free_port)), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(file)], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as receiver:  # fmt: skip
        assert receiver.stdin
        assert receiver.stdout
        assert receiver.stdout.readline().startswith("http://")
        told = typed("\n".join(blocks(TRY, "sh")))
        receiver.communicate("\n", timeout=20)
    assert "202" in told.splitlines()[0]
    assert told.count('"state": "recorded"') == 2
    listed = json.loads(told[told.index('{"decisions"') :])
    (shown,) = [json.loads(text) for text in blocks(PAGE, "json") if text.startswith('{"decisions"')]
    assert listed["next"] == shown["next"] == 1
    assert [entry | {"received_at": ""} for entry in listed["decisions"]] == [
        entry | {"received_at": ""} for entry in shown["decisions"]
    ]
    assert (tmp_path / "var" / "release.key").stat().st_mode & 0o777 == 0o600
