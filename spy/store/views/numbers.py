"""The numbers of one product through the runs, each held against its limits and the runs before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select

from spy.domain.band import Band
from spy.domain.earlier import Earlier
from spy.domain.number import Number, Past, hold
from spy.domain.product import Product
from spy.domain.subject import Subject, part_of
from spy.store import ledger
from spy.store.engine import reading
from spy.store.tables import RunRow, table_of
from spy.store.types import unpacked

_run = table_of(RunRow)


@dataclass(frozen=True, slots=True)
class NumberPoint:
    """One number of one run, as a plot shows it."""

    run: int
    run_class: str
    """Empty while unknown; a run is held against those of its own class."""
    value: float | None
    """None: unknown, see `problem`."""
    problem: str
    band: Band | None
    """Of the runs before it, as far as they are known by now; None: too few."""
    previous: Past | None
    is_out_of_limits: bool
    is_out_of_band: bool

    @property
    def is_flagged(self) -> bool:
        return self.is_out_of_limits or self.is_out_of_band


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One number, and its points from the oldest run to the newest."""

    number: Number
    points: tuple[NumberPoint, ...]


def product_numbers(store: Engine, product: Product, limit: int = 100, before: int | None = None) -> list[NumberLine]:
    """The newest `limit` runs that the agent follows or followed, below run `before` if that is given.

    A run without a value is a point too: a number that is missing must not look as if there were no run.
    """
    query = select(_run.c.number).order_by(_run.c.number.desc()).limit(limit)
    with reading(store) as connection:
        found = connection.execute(query if before is None else query.where(_run.c.number < before)).scalars()
        runs = sorted(found)
        if not runs:
            return [NumberLine(number, ()) for number in product.numbers]
        earlier, problems = Earlier(), {}
        for row in ledger.of_earlier_runs(connection, runs[0], ("number", "run_class")):
            earlier.learn(row.subject, row.name, unpacked(row.value))
            problems[row.run, part_of(Subject(row.subject))[1]] = row.problem
    lines = []
    for number in product.numbers:
        about = f"{product.name}.{number.name}"
        lines.append(NumberLine(number, tuple(_point(earlier, run, number, about, problems) for run in runs)))
    return lines


def _point(
    earlier: Earlier, run: int, number: Number, about: str, problems: Mapping[tuple[int, str], str]
) -> NumberPoint:
    value, run_class = earlier.value(run, ("number", about), "number"), earlier.value(run, ("run", ""), "run_class")
    told_class = str(run_class or "")
    if not isinstance(value, float):
        problem = problems.get((run, about)) or "never seen"
        return NumberPoint(run, told_class, None, problem, None, None, False, False)
    held = hold(number, value, earlier.values(run, ("number", about), "number", run_class))
    return NumberPoint(
        run=run,
        run_class=told_class,
        value=value,
        problem="",
        band=held.band,
        previous=held.previous,
        is_out_of_limits=held.is_out_of_limits,
        is_out_of_band=held.is_out_of_band,
    )
