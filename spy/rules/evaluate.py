"""The verdict: a pure function of a situation and a rulebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from spy.clock import iso
from spy.domain.act import Act
from spy.domain.evidence import Scope
from spy.domain.product import Product
from spy.domain.subject import Subject
from spy.domain.verdict import Outcome, Seen, State, Verdict, worst
from spy.expressions import Expression, ExpressionFailed
from spy.rules import calibration, derive
from spy.rules.rulebook import Rule, Rulebook
from spy.rules.situation import Situation
from spy.rules.view import View


def evaluate(situation: Situation, book: Rulebook) -> Verdict:
    """The four-way verdict on one chunk, with every rule's outcome and the values it saw."""
    return of_view(View(situation, book.products, book.classes), book)


def of_view(view: View, book: Rulebook) -> Verdict:
    """The verdict on what the view shows; afterwards the view tells what was read, and when time may change it."""
    situation = view.situation
    for waiver in situation.waivers:
        view.wake(waiver.until)
    required = derive.required_products(view)
    declared = set(derive.declared_producers(view))
    is_declared = derive.knows_what_is_declared(view)
    shown = [p for p in book.products.values() if p.name in required or p.producer in declared]
    outcomes = [_outcome(rule, None, view) for rule in book.rules if rule.scope is Scope.RUN]
    products: dict[str, list[Outcome]] = {}
    for product in shown:
        asked = [_outcome(rule, product, view) for rule in book.rules if rule.scope is Scope.PRODUCT]
        told = [o if is_declared else _if_declared(o) for o in asked if o is not None]
        products[product.name] = [_waived(o, situation.waivers, product.name) for o in told]
    runwide = [_waived(o, situation.waivers, "") for o in outcomes if o is not None]
    exemption = _exemption(view, book)
    always = {rule.name for rule in book.rules if rule.always}
    deciding = [o for o in runwide if o.decides and (exemption is None or o.rule in always)]
    if exemption is None:
        deciding += [o for name in required for o in products[name] if o.decides]
    state = worst([o.state for o in deciding])
    judged = required if exemption is None else ()
    hashes = {tag: h for name in judged for tag, h in calibration.payload_hashes(view, book.products[name]).items()}
    return Verdict(
        chunk=situation.chunk,
        state=state,
        reasons=_reasons(state, deciding, exemption),
        outcomes=(*runwide, *(o for group in products.values() for o in group)),
        payload_hashes=hashes,
        products={name: worst([o.state for o in group if o.decides]) for name, group in products.items()},
        required=required,
        cause=_cause(state, deciding, exemption),
        due_at=view.due_at,
        deadline=_deadline(view),
    )


def _outcome(rule: Rule, product: Product | None, view: View) -> Outcome | None:
    """One rule about the run or one product; None where it does not apply. A rule that raises is unknown, alone."""
    subject = view.situation.product(product.name) if product else view.situation.run
    try:
        if rule.applies is not None:
            applies, seen = _ask(rule.applies, product, view)
            if applies is False:
                return None
            if applies is None:
                return _said(rule, subject, State.UNKNOWN, seen)
        ready, seen = _ask(rule.ready, product, view)
        blocked, more = _ask(rule.blocked, product, view) if rule.blocked else (False, ())
        # The view makes each value once, so that the same one is the same object.
        seen = tuple({id(s): s for s in (*seen, *more)}.values()) if more else seen
    except Exception as broken:
        # Whatever a rule does, it must not take the other rules or the agent with it, and it is never good.
        return Outcome(rule.name, subject, State.UNKNOWN, f"rule {rule.name} failed: {broken}", shadow=rule.shadow)
    state = combined(ready, blocked)
    if state is State.WAITING and product is not None:
        seen = (*seen, derive.lookup(view, "waits_for", product))
    contradicts = ready is True and blocked is True
    return _said(rule, subject, state, seen, " (the rule contradicts itself: ready and blocked)" if contradicts else "")


def combined(ready: bool | None, blocked: bool | None) -> State:
    """The table of what two answers mean; None is unknown."""
    if blocked is True:
        return State.BLOCKED
    if ready is True:
        return State.READY
    if ready is False and blocked is False:
        return State.WAITING
    return State.UNKNOWN


