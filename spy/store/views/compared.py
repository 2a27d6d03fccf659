"""What one revision of a verdict changed against another one, as both were recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spy.clock import iso
from spy.domain.verdict import Outcome, State
from spy.store.views.decided import Decision


@dataclass(frozen=True, slots=True)
class Vote:
    """One rule on one subject, in both revisions. None: it did not vote in this one."""

    rule: str
    subject: str
    before: Outcome | None
    after: Outcome | None

    @property
    def turned(self) -> bool:
        """Its state changed, and not only what it saw."""
        return _state(self.before) is not _state(self.after)


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else that is not the same; empty: not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Compared:
    before: Decision
    after: Decision
    votes: tuple[Vote, ...]
    """Those that differ: turned ones first, as the later revision has them in order."""
    others: tuple[Other, ...]
    same: int
    """Votes that are the same in both."""


def compared(before: Decision, after: Decision) -> Compared:
    old = {(o.rule, o.subject): o for o in before.outcomes}
    new = {(o.rule, o.subject): o for o in after.outcomes}
    votes = [Vote(*key, old.get(key), new.get(key)) for key in dict.fromkeys([*new, *old])]
    differing = [vote for vote in votes if _said(vote.before) != _said(vote.after)]
    return Compared(
        before=before,
        after=after,
        votes=tuple(sorted(differing, key=lambda vote: not vote.turned)),
        others=tuple(_others(before, after)),
        same=len(votes) - len(differing),
    )


def _state(outcome: Outcome | None) -> State | None:
    return outcome.state if outcome else None


def _said(outcome: Outcome | None) -> Any:
    """All that people read of it; when its values were last seen is no change."""
    return (outcome.state, outcome.text, outcome.shadow, outcome.waived_by) if outcome else None


def _others(before: Decision, after: Decision) -> Iterator[Other]:
    plain: dict[str, Callable[[Decision], str]] = {
        "predicted lock": lambda one: iso(one.deadline) if one.deadline else "",
        "needed products": lambda one: ", ".join(one.required),
        "rulebook": lambda one: one.rulebook[:12],
        "program": lambda one: one.program,
    }
    for name, of in plain.items():
        if (old := of(before)) != (new := of(after)):
            yield Other(name, old, new)
    yield from _mapped("payload in ", before.payload_hashes, after.payload_hashes)
    yield from _mapped("", before.products, after.products)


def _mapped(prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Other]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Other(f"{prefix}{name}", str(before.get(name, "")), str(after.get(name, "")))
