"""Sets of time as disjoint half-open intervals, in seconds from the scenario's start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Spans:
    pieces: tuple[tuple[float, float], ...] = ()
    """Sorted, disjoint, not touching, each `[begin, end)` with begin < end."""

    def __contains__(self, moment: float) -> bool:
        return any(begin <= moment < end for begin, end in self.pieces)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return iter(self.pieces)

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def __and__(self, other: Spans) -> Spans:
        return spans((max(a, c), min(b, d)) for a, b in self.pieces for c, d in other.pieces)

    def __or__(self, other: Spans) -> Spans:
        return spans([*self.pieces, *other.pieces])

    def __sub__(self, other: Spans) -> Spans:
        return self & ~other

    def __invert__(self) -> Spans:
        edges = [-inf, *(edge for piece in self.pieces for edge in piece), inf]
        return spans(zip(edges[::2], edges[1::2], strict=True))

    def first(self) -> float | None:
        """The earliest moment; None: there is none."""
        return self.pieces[0][0] if self.pieces else None

    def covers(self, begin: float, end: float) -> bool:
        return any(a <= begin and end <= b for a, b in self.pieces)


def spans(pieces: Iterable[tuple[float, float]]) -> Spans:
    """Any intervals, in any order, overlapping or empty, as one set."""
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(piece for piece in pieces if piece[0] < piece[1]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return Spans(tuple(merged))


def since(moment: float | None) -> Spans:
    """From a moment on; None: never."""
    return NEVER if moment is None else Spans(((moment, inf),))


def until(moment: float | None) -> Spans:
    """Before a moment; None: always."""
    return ALWAYS if moment is None else Spans(((-inf, moment),))


def later(first: float | None, second: float | None) -> float | None:
    """The later of two moments of which either may never come."""
    return None if first is None or second is None else max(first, second)


NEVER = Spans()
ALWAYS = Spans(((-inf, inf),))
