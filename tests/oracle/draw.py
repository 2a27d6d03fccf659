"""Draws a random scenario: TOML text that is valid by construction, the same for the same seed.

Half of the scenarios are calm, so that releases really happen; in the others anything may go wrong at any time.
"""

from __future__ import annotations

from random import Random

MINUTE, HOUR = 60, 3600
UNTIL = 60 * HOUR

_RUN_STREAMS = {
    "collisions": ["Express", "ExpressAlignment", "Calibration"],
    "heavy-ions": ["HIExpress", "HIExpressAlignment", "Calibration"],
    "cosmics": ["ExpressCosmics"],
    "commissioning": ["Express"],
}
_MORE_STREAMS = {
    "collisions": ["HLTMonitor", "ALCALumiPixelsCountsExpress", "ALCAPPSExpress"],
    "heavy-ions": ["HIHLTMonitor"],
    "cosmics": [],
    "commissioning": ["ExpressAlignment"],
}
_DATASETS = {
    "collisions": ["Muon0", "JetMET0"],
    "heavy-ions": ["HIPhysicsRawPrime0"],
    "cosmics": ["Cosmics"],
    "commissioning": ["Commissioning"],
}
_GATING = {
    "Express": ["SiPixelQualityFromDbRcd_prompt", "SiStripBadStrip_pcl", "SiPixelAliHG_pcl"],
    "HIExpress": ["SiPixelQualityFromDbRcd_prompt", "SiStripBadStrip_pcl", "SiPixelAliHG_pcl"],
    "ExpressAlignment": ["BeamSpotObjectHP_ByLumi"],
    "HIExpressAlignment": ["BeamSpotObjectHP_ByLumi"],
    "Calibration": ["EcalPedestals_pcl"],
    "ExpressCosmics": ["SiStripBadStrip_pcl"],
}
_ADVISORY = {
    "Express": ["BeamSpotObject_ByRun", "SiPixelAli_pcl", "SiStripApvGain_pcl", "SiPixelLA_pcl"],
    "HIExpress": ["BeamSpotObject_ByRun", "SiStripApvGainAAG_pcl"],
    "ExpressAlignment": ["BeamSpotObjectHP_ByRun"],
    "ExpressCosmics": ["SiPixelLAMCS_pcl", "SiStripLA_pcl"],
    "HLTMonitor": ["SiPixelAliHLTHGCombined_pcl"],
    "ALCALumiPixelsCountsExpress": ["LumiPCCCorrections_pcl"],
    "ALCAPPSExpress": ["PPSDiamondTimingCalibration_pcl"],
}
_NO_PAYLOAD = ["no_update", "low_statistics", "vetoed", "aborted"]
_KINDS = ["down", "slow", "hang", "garbage", "empty", "stale", "http500", "http429", "auth", "disagree"]
_SERVICES = ["tier0", "conditions", "dqm", "oms", "uploads", "receiver", "tier0", "conditions", "smtp", "o2o", "jobs"]
_WAIVABLE = ["calibration", "upload", "settled", "streams-declared", "class-has-a-set"]


def draw(seed: int) -> str:
    """The text of one scenario: 2 to 6 runs, 60 h, faults, acts, switches and poll periods."""
    dice = Random(seed)
    mishap = dice.choice([0.015, 0.12])
    numbers, runs = _runs(dice, mishap)
    lines = ["start = 2026-06-01T00:00:00Z", f"seed = {seed}", 'until = "60h"', *runs]
    for _ in range(dice.choice([0, 0, 1, 2, 4])):
        lines += _fault(dice)
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        lines += _act(dice, dice.choice(numbers))
    lines += _switch(dice) if dice.random() < 0.08 else []
    lines += _delay(dice) if dice.random() < 0.04 else []
    lines += _periods(dice)
    # Drawn last, so that what seeds told before they tell still.
    lines += _late_tag(dice) if dice.random() < 0.1 else []
    return "\n".join(lines) + "\n"


def offset(at: float) -> str:
    """Seconds from the start as a scenario writes them."""
    minutes, second = divmod(round(at), 60)
    return f"{minutes // 60}h{minutes % 60}m" + (f"{second}s" if second else "")


