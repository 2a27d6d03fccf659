"""Make stored decisions again, by the very `judge` that made them, and say where the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from spy.agent.basis import unpacked
from spy.agent.board import Board
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
    if gone := missing(facts_on(board, row.run), basis.facts):
        return Again(**made, missing=f"evidence is gone: the store still has {gone}")
    waivers = acts.by_id(connection, basis.waivers) if basis.waivers else []
    if len(waivers) != len(basis.waivers):
        return Again(**made, missing=f"a waiver is gone: acts {', '.join(map(str, basis.waivers))} were in force")
    verdict = judge(board, book, settings, row.run, waivers, basis.now, basis.held_until)
    told_now = decisions.told(verdict)
    differs = tuple(part for part in TOLD if _differs(told_now[part], getattr(row, part)))
    return Again(**made, again=str(verdict.state), reasons=verdict.reasons, differs=differs)


def facts_on(board: Board, run: int) -> tuple[int, int, int]:
    """How many facts a verdict on the run could look at: about services, the run, and earlier runs."""
    return len(board.facts[0]), len(board.facts.get(run, {})), board.earlier.count(run)


def missing(found: tuple[int, int, int], had: tuple[int, int, int]) -> str:
    """What is gone of the facts that a decision stood on; empty: nothing. Of earlier runs more may be known by now."""
    if found[:2] == had[:2] and found[2] >= had[2]:
        return ""
    services, run, earlier = (f"{have} of {there}" for have, there in zip(found, had, strict=True))
    return f"{services} facts about services, {run} about the run and {earlier} about earlier ones"
