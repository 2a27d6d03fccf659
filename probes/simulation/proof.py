"""A simulated world opens live mode as a site does: with a regret report that somebody acknowledges.

It has no past on which it could prove itself, so its configuration asks for no releases (`UNPROVEN`), and the report,
made over its own store, is as empty as the store. Whoever reads it is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from spy.app import rulebook_of
from spy.config import Config
from spy.probe import Probe
from spy.regret import gate, report
from spy.store import regrets
from spy.store.engine import reading

UNPROVEN: Mapping[str, Any] = {"regret": {"releases": 0, "period": "0s"}}
"""Laid over the configuration of a world without a past."""
WHO = "simulation@example.invalid"
WHY = "a simulated world has no past: its report is empty, and nothing real is released"


def acknowledge(store: Engine, conditions: Engine, config: Config, probes: Mapping[str, Probe], now: datetime) -> int:
    """Make the report on the last week and acknowledge it, by the program's own acts; its number, 0 if not needed."""
    rules, instance = rulebook_of(config, probes).hash, config.agent.instance
    with reading(store) as connection:
        if gate.look(connection, instance, rules, config.regret).is_open:
            return 0
    made = report.made(store, conditions, config, rules, (now - timedelta(days=7), now), now, WHO)
    number = regrets.keep(store, report.row_of(made))
    regrets.acknowledge(store, number, who=WHO, why=WHY, at=now, instance=instance, rulebook=rules, other_rules=False)
    return number
