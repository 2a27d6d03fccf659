"""The numbers of a product through the runs, as the store holds them and a page plots them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from spy.config import load
from spy.domain.evidence import Value
from spy.domain.number import Number, Past, Take
from spy.domain.product import Product
from spy.domain.subject import of_number
from spy.store.views import NumberPoint, product_numbers
from tests.support.filled_store import FilledStore

STRIP = "SiStripBadStrip_pcl"
NUMBER = Number("bad_strips", ("a",), Take.BIN, (1, 1), "strips", high=100.0, spread=5.0)
PRODUCT = replace(load().products[STRIP], numbers=(NUMBER,))


@pytest.fixture
def store(store_url: str) -> Iterator[FilledStore]:
    """Eight usual runs, 398600 to 398607."""
    filled = FilledStore(store_url)
    for run in range(398600, 398608):
        filled.run(run)
        tell(filled, run, 50.0 + run % 2)
    yield filled
    filled.close()


def tell(store: FilledStore, run: int, value: Value | None, problem: str = "") -> None:
    store.look("dqm", store.fact(of_number("prod", run, STRIP, "bad_strips"), "number", value, "dqm", problem))


def points(store: FilledStore, product: Product = PRODUCT, limit: int = 100) -> list[NumberPoint]:
    (line,) = product_numbers(store.engine, product, limit)
    return list(line.points)


def test_each_run_is_told_with_its_value_the_run_before_and_once_there_are_enough_its_band(store: FilledStore) -> None:
    store.run(398608)
    tell(store, 398608, 80.0)
    first, *_, last = points(store)
    assert (first.run, first.value, first.previous, first.band, first.is_flagged) == (398600, 50.0, None, None, False)
    assert (last.run, last.run_class, last.value, last.previous) == (398608, "collisions", 80.0, Past(398607, 51.0))
    assert last.band is not None
    assert (last.band.low, last.band.median, last.band.high) == (45.5, 50.5, 55.5)
    assert (last.is_out_of_limits, last.is_out_of_band, last.is_flagged) == (False, True, True)


def test_a_run_of_another_class_is_held_against_its_own(store: FilledStore) -> None:
    store.run(398608, "cosmics")
    tell(store, 398608, 80.0)
    last = points(store)[-1]
    assert (last.run_class, last.band, last.previous, last.is_flagged) == ("cosmics", None, None, False)


def test_a_missing_number_is_a_point_that_says_why_and_is_never_fine(store: FilledStore) -> None:
    for run in (398608, 398609):
        store.run(run)
    tell(store, 398609, None, "no histogram")
    *_, silent, missing = points(store)
    assert (silent.value, silent.problem) == (None, "never seen")
    assert (missing.value, missing.problem) == (None, "no histogram")


def test_a_value_that_was_taken_back_is_unknown_again_and_in_no_band(store: FilledStore) -> None:
    tell(store, 398600, None, "told otherwise now")
    store.run(398608)
    tell(store, 398608, 50.0)
    first, *_, last = points(store)
    assert (first.value, first.problem, last.band) == (None, "told otherwise now", None)


def test_the_newest_runs_come_and_those_before_them_count_all_the_same(store: FilledStore) -> None:
    store.run(398608)
    tell(store, 398608, 50.0)
    (only,) = points(store, limit=1)
    assert only.run == 398608
    assert only.band is not None


def test_a_product_without_numbers_has_no_line_and_a_new_store_no_point(store_url: str) -> None:
    empty = FilledStore(store_url)
    assert points(empty) == []
    assert product_numbers(empty.engine, replace(PRODUCT, numbers=())) == []
    empty.close()
