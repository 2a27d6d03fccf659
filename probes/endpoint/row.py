"""Which row of an answer speaks, and what a fact becomes from its variables. Pure; whatever is unclear is Missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from probes.endpoint.answer import Missing
from spy.domain.evidence import Value
from spy.expressions import Expression, ExpressionFailed

Variables = Mapping[str, Value | Missing]
FUTURE = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


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


class Rows:
    """The rows of one answer in their order, found by the run that they name in their variable `run`."""

    def __init__(self, rows: Sequence[Variables]) -> None:
        self.all = tuple(enumerate(rows))
        self._of_run: dict[Value, list[tuple[int, Variables]]] = {}
        self._nameless: list[tuple[int, Variables]] = []
        for number, values in self.all:
            run = values.get("run", Missing("no run"))
            whose = self._nameless if isinstance(run, Missing) else self._of_run.setdefault(run, [])
            whose.append((number, values))

    def of_run(self, run: int) -> list[tuple[int, Variables]]:
        """Those of the run and those that do not say of which they are: one of them may be its own."""
        return sorted([*self._of_run.get(run, []), *self._nameless], key=lambda row: row[0])


def picked(
    rows: Iterable[tuple[int, Variables]], where: Expression | None, run: int | None = None, *, last: bool = False
) -> Variables | Missing:
    """The one row that `where` picks, among all or among those of a run.

    A row that cannot be judged may be the one, or a second one: then nothing is picked. Two matches contradict, but
    with `last` the last one counts, and what stands before it does not.
    """
    what = "line" if last else "row"
    matches: list[Variables] = []
    for number, values in reversed(list(rows)) if last else rows:
        named = values.get("run")
        if run is not None and isinstance(named, Missing):
            return Missing(f"{what} {number} cannot be judged: run: {named.why}")
        known = values if run is None else {**values, "run": run}
        holds = result(where, known) if where else True
        if isinstance(holds, Missing):
            return Missing(f"{what} {number} cannot be judged: {holds.why}")
        if holds:
            matches.append(known)
            if last:
                break
    if len(matches) > 1:
        return Missing(f"{len(matches)} rows match where one is expected")
    return matches[0] if matches else Missing(f"no {what} matches")


def fact(
    value: Expression, values: Variables, now: datetime, as_of: str = "", max_age: timedelta | None = None
) -> Told | Missing:
    """The fact's value with the source's own time, which is in the variable `as_of`.

    Missing if it is older than `max_age`, from the future, or of unclear age.
    """
    found = result(value, values)
    if isinstance(found, Missing) or not as_of:
        return found if isinstance(found, Missing) else Told(found, None)
    moment = values[as_of]
    if not isinstance(moment, datetime):
        return Missing(f"of unclear age: {as_of}: {moment.why if isinstance(moment, Missing) else 'no time'}")
    # No age in the text: it would be another reason at each look.
    if max_age is not None and now - moment > max_age:
        return Missing(f"older than {max_age}")
    if moment - now > FUTURE:
        return Missing("from the future: a clock is wrong")
    return Told(found, moment)
