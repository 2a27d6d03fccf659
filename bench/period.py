"""The 60-hour period of 20 runs that the speed and the load are measured on: no fault, everything as usual."""

from __future__ import annotations

FIVE = (
    "BeamSpotObjectHP_ByLumi",
    "SiPixelQualityFromDbRcd_prompt",
    "SiStripBadStrip_pcl",
    "SiPixelAliHG_pcl",
    "EcalPedestals_pcl",
)
RUNS = 20
HOURS = 60
MINUTES_PER_RUN = 120


def text() -> str:
    """A scenario: a run each two hours, its products 6 h after its end, its streams done 8 h after."""
    runs = "\n".join(_run(index) for index in range(RUNS))
    return f'start = 2026-06-01T00:00:00Z\nseed = 1\nuntil = "{HOURS}h"\n\n{runs}'


def _run(index: int) -> str:
    start = index * MINUTES_PER_RUN
    end = start + MINUTES_PER_RUN - 10
    products = "".join(f'\n[[run.product]]\nname = "{name}"\nharvested = "{end + 360}m"\n' for name in FIVE)
    return (
        f'[[run]]\nnumber = {398600 + index}\nclass = "collisions"\nstart = "{start}m"\nend = "{end}m"\n'
        'lumis = 280\nstreams = ["Express", "ExpressAlignment", "Calibration"]\ndatasets = ["Muon0", "JetMET0"]\n'
        f'express_done = "{end + 480}m"\n{products}'
    )
