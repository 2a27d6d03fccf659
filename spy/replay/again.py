"""Make stored decisions again, by the very `judge` that made them, and say where the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from spy.agent.basis import unpacked
from spy.agent.decide import judge
from spy.agent.settings import Settings
from spy.replay.past import Past
from spy.rules.rulebook import Rulebook
from spy.store import acts, decisions
from spy.store.types import json_text

TOLD = ("verdict", "cause", "reasons", "outcomes", "products", "payload_hashes", "required", "deadline")
"""What is compared, byte for byte."""


@dataclass(frozen=True, slots=True)
class Again:
    """One stored decision and what came out when it was made again."""

    run: int
    revision: int
    at: datetime
    stored: str
    """Verdict in the store."""
    rulebook: str
    """Hash of the rules that it was made with."""
    again: str = ""
    """Verdict now; empty: it cannot be made again, see `missing`."""
    reasons: tuple[str, ...] = ()
    """Why it is what it is now."""
    differs: tuple[str, ...] = ()
    """Parts that are not byte for byte the stored ones."""
    missing: str = ""
    """Why it cannot be made again."""


def replay(
    connection: Connection, book: Rulebook, settings: Settings, begin: datetime, end: datetime, run: int | None = None
) -> Iterator[Again]:
    """Every decision from `begin` on and before `end`, in the order in which they were made."""
    past = Past(connection, settings.instance)
    for row in decisions.between(connection, begin, end, run):
        yield _again(connection, past, book, settings, row)


def _differs(told: Any, stored: Any) -> bool:
    """Whether a part is not byte for byte the stored one, which is the text of a JSON value or a plain value."""
    return bool((told if told is None or isinstance(told, str | datetime) else json_text(told)) != stored)


def _again(connection: Connection, past: Past, book: Rulebook, settings: Settings, row: Any) -> Again:
    made = {"run": row.run, "revision": row.revision, "at": row.at, "stored": row.verdict, "rulebook": row.rulebook}
    if row.basis is None:
        return Again(**made, missing="decided before the store kept what a decision stands on")
    basis = unpacked(row.basis)
    board = past.board(basis)
    found = len(board.facts[0]), len(board.facts.get(row.run, {}))
    if found != basis.facts:
        told = f"{found[0]} of {basis.facts[0]} facts about services and {found[1]} of {basis.facts[1]} about the run"
        return Again(**made, missing=f"evidence is gone: the store still has {told}")
    waivers = acts.by_id(connection, basis.waivers) if basis.waivers else []
    if len(waivers) != len(basis.waivers):
        return Again(**made, missing=f"a waiver is gone: acts {', '.join(map(str, basis.waivers))} were in force")
    verdict = judge(board, book, settings, row.run, waivers, basis.now, basis.held_until)
    told_now = decisions.told(verdict)
    differs = tuple(part for part in TOLD if _differs(told_now[part], getattr(row, part)))
    return Again(**made, again=str(verdict.state), reasons=verdict.reasons, differs=differs)
