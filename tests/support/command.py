"""The `spy` command in tests: called in this process or run as one of its own, on a configuration to measure."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from typer.testing import CliRunner, Result

from spy.cli.main import app
from spy.config import packaged_text

WHO = {"SPY_WHO": "shifter@example.invalid"}
PROMISED_END_S = 5.0


def spy(*words: object, env: Mapping[str, str] = WHO) -> Result:
    """One command in this process; wide, so that no line is wrapped."""
    result = CliRunner().invoke(app, [str(word) for word in words], env={**env, "COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(*words: object) -> Any:
    """What a command tells programs."""
    return json.loads(spy(*words, "--json").stdout)


def configured(folder: Path, values: Mapping[str, str]) -> Path:
    """The packaged configuration with other values; keys as `agent.store`, values as TOML writes them."""
    section, left, lines = "", dict(values), []
    for line in packaged_text().splitlines():
        if head := re.match(r"\[+([^\]]+)\]", line):
            section = head[1]
        key = f"{section}.{line.split('=')[0].strip()}"
        lines.append(f"{line.split('=')[0]}= {left.pop(key)}" if key in left else line)
    assert not left, f"the packaged configuration has no {', '.join(left)}"
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Process:
    """A running `spy` command, whose log is read line by line. It is killed at the latest when the test leaves it."""

    def __init__(self, *words: object) -> None:
        line = [sys.executable, "-m", "spy.cli", *(str(word) for word in words)]
        self.popen = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.log: list[str] = []

    def says(self, pattern: str) -> re.Match[str]:
        """The first line of its log that matches; the test fails if the log ends before."""
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            self.log.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it ended without saying {pattern!r}: {''.join(self.log)}")

    def ends(self) -> int:
        """Its exit code, within the promised time; what it still says is read meanwhile."""
        reader = threading.Thread(target=lambda: self.log.extend(self.popen.stderr or ()))
        reader.start()
        try:
            return self.popen.wait(PROMISED_END_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            reader.join()
            pytest.fail(f"it did not end in time: {''.join(self.log)}")
        finally:
            reader.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        assert self.popen.stderr is not None
        self.popen.stderr.close()
