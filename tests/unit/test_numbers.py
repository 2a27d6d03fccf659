"""Numbers of the products: read from histograms, and held against limits and the runs before."""

from typing import Any

import pytest

from probes.dqm.answer import Histogram
from probes.dqm.reduce import number
from probes.dqm.simulated import drawn as simulated
from spy.config import load
from spy.domain.band import Band, band
from spy.domain.number import Number, Past, Take, hold, hold_size, told

NAN, INF = float("nan"), float("inf")
PRODUCTS = load().products


def drawn(*rows: list[Any], entries: float = 7.0, errors: tuple[float, ...] = ()) -> Histogram:
    return Histogram("TH1", entries, list(rows), {}, errors)


def taken(take: str, bins: tuple[int, int] | None, *of: Histogram) -> float:
    return number(Number("n", ("a",), Take(take), bins), of)


@pytest.mark.parametrize(
    ("take", "bins", "value"),
    [
        ("entries", None, 7.0),
        ("sum", None, 2.0),
        ("filled", None, 2.0),
        ("bin", (2, 2), -4.0),
        ("largest", None, 5.0),
        ("largest", (1, 2), 4.0),
    ],
)
def test_a_row_of_bins_becomes_a_number(take: str, bins: tuple[int, int] | None, value: float) -> None:
    assert taken(take, bins, drawn([1.0, -4.0, 5.0])) == value


def test_what_lies_outside_is_told_as_a_share() -> None:
    assert taken("outside", (2, 3), drawn([1.0, 5.0, 3.0, 1.0])) == pytest.approx(0.2)
    with pytest.raises(ValueError, match="empty histogram"):
        taken("outside", (1, 1), drawn([0.0, 0.0]))


def test_counts_of_several_histograms_are_added_and_of_other_numbers_the_largest_counts() -> None:
    one, two = drawn([1.0, 0.0]), drawn([2.0, 3.0])
    assert taken("filled", None, one, two) == 3
    assert taken("bin", (1, 1), one, two) == 2
    with pytest.raises(ValueError, match="not a finite number"):
        taken("sum", None, one, drawn([NAN]))


@pytest.mark.parametrize("bad", [NAN, INF, -INF, None, "1", True])
def test_what_is_no_finite_number_is_never_taken_for_one(bad: Any) -> None:
    for take in ("sum", "filled", "largest", "outside"):
        with pytest.raises(ValueError, match="not a finite number"):
            taken(take, (1, 2) if take == "outside" else None, drawn([1.0, bad]))
    with pytest.raises(ValueError, match="entries is"):
        taken("entries", None, drawn([1.0], entries=bad))


