"""When the release of each run would be right, by the design's text (sections 3, 6 and 7).

`right` is what a release must never miss; `due` is the part of it in which a release has to come, if nothing outside
the run stands in the way. Both are sets of time. A waiver takes its rule out for as long as it is active.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from tests.oracle.announced import LOG_MAY_LAG, is_about, there
from tests.oracle.online import copied
from tests.oracle.payloads import in_place
from tests.oracle.spans import ALWAYS, NEVER, Spans, later, since, spans, until
from tests.oracle.streams import STREAMS_OF
from tests.oracle.tier0 import Accepted, closing_times, first_safe
from tests.oracle.told import Act, Calibration, Run, Told

FIVE = (
    "BeamSpotObjectHP_ByLumi",
    "SiPixelQualityFromDbRcd_prompt",
    "SiStripBadStrip_pcl",
    "SiPixelAliHG_pcl",
    "EcalPedestals_pcl",
)
EXPECTED = {
    "collisions": {"Express", "ExpressAlignment", "Calibration"},
    "heavy-ions": {"HIExpress"},
    "cosmics": {"ExpressCosmics"},
}
"""Class to the Express streams that must exist; a class that is not here never releases."""

ACCEPTED = {
    "no_update": {"SiPixelAliHG_pcl"},
    "low_statistics": {"SiPixelAliHG_pcl", "SiPixelQualityFromDbRcd_prompt", "SiStripBadStrip_pcl"},
}
"""Kind of no payload to the products of which it is accepted."""

_PREVENTS = {"keep_back": "release_back", "hold_tier0": "unhold_tier0", "stop": "resume"}


@dataclass(frozen=True, slots=True)
class Truth:
    right: Spans
    """When a release is not wrong."""
    due: Spans
    """When a release must come, once the runs below do not stand in its way."""
    closed: float
    """From then on the run's conditions are closed."""


def truths(told: Told, accepted: Accepted | None = None) -> dict[int, Truth]:
    """Run number to its truth, for the runs that list their products."""
    closed = closing_times(told, accepted)
    return {run.number: truth(run, told, closed) for run in told.runs if run.calibrations}


def truth(run: Run, told: Told, closing: Mapping[int, float]) -> Truth:
    closed = closing[run.number]
    ready_at = ready(run, told, closing)
    right = ready_at - prevented(run.number, told)
    surely = ready_at - prevented(run.number, told, LOG_MAY_LAG)
    due = (surely & until(closed)) - since(withdrawn_at(run.number, told.acts)) if run.transferred else NEVER
    return Truth(right, due, closed)


def withdrawn_at(number: int, acts: Iterable[Act]) -> float | None:
    """When a person first withdrew the run: after that only a person queues it again."""
    return min((act.at for act in acts if act.do == "withdraw" and is_about(act, number)), default=None)


def prevented(number: int, told: Told, lag: float = 0.0) -> Spans:
    """While a person keeps the run back, holds it at Tier0 or has stopped all sending.

    `lag`: how long after a manual update an act that waits for it may still prevent the run.
    """
    concerning = [act for act in told.acts if act.do in _PREVENTS and is_about(act, number)]
    return reduce(Spans.__or__, (_lasts_for(act, number, told, lag) for act in concerning), NEVER)


def _lasts_for(act: Act, number: int, told: Told, lag: float) -> Spans:
    update = there(act, number, told) if act.to_run is not None and act.until_tag else None
    return lasts(act, told.acts) & until(None if update is None else update + lag)


def lasts(act: Act, acts: Iterable[Act]) -> Spans:
    """To its end, or to the act that ends it."""
    about = (act.run, act.from_run, act.to_run)
    ends = [
        a.at for a in acts if a.do == _PREVENTS[act.do] and (a.run, a.from_run, a.to_run) == about and a.at >= act.at
    ]
    return act.active & until(min(ends, default=None))


def ready(run: Run, told: Told, closing: Mapping[int, float]) -> Spans:
    """When all that the run needs is there, whatever people do about it (waivers apart)."""
    rules: dict[str, Spans] = {"run-ended": since(run.end), "settled": since(settled(run)) - run.reopened}
    if not run.is_exempt:
        rules |= {
            "class-has-a-set": ALWAYS if run.seen_class in EXPECTED else NEVER,
            "streams-declared": ALWAYS if _declares_all(run) else NEVER,
            "express-jobs": _jobs_judged(run),
            "online-tags": since(copied(run, told)),
            "upload": reduce(Spans.__and__, (_not_refused(run, name) for name in required(run)), ALWAYS),
        }
    outcomes = [good | _waived(run, told.acts, rule, "") for rule, good in rules.items()]
    if not run.is_exempt:
        outcomes += [
            _covered(run, name, told, closing) | _waived(run, told.acts, "calibration", name) for name in required(run)
        ]
    return reduce(Spans.__and__, outcomes)


