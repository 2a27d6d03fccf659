"""Why a run is what it is: the decision in force at a time, with everything an expert would ask next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spy.cli.behind import behind
from spy.clock import age_text
from spy.config import Config
from spy.domain.act import Act
from spy.domain.evidence import Evidence
from spy.domain.product import Product
from spy.domain.release import Stage
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome, State
from spy.sections import RuleSection
from spy.store.views import Decision, Message, Move, RunDetail

Known = Mapping[tuple[Subject, str], Evidence]


class Weight(StrEnum):
    """What a rule's outcome counts for this run, the heaviest first."""

    DECIDES = "decides"
    LIFTED = "lifted: the run is exempt"
    ADVISORY = "advisory: not required of this run"
    SHADOW = "shadow: decides nothing"


@dataclass(frozen=True, slots=True)
class Ruled:
    """One rule about one subject of the run."""

    outcome: Outcome
    product: Product | None
    """None: about the run as a whole."""
    weight: Weight
    rule: RuleSection | None
    """As the configuration has it now; None if it has no such rule any more."""
    since: datetime
    """UTC; of the decision from which on this rule said so."""
    behind: tuple[Evidence, ...]
    """The facts from which its derived values are made; for a rule that is content none."""
    call: tuple[str, ...]
    """Who can act; empty for a rule that is content or waits normally."""

    @property
    def is_content(self) -> bool:
        return self.outcome.state is State.READY and not self.outcome.waived_by


@dataclass(frozen=True, slots=True)
class Explanation:
    chunk: str
    at: datetime
    decision: Decision
    since: datetime
    """UTC; the decision from which on the verdict was the same."""
    stage: Stage
    moves: tuple[Move, ...]
    rules: tuple[Ruled, ...]
    context: tuple[Evidence, ...]
    """What probes said on which nothing depends."""
    acts: tuple[Act, ...]
    in_force: tuple[bool, ...]
    """Of each act, at that time."""
    messages: tuple[Message, ...]
    would_at: datetime | None
    """Shadow: when it would have been released."""
    next_step: str
    call: tuple[str, ...]


def explained(
    detail: RunDetail,
    known: Known,
    config: Config,
    at: datetime,
    later_runs: Sequence[int],
    held_until: datetime | None,
) -> Explanation | None:
    """None if nothing was decided by then. `held_until`: the end of a hold that Tier0 had accepted by then."""
    past = [decision for decision in detail.revisions if decision.at <= at]
    if not past:
        return None
    decision, moves = past[-1], tuple(move for move in detail.moves if move.at <= at)
    stage = moves[-1].after if moves else Stage.NONE
    acts = tuple(act for act in detail.acts if act.at <= at)
    rules = sorted((_ruled(o, past, known, config) for o in decision.outcomes), key=_order)
    would_at = detail.line.would_at
    calls = [who for ruled in rules if ruled.weight is Weight.DECIDES for who in ruled.call]
    return Explanation(
        chunk=decision.chunk,
        at=at,
        decision=decision,
        since=_unchanged_since(past),
        stage=stage,
        moves=moves,
        rules=tuple(rules),
        context=_context(known, config),
        acts=acts,
        in_force=tuple(act.is_active(at) for act in acts),
        messages=tuple(message for message in detail.messages if message.created_at <= at),
        would_at=would_at if would_at and would_at <= at else None,
        next_step=" ".join(_next(decision, stage, at, later_runs, held_until)),
        call=tuple(dict.fromkeys(calls)),
    )


def _context(known: Known, config: Config) -> tuple[Evidence, ...]:
    return tuple(e for _, e in sorted(known.items()) if e.source in config.context)


def _order(ruled: Ruled) -> tuple[int, int]:
    return list(Weight).index(ruled.weight), -ruled.outcome.state.rank


def _unchanged_since(past: Sequence[Decision]) -> datetime:
    since = past[-1].at
    for decision in reversed(past):
        if decision.verdict is not past[-1].verdict:
            return since
        since = decision.at
    return since


