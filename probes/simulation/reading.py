"""Takes typed values out of a parsed TOML table and collects every mistake instead of stopping at the first one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from typing import Any, TypeVar

from spy.clock import duration

T = TypeVar("T")
D = TypeVar("D")


def nearest(name: str, allowed: Collection[str]) -> str:
    """`, did you mean "x"?`, or nothing where no allowed name is close."""
    found = get_close_matches(name, sorted(allowed), n=1, cutoff=0.6)
    return f', did you mean "{found[0]}"?' if found else ""


def shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)


class Table:
    """One table of a file. `where` is the path to it; `mistakes` is shared by all tables of the file."""

    def __init__(
        self, values: Mapping[str, Any], where: str, mistakes: list[str], start: datetime | None = None
    ) -> None:
        self.values = values
        self.where = where
        self.mistakes = mistakes
        self.start = start
        """Where offsets count from; None: the table may hold none."""
        self.asked: set[str] = set()

    def wrong(self, key: str, what: str) -> None:
        self.mistakes.append(f"{self.where}: {key}: {what}")

    def _take(self, key: str, expected: str, read: Callable[[Any], T], default: D) -> T | D:
        self.asked.add(key)
        if key not in self.values:
            return default
        value = self.values[key]
        try:
            return read(value)
        except (ValueError, TypeError) as error:
            reason = f" ({error})" if str(error) else ""
            self.wrong(key, f"found {shown(value)}, expected {expected}{reason}")
            return default

    def need(self, *keys: str) -> None:
        """Report keys that must be there and are not."""
        for key in keys:
            if key not in self.values:
                self.wrong(key, "is missing")

    def text(self, key: str, default: str = "") -> str:
        return self._take(key, "a non-empty text", _text, default)

    def number(self, key: str, default: int, lowest: int = 0) -> int:
        return self._take(key, f"a whole number from {lowest}", lambda v: _number(v, lowest), default)

    def flag(self, key: str, default: bool) -> bool:
        return self._take(key, "true or false", _flag, default)

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        def read(value: Any) -> str:
            if value in allowed:
                return str(value)
            raise ValueError(f"not one of them{nearest(str(value), allowed)}")

        return self._take(key, "one of " + " | ".join(sorted(allowed)), read, default)

    def span(self, key: str, default: timedelta) -> timedelta:
        return self._take(key, 'a duration such as "6h30m"', _span, default)

    def time(self, key: str, default: T) -> datetime | T:
        """An offset from the start (`"5h"`, `"-2h"` for before it), or an absolute time with its zone."""
        expected = 'an offset such as "6h30m", or a time with a zone'
        found: datetime | T = self._take(key, expected, self._time, default)
        return found

    def names(self, key: str, default: list[str], allowed: Collection[str] = ()) -> list[str]:
        """A list of texts; with `allowed` each must be one of them."""

        def read(value: Any) -> list[str]:
            if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
                raise TypeError
            for name in value:
                if allowed and name not in allowed:
                    raise ValueError(f"unknown {shown(name)}{nearest(name, allowed)}")
            return value

        expected = "a list of " + (" | ".join(sorted(allowed)) if allowed else "texts")
        return self._take(key, expected, read, default)

    def run_numbers(self, key: str) -> list[int]:
        """A list of run numbers; empty where there is none."""

        def read(value: Any) -> list[int]:
            if not isinstance(value, list):
                raise TypeError
            return [_number(v, 1) for v in value]

        return self._take(key, "a list of run numbers", read, [])

    def table(self, key: str) -> dict[str, Any]:
        return self._take(key, "a table", _table, {})

    def part(self, key: str) -> Table:
        """The table `[<this>.<key>]`, empty where there is none; its reader calls `finish` on it."""
        return Table(self.table(key), f"{self.where}: {key}", self.mistakes, self.start)

    def numbers(self, key: str) -> dict[str, float]:
        """A table of numbers by name."""
        return self._take(key, "a table of numbers, such as { bad_strips = 12000 }", _numbers, {})

    def tables(self, key: str, name_of: Callable[[Mapping[str, Any]], object] = lambda values: "") -> Iterator[Table]:
        """The tables of `[[key]]`, numbered from 1 in messages, since people count so."""
        found: list[Any] = self._take(key, "a list of tables", _list, [])
        for index, values in enumerate(found, 1):
            label = name_of(values) if isinstance(values, Mapping) else ""
            where = f"{self.where}: {key}[{index}]" + (f" ({label})" if label else "")
            if isinstance(values, Mapping):
                yield Table(values, where, self.mistakes, self.start)
            else:
                self.mistakes.append(f"{where}: found {shown(values)}, expected a table")

    def finish(self) -> None:
        """Report every key that nobody asked for."""
        for key in self.values:
            if key not in self.asked:
                allowed = ", ".join(sorted(self.asked))
                self.wrong(key, f"unknown key{nearest(key, self.asked)} (allowed: {allowed})")

    def _time(self, value: Any) -> datetime:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError("a time without a zone")
            return value.astimezone(UTC)
        if not isinstance(value, str) or self.start is None:
            raise TypeError
        return self.start - duration(value[1:]) if value.startswith("-") else self.start + duration(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _number(value: Any, lowest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _span(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise TypeError
    return duration(value)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _numbers(value: Any) -> dict[str, float]:
    found = _table(value)
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and isfinite(n) for n in found.values()):
        raise TypeError
    return {name: float(n) for name, n in found.items()}


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
