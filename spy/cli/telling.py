"""The rules of an explanation, as text: what each one wants, what it saw, from whom, since when."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from spy.cli import printing
from spy.cli.explanation import Ruled, Weight
from spy.cli.printing import say, shown, utc
from spy.domain.evidence import Evidence
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome, Seen

_HEADS = {
    Weight.DECIDES: "Rules that decide, the worst first",
    Weight.LIFTED: "Rules that do not count, since the run is exempt",
    Weight.ADVISORY: "Advisory: products that this run does not require",
    Weight.SHADOW: "Shadow rules: evaluated and shown, they decide nothing",
}
_MEANS = {
    "absent": "the tag holds no interval at all",
    "inherited": "which fails: the interval is an earlier run's, still open, and was not made for this run",
    "foreign": "the late interval of an earlier run was moved to this one",
    "partial": "which fails: the last interval begins too far before the run's end",
    "aborted": "the harvest failed",
    "vetoed": "the fit itself refused the update",
    "unexplained": "it should be there, and nothing tells why it is not",
    "shifted": "the upload service moved the interval to a later run, which its log calls a success",
    "skipped": "the upload service left the tag out",
    "elsewhere": "the file named other destination tags, and not this one",
    "low_statistics": "too little data",
    "no_update": "nothing moved beyond its limits",
}
"""Values of derived facts in words."""


def tell_rules(rules: Sequence[Ruled], weight: Weight) -> None:
    if rules:
        say()
        say(_HEADS[weight], "bold")
    for ruled in rules:
        _head(ruled)
        for seen in ruled.outcome.seen:
            say(_seen(seen, ruled), indent=11)
        if ruled.behind and weight is Weight.DECIDES:
            say("derived from:", indent=11)
            _facts(ruled.behind)
        if ruled.call and weight in (Weight.DECIDES, Weight.ADVISORY):
            say(f"call {', '.join(ruled.call)}", indent=11)


def tell_context(evidence: Sequence[Evidence]) -> None:
    """What others say about the run, which decides nothing."""
    if evidence:
        say()
        say("Context: what others say, never gating", "bold")
        _facts(evidence)


def _head(ruled: Ruled) -> None:
    outcome, rule = ruled.outcome, ruled.rule
    about = f" of {ruled.product.name}" if ruled.product else _about(outcome)
    shadow = " [shadow]" if outcome.shadow else ""
    wants = f": {rule.text}" if rule else ""
    style = printing.STYLES[outcome.state]
    say(f"{str(outcome.state).upper():<8} {outcome.rule}{about}{shadow}, since {utc(ruled.since)}{wants}", style, 2)
    if outcome.waived_by or not outcome.seen:
        say(outcome.text, indent=11)
    if rule and ruled.weight is Weight.DECIDES and not ruled.is_content:
        say(f"ready when    {rule.ready}", indent=11)
        say(f"blocked when  {rule.blocked or 'never: this rule can only wait'}", indent=11)


def _about(outcome: Outcome) -> str:
    """A product that the configuration does not know any more."""
    kind, name = part_of(Subject(outcome.subject))
    return f" of {name}" if kind == "product" else ""


def _seen(seen: Seen, ruled: Ruled) -> str:
    means = _MEANS.get(str(seen.value), "") if not ruled.is_content else ""
    notes = "; ".join(part for part in (seen.note, means) if part)
    line = f"{seen.name} = {shown(seen.value)}{f' ({notes})' if notes else ''}"
    if seen.source == "derived":
        return line
    about = "" if seen.subject == ruled.outcome.subject else f" about {seen.subject}"
    since = f", since {utc(seen.since)}" if seen.since else ""
    last = f", last seen {utc(seen.seen_at)}" if seen.seen_at else ""
    return f"{line}; from {seen.source or 'nobody'}{about}{since}{last}"


def _facts(evidence: Sequence[Evidence]) -> None:
    """By service and subject, each with its age."""
    for (source, subject), facts in groupby(sorted(evidence, key=_place), key=_place):
        kind, name = part_of(Subject(subject))
        say(f"{source}, about {f'{kind} {name}' if name else f'run {subject}'}", indent=13)
        for e in facts:
            say(_fact(e), indent=15)


def _place(evidence: Evidence) -> tuple[str, str]:
    return evidence.source, evidence.subject


def _fact(evidence: Evidence) -> str:
    problem = f" ({evidence.problem})" if evidence.problem else ""
    since = f", since {utc(evidence.since)}" if evidence.since else ""
    last = ", final" if evidence.final else f", last seen {utc(evidence.seen_at)}"
    return f"{evidence.name} = {shown(evidence.value)}{problem}{since}{last}"
