"""Reads typed variables out of any JSON document, by JSON pointers (RFC 6901).

A value that is absent, or of another type than declared, is a `Missing` with the reason: never false, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from spy.domain.evidence import Kind, Value

_WRONG_ESCAPE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]*")
_NOTHING = object()


class BadPointer(ValueError):
    """A text that is no JSON pointer; says why and what is allowed."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that could not be read, and why; not an error, since the other values may be there."""

    why: str


@dataclass(frozen=True, slots=True)
class Pointer:
    text: str
    tokens: tuple[str, ...]
    """Keys and indices from the top, unescaped; none of them: the whole document."""

    @classmethod
    def of(cls, text: str) -> Pointer:
        if text and not text.startswith("/"):
            raise BadPointer(f'{text!r} is no JSON pointer: it is empty or begins with "/", such as "/data/0/state"')
        if _WRONG_ESCAPE.search(text):
            raise BadPointer(f'{text!r} is no JSON pointer: after "~" comes 0 (for "~") or 1 (for "/")')
        # In this order, or "~01" would become "/" (RFC 6901, section 4).
        return cls(text, tuple(t.replace("~1", "/").replace("~0", "~") for t in text.split("/")[1:]))

    def found_in(self, document: Any) -> Any:
        """What stands there; a Missing if nothing does."""
        here = document
        for token in self.tokens:
            here = _step(here, token)
            if here is _NOTHING:
                return Missing(f"nothing at {self.text}")
        return here


def _step(here: Any, token: str) -> Any:
    if isinstance(here, dict):
        return here.get(token, _NOTHING)
    if isinstance(here, list) and _INDEX.fullmatch(token):
        # By its length first: an index of thousands of digits is no number to convert.
        return here[int(token)] if len(token) < 10 and int(token) < len(here) else _NOTHING
    return _NOTHING


@dataclass(frozen=True, slots=True)
class Reading:
    """One variable: where it stands, relative to the row or document, and its type."""

    at: Pointer
    kind: Kind

    def read(self, document: Any) -> Value | Missing:
        found = self.at.found_in(document)
        if isinstance(found, Missing):
            return found
        value = typed(found, self.kind)
        return Missing(f"{_shown(found)} at {self.at.text or 'the top'} is no {self.kind}") if value is None else value


def typed(found: Any, kind: Kind) -> Value | None:
    """The value as this kind, None if it is none.

    A whole number is a double too; a bool is no number, and a text is none either, even "1". A time is a text in ISO
    8601 with its offset: a time without one may be anybody's.
    """
    if kind is Kind.TIME:
        return _time(found) if isinstance(found, str) else None
    if kind is Kind.DOUBLE and isinstance(found, int) and not isinstance(found, bool):
        return float(found) if abs(found) <= 2**53 else None
    if kind is Kind.INT and not _fits(found):
        return None
    return found if kind.holds(found) else None


def _fits(found: Any) -> bool:
    """CEL and the ledger hold 64 bits."""
    return isinstance(found, int) and -(2**63) <= found < 2**63


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def rows_of(document: Any, at: Pointer) -> list[Any] | Missing:
    """The list there; what is no list is Missing, not an empty list: an empty list is an answer."""
    found = at.found_in(document)
    if isinstance(found, Missing | list):
        return found
    return Missing(f"{_shown(found)} at {at.text or 'the top'} is no list")


def variables(document: Any, read: Mapping[str, Reading]) -> dict[str, Value | Missing]:
    return {name: reading.read(document) for name, reading in read.items()}


def _shown(found: Any) -> str:
    """Short, and without the content of a container: it would be another reason at each look."""
    if isinstance(found, dict | list):
        return "an object" if isinstance(found, dict) else "a list"
    text = repr(found) if not isinstance(found, int) or _fits(found) else "a number beyond 64 bits"
    return text if len(text) <= 60 else text[:60] + "…"
