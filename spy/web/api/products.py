"""Products: those that are configured, and how one of them stands in the runs."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.exceptions import HTTPException

from spy.domain.product import Product
from spy.domain.verdict import State
from spy.store.views import product_lines, product_page
from spy.web.api.answers import Answer, Listed
from spy.web.api.paging import PLAIN, Cursor, CursorText, Limit, only_known
from spy.web.source import Source


class InRunAnswer(Answer):
    run: int
    name: str
    state: State
    required: bool
    """False: advisory, it holds nothing back."""
    is_tracked: bool
    """False: Tier0 declares a producer that the configuration does not know; `name` is the producer's."""
    payload_hashes: dict[str, str]
    """Destination tag to the hash of the payload that counts there."""
    texts: list[str]
    """What each rule says about it."""
    revision: int
    decided_at: datetime | None


class ProductAnswer(Answer):
    name: str
    producer: str
    destination_tags: list[str]
    owners: list[str]
    runs: list[InRunAnswer]
    """The open ones, the lowest first."""


class ProductsAnswer(Answer):
    products: list[ProductAnswer]


class RunProductsAnswer(Answer):
    products: list[InRunAnswer]


class ProductRunsAnswer(Listed):
    runs: list[InRunAnswer]


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["products"], dependencies=[Depends(only_known)])

    @routes.get("/products")
    def products() -> ProductsAnswer:
        """Every configured product, and how it stands in every open run."""
        lines = product_lines(source.store, source.clock(), source.config.products)
        return ProductsAnswer(products=[ProductAnswer.model_validate(line) for line in lines])

    @routes.get("/products/{name}")
    def one_product_over_the_runs(
        name: Annotated[str, Path(max_length=200, pattern=PLAIN, description="as in the configuration")],
        limit: Limit = 50,
        cursor: CursorText = "",
    ) -> ProductRunsAnswer:
        """How one product stood in the runs that expected it, newest first. A page may hold less than `limit`."""
        place = Cursor("products", {"name": name}, (int,))
        found = product_page(source.store, _known(source, name), source.clock(), limit, place.read(cursor))
        return ProductRunsAnswer(
            runs=[InRunAnswer.model_validate(product) for product in found.items], next=place.written(found.next)
        )

    return routes


def _known(source: Source, name: str) -> Product:
    products = source.config.products
    if name in products:
        return products[name]
    near = difflib.get_close_matches(name, products, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(products))}"
    raise HTTPException(404, f"no product is called {name!r}; {hint}")
