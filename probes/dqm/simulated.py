"""Histograms of a simulated harvest: drawn so that the configured reduction gives back the numbers that are true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spy.domain.number import Number, Take
from spy.domain.product import Product

BINS = {Take.LARGEST: 12, Take.OUTSIDE: 100, Take.THRESHOLD: 36}
"""Of one row: ladders of the innermost layer, pedestal differences, movements with their limits."""
MAP = (72, 24)
"""Columns and rows of a map of the pixel barrel."""
CHANNELS = 61200
STRUCTURES, SIGNIFICANCE = 6, 2.5


@dataclass(slots=True)
class Drawn:
    rows: list[list[float]]
    errors: list[float] = field(default_factory=list)
    entries: float | None = None
    """None: the sum of the bins."""


def drawn(path: str, product: Product, values: Mapping[str, float], shape: tuple[int, int] = MAP) -> Drawn | None:
    """None: no number of the product wants such an object. `shape`: columns and rows of a map."""
    wanted = [number for number in product.numbers if path in number.objects]
    if not wanted:
        return None
    if wanted[0].take in (Take.FILLED, Take.SUM, Take.ENTRIES):
        return _map(wanted[0], path, values[wanted[0].name], shape)
    made = Drawn([[0.0] * max(_bins(number) for number in wanted)])
    for number in sorted(wanted, key=lambda n: n.take is Take.THRESHOLD):
        _fill(made, number, values[number.name])
    return made


def _bins(number: Number) -> int:
    return max(BINS.get(number.take, 1), number.bins[1] if number.bins else 1)


def _map(number: Number, path: str, value: float, shape: tuple[int, int]) -> Drawn:
    """Shared out among the histograms of the number, the first ones getting what is left over."""
    nx, ny = shape
    place, count = number.objects.index(path), len(number.objects)
    if number.take is not Take.FILLED:
        rest = value if place == 0 else 0.0
        return Drawn([[rest] + [0.0] * (nx - 1)], entries=rest)
    share, over = divmod(round(value), count)
    filled = min(share + (place < over), nx * ny)
    flat = [1.0] * filled + [0.0] * (nx * ny - filled)
    return Drawn([flat[y * nx : (y + 1) * nx] for y in range(ny)])


def _fill(made: Drawn, number: Number, value: float) -> None:
    row = made.rows[0]
    first, last = number.bins or (1, len(row))
    if number.take is Take.BIN:
        row[first - 1] = value
    elif number.take is Take.LARGEST:
        for at in range(first - 1, last):
            row[at] = value * (0.6 if (at - first) % 2 else -0.4)
        row[first - 1] = -value
    elif number.take is Take.OUTSIDE:
        row[first - 1 : last] = [CHANNELS * (1 - value) / (last - first + 1)] * (last - first + 1)
        row[0] = CHANNELS * value
    else:
        _limit(made, value)


def _limit(made: Drawn, threshold: float) -> None:
    """Limits and errors such that the largest movement is `threshold` times what an update needs."""
    row = made.rows[0]
    if not any(row[:STRUCTURES]):
        row[0] = 10.0
    largest = max(map(abs, row[:STRUCTURES]))
    made.errors = [largest / SIGNIFICANCE / 100] * STRUCTURES + [0.0] * (len(row) - STRUCTURES)
    for i in range(STRUCTURES):
        row[7 + 5 * i : 11 + 5 * i] = [largest / max(threshold, 1e-6), SIGNIFICANCE, 200.0, 10.0]


def entries_of(made: Drawn) -> float:
    return sum(map(sum, made.rows)) if made.entries is None else made.entries


def fairy(name: str, made: Drawn) -> dict[str, object]:
    """A TH1 of one row, as `jsonfairy` writes it."""
    row: Sequence[float] = made.rows[0]
    bins: dict[str, object] = {"integral": sum(row), "content": list(row)}
    return {
        "type": "TH1",
        "title": name,
        "stats": {"name": name, "entries": entries_of(made), "mean": {}, "rms": {}, "underflow": 0, "overflow": 0},
        "xaxis": {"title": "", "first": {"id": 1, "value": 0}, "last": {"id": len(row), "value": len(row)}},
        "yaxis": {"title": ""},
        "values": {"min": min(row), "max": max(row)},
        "bins": bins | ({"error": made.errors} if made.errors else {}),
    }
