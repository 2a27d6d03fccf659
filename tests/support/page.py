"""A page of the docs that builds something: its files, commands and what they are said to answer, in order.

An answer may leave out parts of a line, shown as `…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.fresh import Fresh

BLOCK = re.compile(
    r"(?:^\*\*`(?P<file>[^`]+)`\*\*\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    kind: str
    """sh: commands; text: what they answer; else a file."""
    text: str
    file: str = ""


def blocks(page: str) -> Iterator[Block]:
    for found in BLOCK.finditer(page):
        yield Block(found["kind"], found["text"], found["file"] or "")


def follow(page: str, fresh: Fresh, folder: Path) -> Path:
    """Do what the page says, beginning in a folder; where it ends. A command that fails or answers otherwise fails."""
    where, answer = folder / "where", ""
    for block in blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "sh":
            done = fresh.run(f"set -e\n{block.text}\npwd > '{where}'", folder)
            assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"
            folder, answer = Path(where.read_text(encoding="utf-8").strip()), done.stdout
        else:
            for line in block.text.splitlines():
                pattern = ".*".join(map(re.escape, line.split("…")))
                assert re.search(pattern, answer), f"{line!r} is not what was answered: {answer}"
    return folder
