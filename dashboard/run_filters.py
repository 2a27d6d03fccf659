"""Which runs are shown, as the address says it: `?class=collisions&state=blocked,unknown&detector=ECAL`."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard.marks import SIGNS
from dashboard.query import words_of
from dashboard.settings import Settings
from spy.domain.verdict import State
from spy.store.views import Choices, WantedRuns

FIELDS = ("era", "class", "fill", "detector", "state", "person")
"""Of the address, in this order; assets/runs.js has the same."""
LONGEST_FILL = 7


def wanted_of(query: str) -> tuple[WantedRuns, list[str]]:
    """What is asked for, and a sentence for each part that cannot be used."""
    given = words_of(query)
    wrong = [f"The address asks for {name!r}, which is no filter: not used." for name in given if name not in FIELDS]
    fill, states = given.get("fill", ""), set(filter(None, given.get("state", "").split(",")))
    is_number = fill.isascii() and fill.isdigit() and len(fill) <= LONGEST_FILL
    if fill and not is_number:
        wrong.append(f"Fill {fill!r} is no number, such as 11223: not used.")
    if unknown := sorted(states - set(State)):
        wrong.append(f"No state is called {', '.join(map(repr, unknown))}: not used.")
    wanted = WantedRuns(
        era=given.get("era") or None,
        run_class=given.get("class") or None,
        fill=int(fill) if is_number else None,
        detector=given.get("detector") or None,
        states=frozenset(State(state) for state in states & set(State)),
        person=given.get("person") or None,
    )
    return wanted, wrong


def detectors_of(config: Settings) -> list[str]:
    return sorted({product.detector for product in config.products.values()})


def options(chosen: str | None, known: list[str] | tuple[str, ...]) -> list[str]:
    """What may be chosen; what the address names stays, though no run has it."""
    return [*known, *([chosen] if chosen and chosen not in known else [])]


def filters(wanted: WantedRuns, config: Settings) -> html.Div:
    """The form above the grid; eras, classes and persons come a moment later, from the runs themselves."""
    states = [
        {"value": str(state), "label": html.Span([html.Span(SIGNS[state], className="sign"), str(state)])}
        for state in sorted(State, key=lambda state: -state.rank)
    ]
    # No debounce: see act.py. It counts when it is left, or at Enter.
    fill = dcc.Input(
        id="runs-fill", value=str(wanted.fill or ""), inputMode="numeric", placeholder="any", maxLength=LONGEST_FILL
    )
    return html.Div(
        [
            _choice("runs-era", "Era", wanted.era, ()),
            _choice("runs-class", "Class", wanted.run_class, tuple(config.required)),
            html.Label(["Fill", fill], htmlFor="runs-fill"),
            _choice("runs-detector", "Detector", wanted.detector, tuple(detectors_of(config))),
            _choice("runs-person", "Who took care", wanted.person, ()),
            html.Fieldset(
                [
                    html.Legend("State"),
                    dcc.Checklist(states, sorted(wanted.states), id="runs-state", inline=True),
                ]
            ),
            dcc.Link("All runs", href="/runs", id="runs-all"),
        ],
        className="form filters",
        role="search",
    )


def _choice(name: str, label: str, chosen: str | None, known: tuple[str, ...]) -> html.Div:
    menu = dcc.Dropdown(options(chosen, known), chosen, id=name, placeholder="any")
    return html.Div([html.Label(label, htmlFor=name), menu], className="choice")


def known_of(wanted: WantedRuns, choices: Choices, config: Settings) -> tuple[list[str], list[str], list[str]]:
    """Eras, classes, persons."""
    classes = sorted({*config.required, *choices.classes})
    return (
        options(wanted.era, choices.eras),
        options(wanted.run_class, classes),
        options(wanted.person, choices.persons),
    )


def told(found: int, wanted: WantedRuns, wrong: list[str]) -> list[Any]:
    """How many there are; a list that is empty says why."""
    counted = "1 run" if found == 1 else f"{found:,} runs".replace(",", "\u202f")
    if not found:
        counted = "No run is there yet." if wanted.is_all else "No run is like this: take a filter away."
    parts: list[Any] = [html.Span(counted)]
    return parts + [html.Span(f" {sentence}", className="wrong") for sentence in wrong]
