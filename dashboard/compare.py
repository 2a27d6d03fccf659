"""Two revisions of a verdict side by side: which rules turned, which only saw other values, what else changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.marks import at, mark, row, table
from dashboard.query import number_of
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome
from spy.store.views import Compared, Decision, Vote, compared

HEADS = ("Rule", "About", "Before", "After")


def compare_part(found: Sequence[Decision], query: str) -> list[Any]:
    """`?from=2&to=5`; what is missing or no revision of this run is the newest one and the one before it."""
    if len(found) < 2:
        return [html.P("There is one revision only." if found else "Nothing was decided yet.", className="quiet")]
    by_number = {one.revision: one for one in found}
    before, after = _asked(query, "from", by_number, found[-2]), _asked(query, "to", by_number, found[-1])
    told = compared(before, after)
    return [_form(list(by_number), before.revision, after.revision), _heads(told), *_differences(told)]


def _asked(query: str, name: str, by_number: dict[int, Decision], otherwise: Decision) -> Decision:
    return by_number.get(number_of(query, name) or 0, otherwise)


def _form(numbers: Sequence[int], before: int, after: int) -> html.Form:
    """Plain HTML: the browser itself puts the choice into the address."""
    return html.Form(
        [
            html.Label(["Revision ", _choice("from", numbers, before)]),
            html.Label([" against ", _choice("to", numbers, after)]),
            html.Button("Compare", type="submit"),
        ],
        method="GET",
        className="compare",
    )


def _choice(name: str, numbers: Sequence[int], chosen: int) -> html.Select:
    options = [html.Option(str(number), value=str(number), selected=number == chosen) for number in numbers]
    return html.Select(options, name=name, id=f"compare-{name}")


def _heads(told: Compared) -> html.Div:
    cells = [
        [f"Revision {one.revision}, ", at(one.at), ": ", mark(one.verdict), f" {one.headline}"]
        for one in (told.before, told.after)
    ]
    return html.Div([html.P(cell) for cell in cells], id="compared")


def _differences(told: Compared) -> list[Any]:
    turned = [_vote(vote) for vote in told.votes if vote.turned]
    saw = [_vote(vote) for vote in told.votes if not vote.turned]
    parts: list[Any] = []
    if turned:
        parts += [html.H3(f"Turned: {len(turned)}"), table(HEADS, turned, "Votes that turned", "rules compared")]
    if saw:
        parts += [
            html.H3(f"Same vote, other values: {len(saw)}"),
            table(HEADS, saw, "Votes on other values", "compared"),
        ]
    if told.others:
        rows = [row(other.name, other.before or "–", other.after or "–") for other in told.others]
        parts += [html.H3("What else changed"), table(("What", "Before", "After"), rows, "What else changed")]
    if not parts:
        parts = [html.P("Nothing that people read is different.")]
    return [*parts, html.P(f"{told.same} votes are the same in both.", className="quiet")]


def _vote(vote: Vote) -> html.Tr:
    about = part_of(Subject(vote.subject))[1] or "the run"
    return row(html.Th(vote.rule, scope="row"), about, _outcome(vote.before), _outcome(vote.after))


def _outcome(outcome: Outcome | None) -> Any:
    if outcome is None:
        return "did not vote"
    waived = f" waived by {outcome.waived_by}" if outcome.waived_by else ""
    return [mark(outcome.state), f" {outcome.text}{waived}"]