def _late_tag(dice: Random) -> list[str]:
    tag = dice.choice(["EcalLaserAPDPNRatios_prompt_v3", "SiStripDetVOff_v7_prompt"])
    return ["", "[[tag]]", f'name = "{tag}"', f'delay = "{offset(dice.randrange(HOUR, 30 * HOUR))}"']


def _runs(dice: Random, mishap: float) -> tuple[list[int], list[str]]:
    number, at = dice.randrange(398000, 399000), float(dice.randrange(0, 2 * HOUR))
    numbers, lines = [], []
    for _ in range(dice.randint(2, 6)):
        length = dice.choice([20 * MINUTE, 2 * HOUR, 5 * HOUR]) + dice.randrange(0, HOUR)
        lines += _run(dice, mishap, number, at, at + length)
        numbers.append(number)
        at += length + dice.randrange(MINUTE, HOUR)
        number += dice.randint(1, 3)
    return numbers, lines


def _run(dice: Random, mishap: float, number: int, start: float, end: float) -> list[str]:
    kind = dice.choices(list(_RUN_STREAMS), [70, 10, 15, 5 if mishap > 0.1 else 0])[0]
    streams = [s for s in _RUN_STREAMS[kind] if dice.random() > mishap / 3] or list(_RUN_STREAMS[kind])
    streams += [s for s in _MORE_STREAMS[kind] if dice.random() < 0.2]
    lines = ["", "[[run]]", f"number = {number}", f'class = "{kind}"', f'start = "{offset(start)}"']
    lines += [f'end = "{offset(end)}"'] if dice.random() > mishap / 4 else []
    lumis = dice.randint(1, 9) if dice.random() < mishap else dice.randint(10, 900)
    datasets = [] if dice.random() < mishap / 3 else _DATASETS[kind]
    lines += [f"lumis = {lumis}", f"streams = {_names(streams)}", f"datasets = {_names(datasets)}"]
    done = end + dice.randrange(HOUR, 15 * HOUR)
    lines += [f'express_done = "{offset(done)}"'] if dice.random() > mishap / 3 else []
    lines += _oddities(dice, mishap, kind, streams) + _jobs(dice, mishap)
    return lines + _products(dice, mishap, streams, end)


def _oddities(dice: Random, mishap: float, kind: str, streams: list[str]) -> list[str]:
    lines = [f"{key} = false" for key in ("tracker_in", "transferred") if dice.random() < mishap / 4]
    if kind == "commissioning" or (kind != "cosmics" and dice.random() < mishap / 3):
        lines.append(f"stable_beams = {dice.choice(['true', 'false'])}")
    if dice.random() < mishap / 4:
        lines.append(f"empty_alca_skim = {_names([dice.choice(streams)])}")
    return lines


