"""Runs × products: each cell is a state with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.marks import SIGNS, at, broken, chip, mark, run_link, span_of, stage_word, table
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views import RunLine, brief


def grid(lines: Sequence[RunLine], columns: Sequence[str], caption: str, frontier: int | None = None) -> html.Div:
    """One row per run, one column per product that some run requires; runs behind the frontier run say so."""
    heads = ["Run", "Data taking", "Verdict", "Release", *(broken(name) for name in columns), "Advisory"]
    return table(heads, [_row(line, columns, frontier) for line in lines], caption, "grid")


def columns_of(lines: Sequence[RunLine]) -> list[str]:
    """Products that any of these runs requires, in the order of the longest set."""
    sets = sorted((line.required for line in lines), key=len, reverse=True)
    return list(dict.fromkeys(name for required in sets for name in required))


def _row(line: RunLine, columns: Sequence[str], frontier: int | None) -> html.Tr:
    taking = [
        html.Div(line.run_class or ("class not known yet" if line.is_taken else "class unknown"), className="what"),
        html.Div(span_of(line.start, line.end, line.is_taken), className="quiet"),
    ]
    cells = [
        html.Th(run_link(line.run), scope="row"),
        html.Td(taking, className="taking"),
        html.Td(_verdict(line), className="verdict"),
        html.Td(_release(line, frontier), className="release"),
        *(html.Td(_cell(line, name), className="cell") for name in columns),
        html.Td(_advisory(line), className="advisory"),
    ]
    return html.Tr(cells, className="of-taken" if _is_only_taken(line) else f"of-{line.verdict}")


def _is_only_taken(line: RunLine) -> bool:
    """Unknown by nature: what a run needs is known when it has ended."""
    return line.is_taken and line.verdict is State.UNKNOWN


def _verdict(line: RunLine) -> list[Any]:
    if _is_only_taken(line):
        told = "what it needs is known when it has ended"
        return [chip("being taken"), html.Div(told, className="why", title="\n".join(line.reasons))]
    return [
        mark(line.verdict),
        html.Div(line.headline, className="why", title="\n".join(line.reasons)),
    ]


def _release(line: RunLine, frontier: int | None) -> list[Any]:
    word = stage_word(line.stage)
    if line.stage is Stage.NONE and line.verdict is State.READY and frontier not in (None, line.run):
        word = f"waits for {frontier}"
    if line.would_at is not None and not line.stage.is_closed:
        return [html.Div("shadow: not sent"), html.Div(["would be ", at(line.would_at)], className="quiet")]
    shown: list[Any] = [html.Div(word, title=line.detail)]
    if line.stage is not Stage.NONE:
        shown.append(html.Div(["since ", at(line.since)], className="quiet"))
    if line.deadline is not None and not line.stage.is_closed:
        shown.append(html.Div(["Tier0 locks ", at(line.deadline)], className="quiet"))
    about_this = [act for act in line.acts if act.run is not None or act.from_run is not None]
    shown += [html.Div(f"{act.do}: {act.who}", className="act", title=act.why) for act in about_this]
    return shown


def _cell(line: RunLine, product: str) -> Any:
    if product not in line.required:
        return html.Span("not needed" if line.required else "not known yet", className="quiet")
    state = line.products.get(product, State.UNKNOWN)
    return dcc.Link(mark(state), href=f"/run/{line.run}", title=told(line, product))


def told(line: RunLine, product: str) -> str:
    """Why a product is in its state, a rule per line."""
    outcomes = line.decision.about(product) if line.decision else ()
    return "\n".join([product, *(brief(outcome) for outcome in outcomes if outcome.decides)])


def _advisory(line: RunLine) -> Any:
    """Everything that does not gate, in one narrow cell: the worst first."""
    others = {name: state for name, state in line.products.items() if name not in line.required}
    counts = Counter(others.values())
    counts[State.UNKNOWN] += len(line.untracked)
    ranked = sorted((state for state in counts if counts[state]), key=lambda state: -state.rank)
    why = [f"{name}: {state}" for name, state in sorted(others.items(), key=lambda item: -item[1].rank)]
    why += [f"{name}: untracked, no product in the configuration" for name in line.untracked]
    return [
        html.Span([SIGNS[state], f" {counts[state]} {state}"], className=f"small {state}", title="\n".join(why))
        for state in ranked
    ] or html.Span("none", className="quiet")