def settled(run: Run) -> float | None:
    """When every stream that declares a producer is done; a run that declares none is never known to be."""
    moments = [run.done(stream) for stream in run.declared]
    return reduce(later, moments) if moments else None


def _jobs_judged(run: Run) -> Spans:
    """Asked of a settled run. No report tells nothing; few tell no failure rate; of enough at most a tenth may fail."""
    moment, jobs = settled(run), run.express_jobs
    if moment is None:
        return ALWAYS if run.declared else NEVER  # not settled, or unknown whether it is
    is_good = 0 < jobs < 20 or (jobs >= 20 and run.express_jobs_failed / jobs <= 0.1)
    return ALWAYS if is_good else until(moment)


def required(run: Run) -> tuple[str, ...]:
    if run.seen_class == "cosmics":
        return ("SiStripBadStrip_pcl",)
    if run.seen_class == "heavy-ions":
        return tuple(name for name in FIVE if _producing_stream(run, name))
    return FIVE if run.seen_class == "collisions" else ()


def _producing_stream(run: Run, name: str) -> str:
    return next(iter(STREAMS_OF[name] & run.declared), "")


def _declares_all(run: Run) -> bool:
    expected = EXPECTED.get(run.seen_class, set())
    return expected <= run.declared and all(_producing_stream(run, name) for name in required(run))


def _covered(run: Run, name: str, told: Told, closing: Mapping[int, float]) -> Spans:
    """In place, or proven to be rightly without a payload."""
    listed = [c for c in run.calibrations if c.name == name]
    places = (
        in_place(run, c, closing[run.number])
        & until(_covered_up(run, c, told, closing))
        & told.prompt.reads(run.era, name, c.skipped)
        for c in listed
    )
    return reduce(Spans.__or__, (*places, *(_rightly_none(run, c) for c in listed)), NEVER)


def _covered_up(run: Run, own: Calibration, told: Told, closing: Mapping[int, float]) -> float | None:
    """When a lower run's late payload was moved to this run, over its own; None: never."""
    if own.attempted is None:
        return None
    others = [(lower, c) for lower in told.runs if lower.number < run.number for c in lower.calibrations]
    same = [(lower, c) for lower, c in others if c.name == own.name and c.attempted is not None]
    after = [(lower, c, at) for lower, c in same for at in _attempts(c)]
    moved = [
        at for lower, c, at in after if at > own.attempted and _moved_to(lower, c, at, told, closing) == run.number
    ]
    return min(moved, default=None)


def _attempts(calibration: Calibration) -> Iterator[float]:
    """When Tier0 hands payloads of one run to the upload service; a person's own are put where they say."""
    if calibration.attempted is not None:
        yield calibration.attempted
    yield from (again.at for again in calibration.again if again.by == "tier0")


def _moved_to(run: Run, late: Calibration, at: float, told: Told, closing: Mapping[int, float]) -> int | None:
    """Where the upload service puts a payload that is late, or that the scenario has moved; None: not moved."""
    safe = first_safe(told, closing, at)
    if late.upload == "shifted":
        return max(safe or run.number, run.number + 1)
    return safe if late.upload == "ok" and at >= closing[run.number] else None


def _rightly_none(run: Run, calibration: Calibration) -> Spans:
    if calibration.name not in ACCEPTED.get(calibration.outcome, set()):
        return NEVER
    return since(later(later(calibration.harvested, run.done(calibration.stream)), run.end))


def _not_refused(run: Run, name: str) -> Spans:
    refusals = [
        c.attempted for c in run.calibrations if c.name == name and c.upload in ("failed", "skipped", "elsewhere")
    ]
    return until(min((moment for moment in refusals if moment is not None), default=None))


def _waived(run: Run, acts: Iterable[Act], rule: str, product: str) -> Spans:
    return spans(
        (act.at, act.until)
        for act in acts
        if act.do == "waive" and act.rule == rule and is_about(act, run.number) and act.product in ("", product)
    )
