"""One page of a long list: what is on it, and where the next one begins.

A page costs what it shows, however long the list: rows are found by an index, and a filter that no index answers looks
at `EXAMINED` rows at most. Such a page may hold less than was asked for, or nothing, and still have a next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")
Position = tuple[int | str | datetime, ...]
"""What the list is sorted by, of the last row that was looked at."""

EXAMINED = 500
"""Also the most that anybody may ask for at once."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    next: Position | None
    """None: there is no more."""


def page(examined: Sequence[Position], matching: Iterable[tuple[Position, T]], limit: int) -> Page[T]:
    """The first `limit` of the matching rows; `examined` are the next rows of the whole list, `EXAMINED` at most."""
    items: list[T] = []
    is_last = len(examined) < EXAMINED
    for position, item in matching:
        items.append(item)
        if len(items) == limit:
            return Page(tuple(items), None if is_last and position == examined[-1] else position)
    return Page(tuple(items), None if is_last else examined[-1])
