"""Decisions as they were recorded, with every rule's outcome and the values it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select

from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome, Seen, State
from spy.rules import explain
from spy.rules.explain import shown
from spy.store.engine import reading
from spy.store.tables import DecisionRow, table_of
from spy.store.types import unpacked

_decision = table_of(DecisionRow)
__all__ = ["Decision", "as_decision", "brief", "decision_at", "decisions_after", "last_decision_id", "shown"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One revision of one chunk's verdict."""

    id: int
    """Grows over all chunks: the place in the stream of changes."""
    chunk: str
    run: int
    revision: int
    at: datetime
    verdict: State
    cause: str
    reasons: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    products: Mapping[str, State]
    """Product name to the worst of its rules; advisory products too."""
    required: tuple[str, ...]
    payload_hashes: Mapping[str, str]
    deadline: datetime | None
    """UTC; the predicted lock."""
    rulebook: str
    program: str

    def about(self, product: str) -> tuple[Outcome, ...]:
        """What the rules say about one product."""
        return tuple(o for o in self.outcomes if part_of(Subject(o.subject)) == ("product", product))

    @property
    def headline(self) -> str:
        """The first reason, short; empty for a ready chunk without exemption or waiver."""
        if not self.reasons:
            return ""
        first = self.reasons[0]
        return next((brief(o) for o in self.outcomes if o.text == first), explain.plain_reason(first))

    @property
    def deciding(self) -> Outcome | None:
        """The outcome behind the first reason; None where it is an exemption, or nothing was wrong."""
        return next((o for o in self.outcomes if self.reasons and o.text == self.reasons[0]), None)

    @property
    def missing(self) -> str:
        """The first required calibration that is not there, in words; the headline where it is none of them."""
        of_products = (o for name in self.required for o in self.about(name))
        return next((brief(o) for o in of_products if o.decides and o.state is not State.READY), self.headline)


def brief(outcome: Outcome) -> str:
    """An outcome in half a line, in words for people. All values are in its text and in `seen`."""
    return explain.plain(outcome)


def as_decision(row: Any) -> Decision:
    return Decision(
        id=row.id,
        chunk=row.chunk,
        run=row.run,
        revision=row.revision,
        at=row.at,
        verdict=State(row.verdict),
        cause=row.cause,
        reasons=tuple(row.reasons),
        outcomes=tuple(_outcome(o) for o in row.outcomes),
        products={name: State(state) for name, state in row.products.items()},
        required=tuple(row.required),
        payload_hashes=row.payload_hashes,
        deadline=row.deadline,
        rulebook=row.rulebook,
        program=row.program,
    )


def _outcome(raw: dict[str, Any]) -> Outcome:
    return Outcome(
        rule=raw["rule"],
        subject=raw["subject"],
        state=State(raw["state"]),
        text=raw["text"],
        seen=tuple(_seen(s) for s in raw["seen"]),
        shadow=raw["shadow"],
        waived_by=raw["waived_by"],
    )


def _seen(raw: dict[str, Any]) -> Seen:
    at, since = unpacked(raw["seen_at"]), unpacked(raw["since"])
    return Seen(
        name=raw["name"],
        value=unpacked(raw["value"]),
        source=raw["source"],
        subject=raw["subject"],
        seen_at=at if isinstance(at, datetime) else None,
        since=since if isinstance(since, datetime) else None,
        note=raw["note"],
    )


def decision_at(store: Engine, chunk: str, at: datetime) -> Decision | None:
    """The revision that held at a time; None if nothing was decided by then."""
    query = (
        select(_decision)
        .where(_decision.c.chunk == chunk, _decision.c.at <= at)
        .order_by(_decision.c.revision.desc())
        .limit(1)
    )
    with reading(store) as connection:
        row = connection.execute(query).first()
    return as_decision(row) if row else None


def decisions_after(store: Engine, last_id: int, limit: int = 200) -> list[Decision]:
    """What was decided since one decision, oldest first: a stream is resumed by the id of the last one received."""
    query = select(_decision).where(_decision.c.id > last_id).order_by(_decision.c.id).limit(limit)
    with reading(store) as connection:
        return [as_decision(row) for row in connection.execute(query)]


def last_decision_id(store: Engine) -> int:
    """0 while nothing was decided."""
    with reading(store) as connection:
        return connection.execute(select(func.max(_decision.c.id))).scalar() or 0