def _ask(expression: Expression, product: Product | None, view: View) -> tuple[bool | None, tuple[Seen, ...]]:
    """True, false, or None when any variable is unknown: then the expression is not even asked."""
    seen = tuple([derive.lookup(view, name, product) for name in expression.names])
    values = tuple([s.value for s in seen if s.value is not None])
    if len(values) < len(seen):
        return None, seen
    try:
        return expression.holds(values), seen
    except ExpressionFailed as failed:
        return None, (*seen, Seen("result", None, "derived", "", None, None, str(failed)))


def _said(rule: Rule, subject: Subject, state: State, seen: tuple[Seen, ...], extra: str = "") -> Outcome:
    """The rule's sentence with what it saw: for people at 3 in the morning."""
    about = subject.rpartition(":")[2] if "/" in subject else rule.name
    unknown = [s.note for s in seen if s.value is None]
    told = unknown if state is State.UNKNOWN and unknown else [_told(s) for s in seen]
    if len(told) > 1:
        # What waits says first what it waits for; what is said within another part is not said twice.
        first = _told(seen[-1]) if state is State.WAITING else None
        parts = dict.fromkeys(told if first is None else sorted(told, key=lambda part: part != first))
        told = [part for part in parts if not any(part in other and part != other for other in parts)]
    detail = "; ".join(told)
    text = f"{about}: {'unknown: ' if state is State.UNKNOWN else ''}{detail}{extra}"
    return Outcome(rule.name, subject, state, text, seen, rule.shadow)


def _told(seen: Seen) -> str:
    """A derived value is told by the comparison behind it, a source's by name and value."""
    if seen.source == "derived" and seen.note:
        return seen.note
    value = iso(seen.value) if isinstance(seen.value, datetime) else seen.value
    return f"{seen.name} ({value})" + (f" {seen.note}" if seen.note else "")


def _if_declared(outcome: Outcome) -> Outcome:
    """Known bad about a product of which nobody knows whether the run declares it: that is unknown."""
    if outcome.state is not State.BLOCKED:
        return outcome
    return replace(outcome, state=State.UNKNOWN, text=f"{outcome.text} (whether the run declares it is unknown)")


def _waived(outcome: Outcome, waivers: Sequence[Act], product: str) -> Outcome:
    for act in waivers:
        if act.rule == outcome.rule and act.product in ("", product) and outcome.state is not State.READY:
            text = f"{outcome.text} [waived by {act.who}: {act.why}]"
            return Outcome(outcome.rule, outcome.subject, State.READY, text, outcome.seen, outcome.shadow, act.who)
    return outcome


def _exemption(view: View, book: Rulebook) -> str | None:
    """Why this run needs no calibration; None where it does, and where that is not known."""
    for exemption in book.exemptions:
        try:
            holds, seen = _ask(exemption.when, None, view)
        except Exception:
            # As with a rule: whatever it does, it takes nothing else with it, and is never good.
            continue
        if holds is True:
            return f"exempt ({exemption.name}): {exemption.text}; {', '.join(_told(s) for s in seen)}"
    return None


def _reasons(state: State, deciding: Sequence[Outcome], exemption: str | None) -> tuple[str, ...]:
    """What made it so; for a ready run its exemption and its waivers."""
    if state is State.READY:
        waived = tuple(o.text for o in deciding if o.waived_by)
        return ((exemption,) if exemption else ()) + waived
    return tuple(o.text for o in deciding if o.state is state)


def _cause(state: State, deciding: Sequence[Outcome], exemption: str | None) -> str:
    """Short name of the first thing that made it so: a product, a service, `earlier run N`, an exemption."""
    if state is State.READY:
        return "exempt" if exemption else ""
    first = next((o for o in deciding if o.state is state), None)
    if first is None:
        return "no rule"
    waits = [s.value for o in deciding if o.state is state for s in o.seen if s.name == "waits_for"]
    earlier = sorted({value for value in waits if isinstance(value, str) and value.startswith("run ")})
    # Only where nothing else is waited for: an earlier run excuses no harvest that has not come.
    if earlier and len(set(waits)) == len(earlier):
        return f"earlier {earlier[0]}"
    return first.subject.rpartition(":")[2] if "/" in first.subject else first.rule


def _deadline(view: View) -> datetime | None:
    end = view.of_run("run_end").value
    return derive.lock_time(view, end) if isinstance(end, datetime) else None