def _ruled(outcome: Outcome, past: Sequence[Decision], known: Known, config: Config) -> Ruled:
    product = _product(outcome, config)
    content = outcome.state is State.READY and not outcome.waived_by
    derived = [seen.name for seen in outcome.seen if seen.source == "derived"]
    decision = past[-1]
    return Ruled(
        outcome=outcome,
        product=product,
        weight=_weight(outcome, decision, config),
        rule=next((rule for rule in config.rule if rule.name == outcome.rule), None),
        since=_said_since(outcome, past),
        behind=() if content else tuple(behind(derived, known, config.agent.instance, decision.run, product)),
        call=_call(outcome, product, config),
    )


def _product(outcome: Outcome, config: Config) -> Product | None:
    kind, name = part_of(Subject(outcome.subject))
    return config.products.get(name) if kind == "product" else None


def _weight(outcome: Outcome, decision: Decision, config: Config) -> Weight:
    if outcome.shadow:
        return Weight.SHADOW
    if not _is_required(outcome, decision):
        return Weight.ADVISORY
    always = {rule.name for rule in config.rule if rule.always}
    lifted = outcome.rule not in always and _is_exempt(decision, always)
    return Weight.LIFTED if lifted else Weight.DECIDES


def _is_exempt(decision: Decision, always: Collection[str]) -> bool:
    """A verdict is as bad as the worst rule that decides: one that is worse than the verdict did not decide."""
    return decision.cause == "exempt" or any(
        o.state.rank > decision.verdict.rank and not o.shadow and o.rule not in always and _is_required(o, decision)
        for o in decision.outcomes
    )


def _is_required(outcome: Outcome, decision: Decision) -> bool:
    kind, name = part_of(Subject(outcome.subject))
    return kind != "product" or name in decision.required


def _said_since(outcome: Outcome, past: Sequence[Decision]) -> datetime:
    """Back through the revisions while the same rule said the same about the same."""
    since = past[-1].at
    for decision in reversed(past):
        same = (outcome.rule, outcome.subject, outcome.state, outcome.waived_by)
        if same not in ((o.rule, o.subject, o.state, o.waived_by) for o in decision.outcomes):
            return since
        since = decision.at
    return since


def _call(outcome: Outcome, product: Product | None, config: Config) -> tuple[str, ...]:
    """Owners of a product that is blocked or unknown; the crew where it is nobody's calibration."""
    if outcome.state not in (State.BLOCKED, State.UNKNOWN):
        return ()
    if product and product.owners and outcome.state is State.BLOCKED:
        return product.owners
    return tuple(config.mail.crew)


def _next(
    decision: Decision, stage: Stage, at: datetime, later_runs: Sequence[int], held_until: datetime | None
) -> Iterable[str]:
    """What happens without anybody doing anything."""
    if stage.is_closed:
        yield "Tier0 has passed the run: nothing changes it any more, and what is uploaded now goes to a later run."
        return
    yield _STEPS.get(stage) or _UNDECIDED[decision.verdict]
    if decision.verdict is not State.READY and later_runs:
        yield f"Later open runs wait behind it, since Tier0 locks in run order: {', '.join(map(str, later_runs))}."
    lock = max(decision.deadline, held_until) if decision.deadline and held_until else decision.deadline
    if lock is None:
        yield "The end of the run is not known, so that Tier0's own lock cannot be predicted."
    elif lock <= at:
        yield f"Tier0's own lock was predicted for {_utc(lock)} and was not seen yet."
    else:
        yield (
            f"Tier0 locks the run by its own clock at about {_utc(lock)}, in {age_text(lock - at)}; "
            "what is uploaded after the lock goes to a later run."
        )


_UNDECIDED = {
    State.READY: "It is released in its turn, unless the agent runs in shadow mode.",
    State.WAITING: "It is released as soon as the rest has come; nobody needs to do anything.",
    State.UNKNOWN: "It is not released while this is unknown.",
    State.BLOCKED: "It is not released before this is repaired, or the rule is waived.",
}
_STEPS = {
    Stage.QUEUED: "Its release is being sent.",
    Stage.SENT: "Tier0's answer to its release is awaited.",
    Stage.AMBIGUOUS: "Tier0 is asked whether it has the release.",
    Stage.ACCEPTED: "Tier0 has the release and locks the run with its next cycle.",
    Stage.REFUSED: "Tier0 refused the release; it is sent again only when a person asks for it (spy requeue).",
    Stage.WITHDRAWN: "The release was taken back; it is sent again only when a person asks for it (spy requeue).",
    Stage.KEPT_BACK: "A person keeps it back.",
}


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
