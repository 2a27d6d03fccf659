"""How answers look: plain lines, tables, or JSON. Words of sources never reach the terminal raw."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spy.clock import iso, utc_text
from spy.domain.evidence import Value
from spy.domain.verdict import State

WIDE = 200
"""Columns where nobody's terminal limits them: pipes and files."""
STYLES = {State.READY: "green", State.WAITING: "cyan", State.UNKNOWN: "magenta", State.BLOCKED: "bold red"}
"""The word is always there too: colour is never the only sign."""


def _console(to_errors: bool = False) -> Console:
    stream = sys.stderr if to_errors else sys.stdout
    width = None if stream.isatty() else WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def clean(text: str) -> str:
    """Line breaks and control characters, which could rule a terminal, become blanks."""
    return "".join(c if c.isprintable() else " " for c in text)


def say(text: str = "", style: str = "", indent: int = 0) -> None:
    """One line for people, wrapped by the terminal and never cut."""
    _console().print(Text(" " * indent + clean(text), style=style), soft_wrap=True)


def complain(text: str) -> None:
    _console(to_errors=True).print(Text(clean(text), style="red"), soft_wrap=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for column in shown.columns:
        column.overflow = "fold"
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    _console().print(shown)


def stated(state: State | str) -> Text:
    """A verdict's word in its colour."""
    return Text(str(state), style=STYLES[State(state)])


def answer(value: Any) -> None:
    """JSON on standard output, one document."""
    sys.stdout.write(json.dumps(plain(value), indent=1, ensure_ascii=False) + "\n")


def plain(value: Any) -> Any:
    """Values as JSON knows them: times as ISO 8601, durations in seconds, enumerations as their text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, BaseModel):
        return plain(value.model_dump(by_alias=True))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(v) for key, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple | set | frozenset) else value


def utc(moment: datetime | None) -> str:
    """A time for people; empty for none."""
    return utc_text(moment) if moment else ""


def shown(value: Value | None) -> str:
    """An evidence value for people."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return utc(value) if isinstance(value, datetime) else str(value) or '""'
