"""Products: how each stands in the runs, and all of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from spy.domain.product import Product, Products
from spy.domain.verdict import State
from spy.store.engine import reading
from spy.store.tables import RunRow, table_of
from spy.store.views.paging import Page, Position
from spy.store.views.runs import RunLine, lines_of, open_lines

_run = table_of(RunRow)


@dataclass(frozen=True, slots=True)
class ProductInRun:
    """One product in one run, as the newest decision has it."""

    run: int
    name: str
    state: State
    required: bool
    """False: advisory, it holds nothing back."""
    is_tracked: bool
    """False: Tier0 declares a producer that the configuration does not know; `name` is the producer's."""
    payload_hashes: Mapping[str, str]
    """Destination tag to the hash of the payload that counts there."""
    texts: tuple[str, ...]
    """What each rule says about it."""
    revision: int
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One configured product, and how it stands in every open run, the lowest first."""

    product: Product
    runs: tuple[ProductInRun, ...]

    @property
    def name(self) -> str:
        return self.product.name

    @property
    def producer(self) -> str:
        return self.product.producer

    @property
    def destination_tags(self) -> Sequence[str]:
        return self.product.destination_tags

    @property
    def owners(self) -> Sequence[str]:
        return self.product.owners


def product_lines(store: Engine, now: datetime, products: Products) -> list[ProductLine]:
    """All that are configured, by name."""
    with reading(store) as connection:
        lines = open_lines(connection, now, products)
    return [ProductLine(product, tuple(_in_runs(product, lines))) for _, product in sorted(products.items())]


def product_page(
    store: Engine, product: Product, now: datetime, limit: int, after: Position | None = None
) -> Page[ProductInRun]:
    """One product over the runs, newest first; a run in which it is not expected is left out. `after`: a run number."""
    query = select(_run).order_by(_run.c.number.desc()).limit(limit + 1)
    with reading(store) as connection:
        rows = connection.execute(query if after is None else query.where(_run.c.number < after[0])).all()
        lines = lines_of(connection, rows[:limit], now)
    return Page(tuple(_in_runs(product, lines)), (lines[-1].run,) if len(rows) > limit else None)


def products_of_run(store: Engine, run: int, now: datetime, products: Products) -> list[ProductInRun] | None:
    """All that the decision speaks of, and what Tier0 declares and nobody tracks. None: never followed."""
    with reading(store) as connection:
        row = connection.execute(select(_run).where(_run.c.number == run)).first()
        if row is None:
            return None
        (line,) = lines_of(connection, [row], now, products)
    tracked = [
        found for name in sorted(line.products) if name in products for found in _in_runs(products[name], [line])
    ]
    return tracked + [_untracked(line, producer) for producer in line.untracked]


def _in_runs(product: Product, lines: Iterable[RunLine]) -> Iterable[ProductInRun]:
    name = product.name
    for line in lines:
        decision = line.decision
        if decision is None or name not in decision.products:
            continue
        yield ProductInRun(
            run=line.run,
            name=name,
            state=decision.products[name],
            required=name in decision.required,
            is_tracked=True,
            payload_hashes={
                tag: decision.payload_hashes[tag] for tag in product.destination_tags if tag in decision.payload_hashes
            },
            texts=tuple(outcome.text for outcome in decision.about(name)),
            revision=decision.revision,
            decided_at=decision.at,
        )


def _untracked(line: RunLine, producer: str) -> ProductInRun:
    text = f"{producer}: declared by Tier0, and no product of the configuration: unknown, whatever it does"
    at = line.decision.at if line.decision else None
    return ProductInRun(line.run, producer, State.UNKNOWN, False, False, {}, (text,), line.revision, at)
