"""How high a run stands in the frontier chart: by its number, or by the luminosity recorded until then.

Which of the two is part of the address: `?y=luminosity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from spy.store.views import RunSaved

RUN, LUMINOSITY = "run", "luminosity"
NAMES = {RUN: "run number", LUMINOSITY: "recorded luminosity"}
UNITS = (("1/pb", 1.0), ("1/nb", 1e3), ("1/µb", 1e6))
"""Each with how many of it are one 1/pb; of nuclei there is little."""


def height_of(wish: str) -> str:
    return wish if wish in NAMES else RUN


@dataclass(frozen=True, slots=True)
class Heights:
    """Of the same runs, in their order."""

    of: str
    values: tuple[float, ...]
    title: str
    """Of the axis, with the unit."""
    own: tuple[float | None, ...] = ()
    """What each run recorded itself, in `unit`; None: not known."""
    unit: str = ""
    unknown: tuple[int, ...] = ()
    """Runs of which it is not known: they stand as high as the run before."""

    def told(self, value: float | None) -> str:
        if value is None:
            return "unknown"
        return f"{value:.1f}" if value >= 100 else f"{value:.3g}"


def heights(runs: Sequence[RunSaved], of: str) -> Heights:
    """`runs` by number; the luminosity is summed over these alone."""
    if of != LUMINOSITY:
        return Heights(RUN, tuple(run.run for run in runs), "run")
    sums = list(accumulate(run.recorded_lumi or 0.0 for run in runs))
    unit, many = next((one for one in UNITS if sums[-1] * one[1] >= 1), UNITS[-1] if sums[-1] else UNITS[0])
    return Heights(
        LUMINOSITY,
        tuple(total * many for total in sums),
        f"luminosity recorded until then ({unit})",
        tuple(None if run.recorded_lumi is None else run.recorded_lumi * many for run in runs),
        unit,
        tuple(run.run for run in runs if run.recorded_lumi is None),
    )


def switch(chosen: str, name: str, path: str, **kept: str) -> html.P:
    """Links to both; `kept` is what the address says besides."""
    links = [
        dcc.Link(
            f"✓ {word}" if height == chosen else word,
            href=f"{path}?{urlencode({**kept, 'y': height})}",
            className="chosen" if height == chosen else "",
            id=f"{name}-{height}",
        )
        for height, word in NAMES.items()
    ]
    return html.P([html.Span("Upwards"), *links], className="buttons")


def unknown_told(seen: Heights) -> list[Any]:
    """Which runs stand where they stand for want of a number."""
    if not seen.unknown:
        return []
    if len(seen.unknown) == len(seen.values):
        what = "Of none of these runs is the recorded luminosity known: all of them stand at 0"
    else:
        runs = "run " if len(seen.unknown) == 1 else "runs "
        what = f"Recorded luminosity not known: {runs}{', '.join(map(str, seen.unknown))}. "
        what += "Such a run stands as high as the run before it"
    return [html.P(f"? {what}.", className="quiet")]