def _jobs(dice: Random, mishap: float) -> list[str]:
    """Express jobs: usually the default, else few or many of them, and too many failed where something goes wrong."""
    if dice.random() < 0.6:
        return []
    jobs = dice.choice([dice.randint(1, 19), 20, dice.randint(21, 60), dice.randint(61, 900)])
    failed = dice.randint(0, jobs) if dice.random() < mishap else dice.randint(0, jobs // 10)
    return [f"express_jobs = {jobs}", f"express_jobs_failed = {failed}"]


def _names(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _products(dice: Random, mishap: float, streams: list[str], end: float) -> list[str]:
    names = [name for s in streams for name in _GATING.get(s, []) if dice.random() > mishap / 4]
    names += [name for s in streams for name in _ADVISORY.get(s, []) if dice.random() < 0.25]
    if not names:
        names = [next(name for s in streams for name in [*_GATING.get(s, []), *_ADVISORY.get(s, [])])]
    return [line for name in names for line in _product(dice, mishap, name, end)]


def _product(dice: Random, mishap: float, name: str, end: float) -> list[str]:
    lines = ["", "[[run.product]]", f'name = "{name}"']
    if dice.random() < mishap / 3:
        return lines
    harvested = end + dice.randrange(30 * MINUTE, dice.choice([4 * HOUR, 14 * HOUR]))
    lines.append(f'harvested = "{offset(harvested)}"')
    if dice.random() < (0.2 if "Ali" in name else mishap):
        return [*lines, f'outcome = "{_no_payload(dice, mishap, name)}"']
    uploaded = harvested + dice.randrange(5 * MINUTE, 2 * HOUR)
    if dice.random() < mishap / 4:
        uploaded = end + dice.randrange(40 * HOUR, 52 * HOUR)
    lines += [f'uploaded = "{offset(uploaded)}"'] if dice.random() < 0.8 or uploaded > harvested + 30 * HOUR else []
    if dice.random() < mishap / 2:
        lines.append(f'upload = "{dice.choice(["failed", "skipped", "shifted", "lost"])}"')
    elif dice.random() < mishap / 2:
        lines.append(f'vanishes = "{offset(uploaded + dice.randrange(35 * MINUTE, 20 * HOUR))}"')
    return lines


def _no_payload(dice: Random, mishap: float, name: str) -> str:
    good = ["no_update", "low_statistics"] if "Ali" in name else ["low_statistics"]
    return dice.choice(_NO_PAYLOAD if dice.random() < mishap else good)


def _fault(dice: Random) -> list[str]:
    service = dice.choice(_SERVICES)
    kind = dice.choice([*_KINDS, "accept_then_drop"] if service in ("receiver", "smtp") else _KINDS)
    begin = dice.randrange(0, 55 * HOUR)
    end = begin + dice.randrange(5 * MINUTE, dice.choice([30 * MINUTE, 10 * HOUR]))
    times = [f'from = "{offset(begin)}"', f'to = "{offset(end)}"']
    return ["", "[[fault]]", f'service = "{service}"', f'kind = "{kind}"', *times]


def _act(dice: Random, number: int) -> list[str]:
    do = dice.choice(["keep_back", "keep_back", "hold_tier0", "waive", "waive", "withdraw", "acknowledge", "stop"])
    at = dice.randrange(2 * HOUR, 40 * HOUR)
    end = at + dice.randrange(10 * MINUTE, 12 * HOUR)
    head = ["", "[[act]]", f'at = "{offset(at)}"', 'who = "shifter@example.org"', 'why = "drawn"']
    lines = [*head, f'do = "{do}"', *([] if do == "stop" else [f'chunk = "{number}"'])]
    lines += [f'rule = "{dice.choice(_WAIVABLE)}"'] if do == "waive" else []
    if do in ("keep_back", "hold_tier0") and dice.random() < 0.3:
        ended = do.replace("keep", "release").replace("hold", "unhold")
        return [*lines, *_ending(head[:2], ended, number, end)]
    return [*lines, *([f'until = "{offset(end)}"'] if do != "withdraw" else [])]


def _ending(head: list[str], do: str, number: int, at: float) -> list[str]:
    return [
        *head,
        f'at = "{offset(at)}"',
        'who = "expert@example.org"',
        'why = "all is well"',
        f'do = "{do}"',
        f'chunk = "{number}"',
    ]


def _switch(dice: Random) -> list[str]:
    off = dice.randrange(0, 50 * HOUR)
    on = off + dice.randrange(HOUR, 8 * HOUR)
    return [
        *("", "[[switch]]", f'at = "{offset(off)}"', "enabled = false"),
        *("", "[[switch]]", f'at = "{offset(on)}"', "enabled = true"),
    ]


def _delay(dice: Random) -> list[str]:
    return ["", "[[delay]]", f'at = "{offset(dice.randrange(0, 40 * HOUR))}"', 'reco_delay = "4800h"']


def _periods(dice: Random) -> list[str]:
    """Longer or shorter poll periods than shipped; what is believed for three of them stays believable."""
    if dice.random() < 0.5:
        return []
    lines = []
    for probe in ("tier0", "oms", "conditions", "uploads", "dqm"):
        every = dice.choice([1, 2, 5, 10, 15])
        lines += _period(probe, every)
    # Asked once more after a stream is done: longer than shipped it would add to the period of Tier0's probe.
    return [*lines, *_period("jobs", dice.choice([1, 2, 5]))]


def _period(probe: str, every: int) -> list[str]:
    return ["", f"[agent.probe.{probe}]", f'every = "{every}m"', f'stale_after = "{3 * every + 6}m"']
