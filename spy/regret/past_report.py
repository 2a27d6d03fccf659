"""A regret report on past runs: what gated them, when that was there, and what came too late for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine

from spy.clock import age_text
from spy.config import Config
from spy.database import ask
from spy.domain.errors import SourceError
from spy.regret.asking import SERVICE, GlobalTag, maps_of
from spy.regret.late import WouldBe
from spy.regret.past import Gating, PastRun, ask_own, gating_of, wanted_of, went, with_locks
from spy.regret.report import Report, judged_report

CANNOT_KNOW = (
    "whether Tier0 expected more, what the jobs, DQM and the upload log said, or whom people kept back: an agent's "
    "release comes at that moment or later, and would have missed what is named here or less",
    "whether a product without an interval of its own was proven not to be needed: where the configuration accepts "
    "that, it is taken so, and said",
    "which runs a rule exempts: those are released as soon as they are settled, which may be earlier",
)


def past_report(
    runs: Sequence[PastRun], conditions: Engine, config: Config, period: tuple[datetime, datetime], now: datetime
) -> Report:
    """`runs` are those that ended in the period, or of which that is not known."""
    held: list[tuple[int, str]] = []
    releases: list[WouldBe] = []
    try:
        maps = ask(SERVICE, conditions, lambda c: maps_of(c, sorted({r.global_tag for r in runs if r.global_tag})))
        told = _gated(runs, config, maps)
        wanted = [one for run, gating, why in told if not why for one in wanted_of(run, gating)]
        moments = ask(SERVICE, conditions, lambda c: ask_own(c, wanted))
    except SourceError as error:
        told, moments = [(run, [], str(error)) for run in runs], {}
    locks = {run.run: lock for run, lock in with_locks(runs, config.lock_after)}
    for run, gating, why in told:
        lock = locks[run.run]
        found = why if why or lock is None else went(run, lock, gating, moments)
        if isinstance(found, WouldBe):
            releases.append(found)
        elif why or lock is None:
            releases.append(_unknown(run, why or "when it ended is not known"))
        else:
            held.append((run.run, str(found)))
    limits = [*CANNOT_KNOW, *_of_locks(runs, config)]
    report = judged_report(releases, conditions, config, "", period, now, cannot_know=limits)
    return replace(report, held=tuple(held))


def _gated(
    runs: Sequence[PastRun], config: Config, maps: dict[str, GlobalTag]
) -> list[tuple[PastRun, list[Gating], str]]:
    """Each run with what gates it, or why that cannot be said."""
    told: list[tuple[PastRun, list[Gating], str]] = []
    for run in sorted(runs, key=lambda r: r.run):
        needed = config.required.get(run.run_class)
        why = run.problem
        if not why and needed is None:
            why = f"class {run.run_class} has no required set"
        if not why and run.global_tag not in maps:
            why = f"no such global tag: {run.global_tag}"
        if why or needed is None:
            told.append((run, [], why))
            continue
        gating = gating_of(run, needed, config.products, maps[run.global_tag].records)
        silent = [one.name for one in gating if not one.tags and not one.may_lack]
        why = f"{run.global_tag} maps no tag of {', '.join(silent)}" if silent else ""
        told.append((run, gating, why or ("" if gating else "nothing gates it")))
    return told


def _unknown(run: PastRun, why: str) -> WouldBe:
    """Its place in the report; when it would have gone is what is not known."""
    return WouldBe(run.run, end=run.end, unknown=why)


def _of_locks(runs: Sequence[PastRun], config: Config) -> list[str]:
    predicted = sum(run.locked_at is None for run in runs)
    if not predicted:
        return []
    after = age_text(config.lock_after)
    return [f"when Tier0 locked {predicted} of {len(runs)} runs: {after} after their end, in run order, is taken"]
