"""Which payloads and numbers shadow rules must flag, straight from what the scenario says about them.

What a scenario does not say is drawn and usual, so that nothing else may be flagged. Runs that are ready at the end are
asked: what a run that waits, or whose sources fail, had to know by then is left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Table = Mapping[str, Any]

ENOUGH = 8
"""Earlier runs of the class that make a band."""
USUAL_BYTES, CLEARLY = 2000, 0.5
"""What payloads of the simulated world take, and from which part of it on a difference is beyond doubt."""
ONE_PAYLOAD_A_RUN = {"SiStripBadStrip_pcl", "SiPixelAliHG_pcl", "EcalPedestals_pcl"}
"""Products whose payloads have a size, and can be compared with earlier ones."""
REASON = {"SiPixelAliHG_pcl": "moved"}
"""The number without which an upload has no reason."""
LIMITS = {
    ("BeamSpotObjectHP_ByLumi", "x"): (-0.5, 0.5),
    ("BeamSpotObjectHP_ByLumi", "y"): (-0.5, 0.5),
    ("BeamSpotObjectHP_ByLumi", "beam_width"): (0.0003, 0.01),
    ("SiPixelQualityFromDbRcd_prompt", "bad_rocs"): (0, 2000),
    ("SiStripBadStrip_pcl", "bad_strips"): (0, 100000),
    ("SiStripBadStrip_pcl", "bad_modules"): (0, 600),
    ("SiPixelAliHG_pcl", "movement_x"): (0, 200),
    ("EcalPedestals_pcl", "changed_eb"): (0, 0.1),
    ("EcalPedestals_pcl", "changed_ee"): (0, 0.1),
}


def flags(scenario: Table, report: Table) -> Iterator[str]:
    runs = sorted(scenario.get("run", []), key=lambda run: int(run["number"]))
    for run in runs:
        final = report["final"].get(str(run["number"]), {})
        products = run.get("product", [])
        if final.get("verdict") != "ready" or scenario.get("fault") or not products:
            continue
        lower = [r for r in runs if r["number"] < run["number"] and r["class"] == run["class"]]
        for product in products:
            flagged = set(final.get("flagged", {}).get(product["name"], []))
            must, may = _expected(product, [_of(r, product["name"]) for r in lower])
            about = f"{product['name']} of {run['number']}"
            yield from (f"missing: {about} is not flagged as {word}" for word in sorted(must - flagged))
            yield from (f"wrong: {about} is flagged as {word}" for word in sorted(flagged - must - may))


def _of(run: Table, name: str) -> Table:
    return next((p for p in run.get("product", []) if p["name"] == name), {})


def _expected(product: Table, before: list[Table]) -> tuple[set[str], set[str]]:
    """What must be flagged, and what may be."""
    name, told = product["name"], product.get("numbers", {})
    is_placed = product.get("outcome", "payload") == "payload" and product.get("upload", "ok") == "ok"
    uploaded = [p for p in before if "harvested" in p and p.get("outcome", "payload") == "payload"]
    must, may = _out_of_limits(name, told), set(told)
    if "harvested" not in product:
        return set(), set()
    if is_placed and name in ONE_PAYLOAD_A_RUN:
        size = product.get("payload_bytes", USUAL_BYTES)
        must |= {"repeated"} if product.get("repeats") and uploaded else set()
        is_odd = abs(size - USUAL_BYTES) > CLEARLY * USUAL_BYTES and len(uploaded) >= ENOUGH
        must |= {"odd_size"} if is_odd else set()
        may |= {"odd_size"} if "payload_bytes" in product else set()
    if is_placed and told.get(REASON.get(name, ""), 1) < 1:
        must |= {"unjustified"}
    return must, may


def _out_of_limits(name: str, told: Table) -> set[str]:
    """Beyond a limit for sure; within them a value that the scenario tells may be usual or not."""
    limits = {number: LIMITS[name, number] for number in told if (name, number) in LIMITS}
    return {number for number, (low, high) in limits.items() if not low <= told[number] <= high}
