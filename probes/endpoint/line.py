"""Reads variables out of the lines of a log, by the named groups of a regular expression."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from probes.endpoint.answer import Missing, typed
from probes.endpoint.row import Variables
from spy.domain.evidence import Kind, Value
from spy.http import Answer

_PAGE = re.compile(r"\s*<(!doctype|html)\b", re.IGNORECASE)
_INT = re.compile(r"[+-]?[0-9]{1,19}")
_DOUBLE = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Lines:
    """Each line that holds the pattern is a row; the last one counts."""

    pattern: re.Pattern[str]
    read: Mapping[str, tuple[str, Kind]]
    """Variable to group and kind."""

    def rows(self, given: Answer) -> list[Variables]:
        if _PAGE.match(given.text):
            given.refuse("an HTML page instead of a log")
        if given.is_garbled:
            given.refuse("bytes that are no text in the declared charset")
        *whole, rest = given.text.split("\n")
        found = [self._variables(match) for line in whole if (match := self.pattern.search(line.rstrip("\r")))]
        if self.pattern.search(rest):
            # It may be half written: even its numbers, and whose it is, may still change.
            found.append(dict.fromkeys(self.read, Missing("the last line has no end yet")))
        return found

    def _variables(self, match: re.Match[str]) -> Variables:
        return {name: _read(match[group], group, kind) for name, (group, kind) in self.read.items()}


def _read(text: str | None, group: str, kind: Kind) -> Value | Missing:
    if text is None:
        return Missing(f"nothing in group {group}")
    value = _value(text, kind)
    return Missing(f"{text[:60]!r} in group {group} is no {kind}") if value is None else value


def _value(text: str, kind: Kind) -> Value | None:
    """As `typed`, but a text is all there is: `true`, `false`, digits, or a time in ISO 8601 with its offset."""
    if kind is Kind.BOOL:
        return {"true": True, "false": False}.get(text)
    if kind is Kind.INT:
        return typed(int(text), kind) if _INT.fullmatch(text) else None
    if kind is Kind.DOUBLE:
        number = float(text) if _DOUBLE.fullmatch(text) else math.inf
        return number if math.isfinite(number) else None
    return typed(text, kind)
