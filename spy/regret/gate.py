"""Whether the agent may be live: only with a regret report that a person has read and acknowledged for these rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from spy.clock import age_text
from spy.domain.errors import ConfigError
from spy.sections import RegretSection
from spy.store import regrets
from spy.store.engine import reading

HOW = (
    "run `spy regret --from T --to T`, read the report, and acknowledge it with "
    "`spy regret --acknowledge REPORT --who YOU --why TEXT`"
)


@dataclass(frozen=True, slots=True)
class Gate:
    is_open: bool
    says: str
    report: int | None = None
    """The newest acknowledged one."""


def gate_of(report: Any | None, instance: str, rulebook: str, needs: RegretSection) -> Gate:
    """Pure. `report` is a row of `regret`, the newest that was acknowledged."""
    if report is None:
        return Gate(False, f"live mode needs an acknowledged regret report and there is none: {HOW}")
    about = f"regret report {report.id}, acknowledged by {report.acknowledged_by},"
    lacks = _lacks(report, instance, rulebook, needs)
    if lacks:
        return Gate(False, f"{about} {lacks}: {HOW}", report.id)
    covers = f"covers {report.judged} releases, {report.regrets} of them with regret"
    return Gate(True, f"{about} {covers}", report.id)


def _lacks(report: Any, instance: str, rulebook: str, needs: RegretSection) -> str:
    if report.instance != instance:
        return f"is about instance {report.instance!r}, this is {instance!r}"
    if report.accepted_rulebook != rulebook:
        return f"is for rules {report.accepted_rulebook}, the configuration has {rulebook}"
    if report.judged < needs.releases:
        return f"judges {report.judged} releases under its rules, and regret.releases asks for {needs.releases}"
    span = report.last_at - report.first_at if report.first_at and report.last_at else timedelta(0)
    if span < needs.period:
        return f"spans {age_text(span)} of releases, and regret.period asks for {age_text(needs.period)}"
    return ""


def look(connection: Connection, instance: str, rulebook: str, needs: RegretSection) -> Gate:
    return gate_of(regrets.newest_acknowledged(connection), instance, rulebook, needs)


def insist(store: Engine, instance: str, rulebook: str, needs: RegretSection) -> None:
    """A ConfigError that names the command, unless the agent may be live."""
    with reading(store) as connection:
        gate = look(connection, instance, rulebook, needs)
    if not gate.is_open:
        raise ConfigError([f'agent.mode = "live": {gate.says}'])
