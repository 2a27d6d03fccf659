"""The numbers of a harvest that the scenario does not give: drawn around what is usual, alike in every run."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from spy.domain.number import Number
from spy.domain.product import Product

USUAL: Mapping[str, tuple[float, float]] = {
    "BeamSpotObjectHP_ByLumi.x": (0.171, 0.001),
    "BeamSpotObjectHP_ByLumi.y": (-0.018, 0.001),
    "BeamSpotObjectHP_ByLumi.beam_width": (0.0012, 0.00005),
    "SiPixelQualityFromDbRcd_prompt.bad_rocs": (420, 15),
    "SiStripBadStrip_pcl.bad_strips": (21000, 700),
    "SiStripBadStrip_pcl.bad_modules": (150, 5),
    "SiPixelAliHG_pcl.moved": (7, 3),
    "SiPixelAliHG_pcl.movement_x": (25, 4),
    "SiPixelAli_pcl.threshold": (2, 0.8),
    "SiPixelAli_pcl.movement_x": (12, 3),
    "EcalPedestals_pcl.changed_eb": (0.012, 0.002),
    "EcalPedestals_pcl.changed_ee": (0.025, 0.003),
    "SiStripApvGain_pcl.gain": (1.0, 0.002),
}
"""`product.number` to its middle and its half range: no values of the experiment, only of their size."""
_COUNTED = 5
"""What is usually more is a count here, and whole."""


def numbers_of(seed: int, run: int, product: Product, outcome: str, told: Mapping[str, float]) -> dict[str, float]:
    """By name. What the scenario told stands; the rest is the same for the same seed, run, product and outcome."""
    return {number.name: _value(seed, run, product, number, outcome) for number in product.numbers} | dict(told)


def payload_bytes(seed: int, run: int, product: Product, told: int | None) -> int:
    """Much smaller than a real payload, and alike from run to run."""
    return round(2000 + 100 * Random(f"{seed}:{run}:{product.name}.bytes").uniform(-1, 1)) if told is None else told


def _value(seed: int, run: int, product: Product, number: Number, outcome: str) -> float:
    about = f"{product.name}.{number.name}"
    middle, half = USUAL.get(about, _between_limits(number))
    value = middle + half * Random(f"{seed}:{run}:{about}").uniform(-1, 1)
    if number.justifies is not None and outcome not in ("payload", "vetoed"):
        value = 0.0
    return float(round(value)) if middle >= _COUNTED else value


def _between_limits(number: Number) -> tuple[float, float]:
    low, high = number.low if number.low is not None else 0.0, number.high if number.high is not None else 100.0
    return (low + high) / 2, (high - low) / 50
