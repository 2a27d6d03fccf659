"""A regret report: every would-be release of a period with its word, and one line that can be quoted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Engine

from spy import __version__
from spy.clock import iso
from spy.config import Config
from spy.domain.since import shown
from spy.regret.asking import GlobalTag, judged
from spy.regret.late import Judged, Late, Owner, Word, WouldBe, owners_of
from spy.regret.releases import recorded
from spy.store.engine import reading


@dataclass(frozen=True, slots=True)
class Report:
    instance: str
    begin: datetime
    end: datetime
    rulebook: str
    """Hash of the present rules; only what they would have released proves them."""
    made_at: datetime
    made_by: str
    runs: tuple[Judged, ...]
    unasked: tuple[str, ...] = ()
    """Tags of the prompt global tags about which nothing can be asked."""
    is_past: bool = False
    """From insertion times alone: no rules were asked."""
    held: tuple[tuple[int, str], ...] = ()
    """Runs that would not have gone before the lock, and why (from insertion times alone)."""
    cannot_know: tuple[str, ...] = ()
    """What the way in which it was made leaves open, in sentences."""

    @property
    def own(self) -> list[Judged]:
        """Releases of the present rules; all, where no rules were asked."""
        return [one for one in self.runs if self.is_past or one.release.rulebook == self.rulebook]

    @property
    def regrets(self) -> list[Judged]:
        return [one for one in self.own if one.word is Word.REGRET]

    @property
    def known(self) -> list[Judged]:
        return [one for one in self.own if one.word is not Word.UNKNOWN]

    @property
    def is_clean(self) -> bool:
        """Nothing in it is bad news, of these rules or of others."""
        return all(one.word is Word.NONE for one in self.runs)


def made(
    store: Engine, conditions: Engine, config: Config, rulebook: str, period: tuple[datetime, datetime], now: datetime,
    who: str = "",
) -> Report:  # fmt: skip
    """The report on what an agent recorded in a period; a StoreError if our own store does not answer."""
    begin, end = period
    with reading(store) as connection:
        releases = recorded(connection, begin, end, config.agent.instance, config.tier0.prompt_global_tag)
    return judged_report(releases, conditions, config, rulebook, period, now, who)


def judged_report(
    releases: Sequence[WouldBe], conditions: Engine, config: Config, rulebook: str, period: tuple[datetime, datetime],
    now: datetime, who: str = "", cannot_know: Sequence[str] | None = None,
) -> Report:  # fmt: skip
    """`cannot_know` is given for what was found by insertion times alone."""
    runs, maps = judged(releases, conditions, owners(config), now)
    return Report(
        instance=config.agent.instance,
        begin=period[0],
        end=period[1],
        rulebook=rulebook,
        made_at=now,
        made_by=who,
        runs=tuple(runs),
        unasked=_unasked(maps),
        is_past=cannot_know is not None,
        cannot_know=tuple(cannot_know or ()),
    )


def owners(config: Config) -> dict[str, Owner]:
    return owners_of(config.products, config.online_tags)


def _unasked(maps: dict[str, GlobalTag]) -> tuple[str, ...]:
    return tuple(sorted({tag for found in maps.values() for tag in found.unasked}))


def summary(report: Report) -> str:
    """One line for a coordinator."""
    own, known, regrets = report.own, report.known, report.regrets
    how = "from insertion times alone" if report.is_past else f"under rules {report.rulebook}"
    first = f"{len(own)} would-be releases from {report.begin:%Y-%m-%d} to {report.end:%Y-%m-%d} {how}: "
    parts = [f"{len(known) - len(regrets)} without regret", _with_regret(regrets), f"{len(own) - len(known)} unknown"]
    if report.held:
        parts.append(f"{len(report.held)} more would not have gone before the lock")
    if others := len(report.runs) - len(own):
        parts.append(f"{others} more under other rules, not counted")
    return f"{first}{', '.join(parts)}.{_earlier(known)}"


def _with_regret(regrets: Sequence[Judged]) -> str:
    late = [one for judged in regrets for one in judged.regrets]
    if not late:
        return f"{len(regrets)} with regret"
    (tag, times), *_ = Counter(one.tag for one in late).most_common(1)
    slowest = max(one.delay for one in late)
    return (
        f"{len(regrets)} with regret ({len(late)} late intervals, most often in {tag}: {times}; "
        f"the last one {_hours(slowest)} h after its release)"
    )


def _earlier(known: Sequence[Judged]) -> str:
    spans = ((one.release.released_at, one.release.locked_at) for one in known)
    gained = [(lock - went).total_seconds() / 3600 for went, lock in spans if went and lock]
    return f" Half of them would have gone more than {median(gained):.1f} h before the lock." if gained else ""


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f}"


def row_of(report: Report) -> dict[str, Any]:
    """The report as the store keeps it."""
    known = report.known
    times = [one.release.released_at for one in known if one.release.released_at]
    return {
        "made_at": report.made_at,
        "made_by": report.made_by,
        "instance": report.instance,
        "begin": report.begin,
        "until": report.end,
        "rulebook": report.rulebook,
        "program": __version__,
        "judged": len(known),
        "regrets": len(report.regrets),
        "unknown": len(report.own) - len(known),
        "first_at": min(times, default=None),
        "last_at": max(times, default=None),
        "summary": summary(report),
        "body": {"runs": [told(one) for one in report.runs], "unasked_tags": list(report.unasked)},
    }


def told(one: Judged) -> dict[str, Any]:
    """One release for programs. Times are ISO 8601, durations seconds; `since` is text, since it exceeds 2^53."""
    release = one.release
    return {
        "run": release.run,
        "word": str(one.word),
        "why": one.why,
        "released_at": iso(release.released_at) if release.released_at else None,
        "locked_at": iso(release.locked_at) if release.locked_at else None,
        "run_end": iso(release.end) if release.end else None,
        "global_tag": release.global_tag,
        "rulebook": release.rulebook,
        "was_sent": release.was_sent,
        "note": release.note,
        "late": [_told(late) for late in one.late],
    }


def _told(late: Late) -> dict[str, Any]:
    return {
        "tag": late.tag,
        "since": str(late.since),
        "since_shown": shown(late.base, late.since),
        "base": late.base,
        "effect": str(late.effect),
        "inserted_at": iso(late.inserted_at),
        "delay_s": late.delay.total_seconds(),
        "payload_hash": late.payload_hash,
        "before": late.before,
        "author": late.author,
        "text": late.text,
        "record": late.record,
        "product": late.product,
        "detector": late.detector,
        "owners": list(late.owners),
    }
