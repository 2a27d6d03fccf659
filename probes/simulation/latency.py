"""What the world draws for a run whose products the scenario does not list.

Latency is upload minus run end, per workflow, in the shape of the experiment's published 2024 distribution: mean
7.2 h, RMS (standard deviation) 6.9 h, a bump at 12 to 13 h (the harvest time-out), a tail to 48 h. How often a
harvest writes nothing and how often an upload goes wrong is not published: those shares are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from spy.domain.product import NoPayload, Product

LONGEST_H = 48.0
HARVEST_TO_UPLOAD = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one product of one run."""

    latency: timedelta
    """From the end of the run to the upload, before Tier0's upload order."""
    outcome: str
    upload: str


def draw(seed: int, run: int, product: Product) -> Fate:
    """The same for the same seed, run and product, whatever else the scenario holds."""
    random = Random(f"{seed}:{run}:{product.name}")
    return Fate(timedelta(hours=latency_h(random)), _outcome(random, product), _upload(random))


def latency_h(random: Random) -> float:
    """Hours."""
    part = random.random()
    if part < 0.83:
        found = 1.5 + random.gammavariate(1.32, 2.52)
    elif part < 0.93:
        found = random.gauss(12.5, 0.25)
    else:
        found = random.triangular(13.0, LONGEST_H, 22.0)
    return min(found, LONGEST_H)


def _outcome(random: Random, product: Product) -> str:
    if NoPayload.NO_UPDATE in product.accepts:
        shares = {"payload": 0.35, "no_update": 0.58, "low_statistics": 0.06, "aborted": 0.01}
    elif NoPayload.LOW_STATISTICS in product.accepts:
        shares = {"payload": 0.94, "low_statistics": 0.05, "aborted": 0.01}
    else:
        shares = {"payload": 0.99, "aborted": 0.01}
    return random.choices(list(shares), list(shares.values()))[0]


def _upload(random: Random) -> str:
    shares = {"ok": 0.98, "failed": 0.006, "skipped": 0.004, "shifted": 0.005, "lost": 0.005}
    return random.choices(list(shares), list(shares.values()))[0]
