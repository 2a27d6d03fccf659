"""One run: its verdict, every rule's word with the values seen, and everything that happened to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from dash import dcc, html

from dashboard.compare import compare_part
from dashboard.help import helped
from dashboard.history import acts, context, evidence, messages, moves, revisions
from dashboard.marks import SIGNS, at, chip, facts, folded, mark, row, span_of, stage_word, table
from dashboard.paths import to_form
from dashboard.settings import Settings
from dashboard.sources import sources_part
from dashboard.timeline import timeline_part
from dashboard.trouble import panel
from spy.clock import age_text
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome, Seen, State
from spy.store.views import Happened, RunDetail, RunLine, shown

DERIVED = "derived"
"""Source of values that a rule made of others in the moment of judging: they have no age of their own."""


def run_page(
    detail: RunDetail, happened: Callable[[], Sequence[Happened]], now: datetime, query: str, config: Settings
) -> list[Any]:
    """`happened` is the run's timeline, `now` where it ends while it goes on. A part that fails says so by itself."""
    return [
        _said(detail.line),
        _buttons(detail.line.run),
        _standing(detail),
        *panel("Links to the sources", lambda: sources_part(detail, config)),
        html.H2("From beam to reconstruction"),
        *panel("The timeline", lambda: timeline_part(happened(), now)),
        html.H2("What the rules say"),
        *panel("What the rules say", lambda: _rules(detail) if detail.decision else []),
        *panel("The context", lambda: context(detail.evidence, config.context)),
        html.H2("What changed", id="changed"),
        *panel("The comparison", lambda: compare_part(detail.revisions, query)),
        html.H2("What happened"),
        *panel("What happened", lambda: _happened(detail)),
    ]


def _happened(detail: RunDetail) -> list[Any]:
    parts = [*revisions(detail.revisions), *moves(detail.moves)]
    return [*parts, *messages(detail.messages), *acts(detail.acts), *evidence(detail.line.run, len(detail.evidence))]


def missing_page(path: str) -> list[Any]:
    return [html.H1("Nothing here"), html.P(f"There is no page {path!r}, or the agent never followed this run.")]


def _said(line: RunLine) -> html.Section:
    state = line.verdict
    reasons = [html.Li(reason) for reason in line.reasons]
    return html.Section(
        [
            html.Div([html.Span(SIGNS[state], className="sign"), str(state), helped(state)], className="head"),
            html.H1(f"Run {line.run}: {line.headline or 'every calibration that it needs is in place'}", id="sentence"),
            folded("reasons", _counted(len(reasons)), html.Ul(reasons)) if reasons else None,
        ],
        className=f"said {state}",
    )


def _buttons(run: int) -> html.P:
    """To the form, filled in."""
    on_it = dcc.Link("I am on it", href=to_form(Do.ACKNOWLEDGE, run))
    return html.P([on_it, dcc.Link("Do something", href=to_form(run=run))], className="buttons")


def _counted(reasons: int) -> str:
    return "The reason in full" if reasons == 1 else f"All {reasons} reasons in full"


def _standing(detail: RunDetail) -> html.Dl:
    line, decision = detail.line, detail.decision
    return facts(
        [
            ("Class", line.run_class or "unknown"),
            ("Data taking", span_of(line.start, line.end, line.is_taken)),
            (
                "Release",
                stage_word(line.stage)
                if line.stage is Stage.NONE
                else [stage_word(line.stage), ", since ", at(line.since)],
            ),
            ("Detail", line.detail or "–"),
            ("Predicted lock", at(line.deadline, "not known yet")),
            ("Decided", [at(decision.at), f", revision {decision.revision}"] if decision else "nothing yet"),
            ("Rulebook", [decision.rulebook[:12], f", program {decision.program}"] if decision else "–"),
        ]
    )


def _rules(detail: RunDetail) -> list[Any]:
    """Rules on the run, then its required products; advisory ones are folded away."""
    outcomes = detail.decision.outcomes if detail.decision else ()
    decided = detail.decision.at if detail.decision else None
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(part_of(Subject(outcome.subject))[1], []).append(outcome)
    worst_first = sorted(detail.line.required, key=lambda name: -detail.line.products.get(name, State.UNKNOWN).rank)
    required = [name for name in worst_first if name in groups]
    parts: list[Any] = [_group("The run itself", groups.get("", []), decided=decided)]
    parts += [_group(name, groups[name], detail.line.products.get(name), decided) for name in required]
    others = sorted(set(groups) - {"", *required}, key=lambda name: -detail.line.products[name].rank)
    if others or detail.line.untracked:
        inside: list[Any] = [_group(name, groups[name], detail.line.products.get(name), decided) for name in others]
        inside += [html.P(f"{name}: untracked, no product in the configuration") for name in detail.line.untracked]
        title = f"{len(others) + len(detail.line.untracked)} advisory products: shown, not gating"
        parts.append(folded("advisory", title, *inside))
    return parts


def _group(
    title: str, outcomes: Sequence[Outcome], state: State | None = None, decided: datetime | None = None
) -> html.Section:
    head = html.H3([title, " ", mark(state)] if state else title)
    rows = [_row(outcome, decided) for outcome in outcomes]
    return html.Section([head, table(("Vote", "Rule", "Values seen"), rows, title, "rules")])


def _row(outcome: Outcome, decided: datetime | None) -> html.Tr:
    tags = [chip("shadow: decides nothing")] if outcome.shadow else []
    tags += [chip(f"waived by {outcome.waived_by}", title=outcome.text)] if outcome.waived_by else []
    values: Any = [_seen(seen, decided) for seen in outcome.seen] or outcome.text
    return row(mark(outcome.state), [outcome.rule, *tags], html.Td(values, title=outcome.text))


def _seen(seen: Seen, decided: datetime | None) -> html.Div:
    source: list[Any] = [f"{seen.source}, seen ", at(seen.seen_at)] if seen.source else []
    if seen.source not in ("", DERIVED) and seen.seen_at is not None and decided is not None:
        source.append(f", {age_text(max(decided - seen.seen_at, timedelta(0)))} old when it was judged")
    source += [", so since ", at(seen.since)] if seen.since else []
    return html.Div(
        [
            html.Code([f"{seen.name} = ", html.B(shown(seen.value) or "none")]),
            html.Span(f" {seen.note}" if seen.note else "", className="note"),
            html.Span([" · ", *source] if source else "", className="quiet"),
        ],
        className="seen",
    )
