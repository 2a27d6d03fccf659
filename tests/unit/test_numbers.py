"""Numbers of the products: read from a histogram, and held against the runs before."""

from typing import Any

import pytest
from probes.dqm.number import How, number

from probes.dqm.answer import Histogram
from spy.domain.band import Band, band

NAN, INF = float("nan"), float("inf")


def drawn(*rows: list[Any], entries: float = 7.0) -> Histogram:
    return Histogram("TH1", entries, list(rows), {})


@pytest.mark.parametrize(("how", "value"), [("entries", 7.0), ("sum", 6.0), ("bin", 2.0)])
def test_a_number_is_the_entries_the_sum_or_one_bin_counted_from_one(how: How, value: float) -> None:
    assert number(drawn([1.0, 2.0, 3.0]), how, nx=3, at=2) == value


@pytest.mark.parametrize("how", ["entries", "sum", "bin"])
@pytest.mark.parametrize("rows", [([1.0, 2.0],), ([1.0, 2.0, 3.0, 4.0],), ([1.0] * 3, [1.0] * 3), ([],), ()])
def test_a_histogram_of_another_binning_gives_no_number(how: How, rows: tuple[list[float], ...]) -> None:
    with pytest.raises(ValueError, match="not 3 x 1"):
        number(drawn(*rows), how, nx=3)


@pytest.mark.parametrize("bad", [NAN, INF, -INF, None, "1", True])
def test_what_is_no_finite_number_is_never_taken_for_one(bad: Any) -> None:
    for how in ("sum", "bin"):
        with pytest.raises(ValueError, match="not a finite number"):
            number(drawn([1.0, bad]), how, nx=2, at=2)
    with pytest.raises(ValueError, match="entries is"):
        number(drawn([1.0], entries=bad), "entries", nx=1)


@pytest.mark.parametrize("at", [0, -1, 4])
def test_a_bin_outside_the_axis_is_refused_and_not_counted_from_the_end(at: int) -> None:
    with pytest.raises(ValueError, match="allowed are 1 to 3"):
        number(drawn([1.0, 2.0, 3.0]), "bin", nx=3, at=at)


def test_one_bad_run_does_not_widen_the_band_much() -> None:
    assert band([10.0, 11.0, 12.0, 13.0, 1000.0], width=1, at_least=5) == Band(12 - 1.4826, 12.0, 12 + 1.4826)


def test_a_band_of_too_few_runs_is_unknown() -> None:
    assert band([1.0, 2.0], width=3, at_least=3) is None


def test_a_value_that_is_not_finite_is_refused_in_a_band() -> None:
    with pytest.raises(ValueError, match="leave out what is unknown"):
        band([1.0, NAN, 2.0], width=3, at_least=3)
