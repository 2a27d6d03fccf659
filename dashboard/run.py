"""One run: its verdict, every rule's word with the values seen, and everything that happened to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from dash import html

from dashboard.help import helped
from dashboard.history import acts, context, evidence, messages, moves, revisions
from dashboard.marks import SIGNS, at, chip, facts, folded, mark, row, span_of, stage_word, table
from spy.domain.release import Stage
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome, Seen, State
from spy.store.views import RunDetail, RunLine, shown


def run_page(detail: RunDetail, context_only: Collection[str] = ()) -> list[Any]:
    """`context_only` names the probes on which nothing depends."""
    line = detail.line
    parts: list[Any] = [_said(line), _standing(detail), html.H2("What the rules say")]
    if detail.decision is not None:
        parts += _rules(detail)
    parts += context(detail.evidence, context_only)
    parts += [html.H2("What happened"), *revisions(detail.revisions), *moves(detail.moves)]
    parts += [*messages(detail.messages), *acts(detail.acts), *evidence(detail.evidence)]
    return parts


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
            ("As JSON", html.A("API", href=f"/api/v1/runs/{line.run}")),
        ]
    )


def _rules(detail: RunDetail) -> list[Any]:
    """Rules on the run, then its required products; advisory ones are folded away."""
    outcomes = detail.decision.outcomes if detail.decision else ()
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(part_of(Subject(outcome.subject))[1], []).append(outcome)
    worst_first = sorted(detail.line.required, key=lambda name: -detail.line.products.get(name, State.UNKNOWN).rank)
    required = [name for name in worst_first if name in groups]
    parts: list[Any] = [_group("The run itself", groups.get("", []))]
    parts += [_group(name, groups[name], detail.line.products.get(name)) for name in required]
    others = sorted(set(groups) - {"", *required}, key=lambda name: -detail.line.products[name].rank)
    if others or detail.line.untracked:
        inside: list[Any] = [_group(name, groups[name], detail.line.products.get(name)) for name in others]
        inside += [html.P(f"{name}: untracked, no product in the configuration") for name in detail.line.untracked]
        title = f"{len(others) + len(detail.line.untracked)} advisory products: shown, not gating"
        parts.append(folded("advisory", title, *inside))
    return parts


def _group(title: str, outcomes: Sequence[Outcome], state: State | None = None) -> html.Section:
    head = html.H3([title, " ", mark(state)] if state else title)
    return html.Section([head, table(("Vote", "Rule", "Values seen"), [_row(o) for o in outcomes], title, "rules")])


def _row(outcome: Outcome) -> html.Tr:
    tags = [chip("shadow: decides nothing")] if outcome.shadow else []
    tags += [chip(f"waived by {outcome.waived_by}", title=outcome.text)] if outcome.waived_by else []
    values: Any = [_seen(seen) for seen in outcome.seen] or outcome.text
    return row(mark(outcome.state), [outcome.rule, *tags], html.Td(values, title=outcome.text))


def _seen(seen: Seen) -> html.Div:
    source: list[Any] = [f"{seen.source}, seen ", at(seen.seen_at)] if seen.source else []
    source += [", so since ", at(seen.since)] if seen.since else []
    return html.Div(
        [
            html.Code([f"{seen.name} = ", html.B(shown(seen.value) or "none")]),
            html.Span(f" {seen.note}" if seen.note else "", className="note"),
            html.Span([" · ", *source] if source else "", className="quiet"),
        ],
        className="seen",
    )
