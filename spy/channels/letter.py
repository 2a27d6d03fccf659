"""The wording of the mails about one chunk: what is known, and nothing more. Pure; all times are UTC.

Words of sources and people only ever fill a place: they are made one line here, and escaped in HTML by the layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from spy.channels.layout import Page, as_html, as_text, one_line
from spy.channels.post import Mail
from spy.clock import age_text
from spy.domain.product import Product
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome, Seen, State, Verdict
from spy.rules import explain

SUBJECT_LENGTH = 150
FIRST = "first notification"


def blocked_letter(
    verdict: Verdict,
    product: Product | None,
    *,
    to: str,
    instance: str,
    since: datetime,
    now: datetime,
    page_url: str,
    notification: str = FIRST,
) -> Mail:
    """To an owner of one product, or with None about a rule of the whole run to the crew.

    `since`: when the chunk was first decided to be so. `page_url`: the page of this chunk.
    """
    found = [o for o in verdict.outcomes if o.decides and o.state is verdict.state and _is_about(o, product)]
    reasons = _sentences(found) or [one_line(reason) for reason in verdict.reasons] or ["no reason was recorded"]
    headline = _named(product.name if product else one_line(verdict.cause), reasons[0])
    rows = (
        ("Instance", instance),
        ("Run", str(verdict.chunk)),
        ("Detector", product.detector if product else "none in particular: it is about the whole run"),
        ("Calibration", f"{product.name}, record {product.record}" if product else "none in particular"),
        ("Cause", "; ".join(reasons)),
        ("Effect", "no early release while this stands; later runs wait too, since Tier0 locks in run order"),
        ("Since", f"{_utc(since)}, {age_text(now - since)} before this mail"),
        ("Next", _next(verdict.deadline, now)),
        ("Who can act", ", ".join(product.owners) if product and product.owners else "the shift crew"),
        ("Page", page_url),
        ("Why this mail", notification),
    )
    state = verdict.state.value
    page = Page(f"Run {verdict.chunk} is {state}: {headline}.", rows, _evidence(found))
    return _mail(page, f"run {verdict.chunk} {state}: {headline}", verdict, to, instance, now)


def overtaken_letter(
    verdict: Verdict,
    *,
    to: str,
    instance: str,
    lock_seen_at: datetime,
    now: datetime,
    page_url: str,
    kept: str = "",
    notification: str = FIRST,
) -> Mail:
    """To the crew: Tier0 went ahead by its own clock.

    `verdict`: the last one before. `kept`: why nothing was sent although all was ready (kept back by whom and why,
    refused, shadow mode); empty if that is not known.
    """
    found = [o for o in verdict.outcomes if o.decides and o.state is not State.READY and _gates(o, verdict)]
    found.sort(key=lambda o: -o.state.rank)
    reasons = _sentences(found) or [one_line(reason) for reason in verdict.reasons] or ["no reason was recorded"]
    if verdict.state is State.READY:
        reasons = [f"everything was in place; not released because: {one_line(kept) or 'no reason was recorded'}"]
    products = sorted({name for kind, name in map(_part, found) if kind == "product"})
    rows = (
        ("Instance", instance),
        ("Run", str(verdict.chunk)),
        ("Calibration", ", ".join(products) or "none in particular"),
        ("Cause", f"last verdict {verdict.state.value}: {'; '.join(reasons)}"),
        ("Effect", _EFFECT[verdict.state]),
        ("Since", f"{_utc(lock_seen_at)}, when we first saw the lock; it was made before that"),
        ("Next", "Tier0 starts prompt reconstruction by its own clock; what is uploaded now goes to a later run"),
        ("Who can act", "the shift crew, with the coordinators if the data must be done again"),
        ("Page", page_url),
        ("Why this mail", notification),
    )
    head = f"Tier0 locked run {verdict.chunk} by its own clock, without a release from us."
    page = Page(head, rows, _evidence(found))
    return _mail(page, f"run {verdict.chunk} overtaken: {reasons[0]}", verdict, to, instance, now)


_AS_IT_WAS = "the run is reconstructed with what the database held at the lock; "
_EFFECT = {
    State.READY: "the data waited for Tier0's own clock although nothing was missing",
    State.WAITING: _AS_IT_WAS + "what is named above had not come when we last looked",
    State.UNKNOWN: _AS_IT_WAS + "what is named above could not be seen",
    State.BLOCKED: _AS_IT_WAS + "what is named above was wrong when we last looked",
}


def _part(outcome: Outcome) -> tuple[str, str]:
    return part_of(Subject(outcome.subject))


def _gates(outcome: Outcome, verdict: Verdict) -> bool:
    """Advisory products are shown on the page; a mail about what was missing leaves them out."""
    kind, name = _part(outcome)
    return kind != "product" or name in verdict.required


def _is_about(outcome: Outcome, product: Product | None) -> bool:
    kind, name = _part(outcome)
    return (kind, name) == ("product", product.name) if product else kind != "product"


def _sentences(outcomes: Sequence[Outcome]) -> list[str]:
    """As the page says it; the rule's own text, with its values, where there are no other words for it."""
    told = [explain.in_words(outcome) or outcome.text for outcome in outcomes]
    return [one_line(text).rstrip(".") for text in dict.fromkeys(told) if text.strip()]


def _named(name: str, reason: str) -> str:
    return reason if not name or name in reason else f"{name}, {reason}"


def _next(deadline: datetime | None, now: datetime) -> str:
    if deadline is None:
        return "no end of the run is known, so that Tier0's own lock cannot be predicted"
    if deadline <= now:
        return f"Tier0's own lock was predicted for {_utc(deadline)}; we have not seen it yet"
    return (
        f"if nothing changes, Tier0 locks the run by its own clock, predicted for {_utc(deadline)}, "
        f"in {age_text(deadline - now)}; what is uploaded after the lock goes to a later run"
    )


def _evidence(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    lines: list[str] = []
    for outcome in outcomes:
        lines += [f"{outcome.rule} ({outcome.state.value})", *(f"  {_seen(seen)}" for seen in outcome.seen)]
    return tuple(lines)


def _seen(seen: Seen) -> str:
    value = _utc(seen.value) if isinstance(seen.value, datetime) else one_line(str(seen.value))
    shown = "unknown" if seen.value is None else value
    note = f" ({one_line(seen.note)})" if seen.note else ""
    when = f", seen {_utc(seen.seen_at)}" if seen.seen_at else ""
    since = f", so since {_utc(seen.since)}" if seen.since else ""
    return f"{seen.name} = {shown}{note}: {seen.source}, {seen.subject}{when}{since}"


def _mail(page: Page, title: str, verdict: Verdict, to: str, instance: str, now: datetime) -> Mail:
    subject = f"[spy {instance}] {title}"
    short = subject if len(subject) <= SUBJECT_LENGTH else subject[: SUBJECT_LENGTH - 1].rstrip() + "…"
    return Mail(to, short, as_text(page), as_html(page), f"run-{verdict.chunk.run}.{instance}", now)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
