"""Which row of an answer speaks, and what a fact becomes from its variables. Pure; whatever is unclear is Missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from probes.endpoint.answer import Missing, Reading, variables
from spy.domain.evidence import Value
from spy.expressions import Expression, ExpressionFailed

Variables = Mapping[str, Value | Missing]


@dataclass(frozen=True, slots=True)
class Told:
    value: Value
    as_of: datetime | None


def result(expression: Expression, values: Variables) -> Value | Missing:
    """The expression's value; Missing, before it is asked, if one of its variables is."""
    known: dict[str, Value] = {}
    for name in expression.names:
        value = values[name]
        if isinstance(value, Missing):
            return Missing(f"{name}: {value.why}")
        known[name] = value
    try:
        return expression.value(known)
    except ExpressionFailed as failed:
        return Missing(str(failed))


def picked(rows: Sequence[Any], read: Mapping[str, Reading], where: Expression, run: int) -> Variables | Missing:
    """Variables, with `run`, of the one row that `where` picks.

    A row that cannot be judged may be the one, or a second one: then nothing is picked. Two matches contradict.
    """
    matches: list[Variables] = []
    for number, row in enumerate(rows):
        values: Variables = {**variables(row, read), "run": run}
        holds = result(where, values)
        if isinstance(holds, Missing):
            return Missing(f"row {number} cannot be judged: {holds.why}")
        if holds:
            matches.append(values)
    if len(matches) > 1:
        return Missing(f"{len(matches)} rows match where one is expected")
    return matches[0] if matches else Missing("no row matches")


def fact(
    value: Expression,
    values: Variables,
    now: datetime,
    as_of: Expression | None = None,
    max_age: timedelta | None = None,
) -> Told | Missing:
    """The fact's value with the source's own time; Missing if it is older than `max_age`, or of unclear age."""
    found = result(value, values)
    if isinstance(found, Missing):
        return found
    told_at = result(as_of, values) if as_of else None
    if isinstance(told_at, Missing):
        return Missing(f"of unclear age: {told_at.why}")
    moment = told_at if isinstance(told_at, datetime) else None
    if max_age is not None:
        if moment is None:
            return Missing("of unclear age: the answer gives no time")
        if now - moment > max_age:
            # No age in the text: it would be another reason at each look.
            return Missing(f"older than {max_age}")
    return Told(found, moment)