@pytest.mark.parametrize("take", ["bin", "largest", "outside"])
def test_a_bin_beyond_the_axis_and_a_map_give_no_number(take: str) -> None:
    with pytest.raises(ValueError, match="bin 4 of 3 bins"):
        taken(take, (4, 4), drawn([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="2 rows"):
        taken(take, (1, 1), drawn([1.0], [1.0]))


def movements(moved: float, error: float, cut: float, significance: float) -> Histogram:
    """Structure 2 moved, the others did not."""
    row = [0.0] * 36
    row[2] = moved
    for i in range(6):
        row[7 + 5 * i : 11 + 5 * i] = [cut, significance, 200.0, 10.0]
    return drawn(row, errors=(error,) * 6 + (0.0,) * 30)


@pytest.mark.parametrize(
    ("moved", "error", "value"),
    [(20.0, 1.0, 4.0), (-20.0, 1.0, 4.0), (20.0, 16.0, 0.5), (4.0, 0.1, 0.8), (0.0, 0.0, 0.0)],
    ids=["far", "back", "insignificant", "below the cut", "not fitted"],
)
def test_a_movement_counts_by_its_cut_and_by_its_significance(moved: float, error: float, value: float) -> None:
    assert taken("threshold", None, movements(moved, error, cut=5.0, significance=2.5)) == pytest.approx(value)


def test_a_movement_whose_errors_or_limits_nobody_tells_is_unknown() -> None:
    with pytest.raises(ValueError, match="no errors"):
        taken("threshold", None, drawn([1.0] * 36))
    with pytest.raises(ValueError, match="moved by"):
        taken("threshold", None, movements(20.0, 0.0, cut=5.0, significance=2.5))
    with pytest.raises(ValueError, match=r"cut 0\.0"):
        taken("threshold", None, movements(20.0, 1.0, cut=0.0, significance=2.5))


@pytest.mark.parametrize("product", [p for p in PRODUCTS.values() if p.numbers], ids=lambda product: product.name)
def test_a_simulated_histogram_gives_back_the_number_it_was_drawn_for(product: Any) -> None:
    values = {n.name: 7.0 if n.take in ("filled", "bin", "largest") else 0.6 for n in product.numbers}
    for n in product.numbers:
        made = [simulated(path, product, values) for path in n.objects]
        assert None not in made
        histograms = [Histogram("TH1", 0.0, m.rows, {}, m.errors) for m in made if m is not None]
        assert number(n, histograms) == pytest.approx(values[n.name])


def test_one_bad_run_does_not_widen_the_band_much() -> None:
    assert band([10.0, 11.0, 12.0, 13.0, 1000.0], width=1, at_least=5) == Band(12 - 1.4826, 12.0, 12 + 1.4826)


def test_a_band_of_equal_values_is_as_wide_as_its_spread() -> None:
    assert band([5.0] * 9, width=6, at_least=5, spread=2.0) == Band(3.0, 5.0, 7.0)


def test_a_band_of_too_few_runs_is_unknown() -> None:
    assert band([1.0, 2.0], width=3, at_least=3) is None


def test_a_value_that_is_not_finite_is_refused_in_a_band() -> None:
    with pytest.raises(ValueError, match="leave out what is unknown"):
        band([1.0, NAN, 2.0], width=3, at_least=3)


STRIPS = Number("bad_strips", ("a",), Take.BIN, (1, 1), "strips", high=100.0, spread=5.0)
BEFORE = [Past(398599 - n, 50.0 + n % 2) for n in range(8)]


@pytest.mark.parametrize(
    ("value", "out_of_limits", "out_of_band"),
    [(52.0, False, False), (80.0, False, True), (100.0, False, True), (101.0, True, True)],
)
def test_a_number_is_held_against_its_limits_and_its_band(value: float, out_of_limits: bool, out_of_band: bool) -> None:
    held = hold(STRIPS, value, BEFORE)
    assert (held.is_out_of_limits, held.is_out_of_band) == (out_of_limits, out_of_band)
    assert held.previous == Past(398599, 50.0)


def test_with_too_few_earlier_runs_only_the_limits_speak() -> None:
    held = hold(STRIPS, 99.0, BEFORE[:7])
    assert (held.band, held.is_odd) == (None, False)
    assert told(STRIPS, held) == (
        "bad_strips 99 strips: allowed at most 100; too few earlier runs for a band; 50 in run 398599 (+49 since)"
    )


def test_an_odd_number_is_told_with_what_it_should_have_been() -> None:
    sentence = told(STRIPS, hold(STRIPS, 120.0, BEFORE))
    assert (
        sentence
        == "bad_strips 120 strips: above its limit 100; outside its band 45.5 to 55.5; 50 in run 398599 (+70 since)"
    )


@pytest.mark.parametrize(("size", "is_odd"), [(1200, False), (1300, True), (700, True), (1000, False)])
def test_a_payload_is_odd_when_it_is_more_than_a_quarter_larger_or_smaller_than_usual(size: int, is_odd: bool) -> None:
    assert hold_size(size, [Past(n, 1000.0) for n in range(9)]).is_odd is is_odd
