"""The form of an act: what it would do, then whether it was done. The rights are checked behind it, not here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dash import dcc, html

from dashboard.marks import labelled
from dashboard.query import words_of
from spy.acting.handover import hand_over
from spy.acting.intent import Intent
from spy.acting.perform import Asked, Done, confirm, perform, preview_of
from spy.domain.act import Do
from spy.domain.caller import NEEDS, Caller, Means, Role
from spy.domain.errors import SpyError

WORDS: dict[Do, tuple[str, str]] = {
    Do.ACKNOWLEDGE: ("I am on it", "others see that somebody takes care; changes no release and no mail"),
    Do.KEEP_BACK: ("Keep back", "no early release from us; Tier0's own clock runs on"),
    Do.RELEASE_BACK: ("End a keep-back", "it goes out when it is ready"),
    Do.HOLD_TIER0: ("Hold at Tier0", "Tier0 locks neither this run nor any later one before the end"),
    Do.UNHOLD_TIER0: ("Lift a hold", "what is overdue is locked at once"),
    Do.WAIVE: ("Waive a rule", "its failure is accepted, and shown wherever the run is"),
    Do.WITHDRAW: ("Withdraw a release", "only before Tier0's lock"),
    Do.REQUEUE: ("Send again", "a withdrawn or refused release, if the run is ready"),
    Do.SILENCE: ("Silence", "no mail about it; never changes a release"),
    Do.STOP: ("Stop all sending", "at once; decisions go on, and only an expert resumes"),
    Do.RESUME: ("Resume", "ends a stop, and a halt after an unexpected lock"),
}
FIELDS = ("do", "chunk", "from_run", "to_run", "until", "until_tag", "rule", "product", "why", "who")
"""Ids of the form's fields, behind `act-`, in the order in which `answer` takes them."""

_TEXTS = ("why", "chunk", "until", "until_tag", "rule", "product")


@dataclass(frozen=True, slots=True)
class Choices:
    rules: Sequence[str]
    products: Sequence[str]
    tags: Sequence[str]


def act_page(query: str, caller: Caller, choices: Choices) -> list[Any]:
    """`query` may fill fields: `?do=keep_back&chunk=398602`."""
    given = words_of(query)
    do = given.get("do", "")
    return [
        html.H1("Do something about a run"),
        html.P([_signed(caller), " Look at what it will do before you do it."], className="quiet"),
        html.Div(
            [
                html.Fieldset([html.Legend("What"), _what(do, caller.role)]),
                html.Fieldset([html.Legend("About"), *_about(given)]),
                html.Fieldset([html.Legend("Only for a waiver"), *_waiver(given, choices)]),
                html.Fieldset([html.Legend("Why and until when"), *_why(given, caller, choices)]),
                html.Div(
                    [
                        html.Button("What will it do?", id="act-preview", n_clicks=0),
                        html.Button("Do it", id="act-perform", n_clicks=0, className="strong"),
                    ],
                    className="buttons",
                ),
                html.Div(id="act-answer", role="status"),
            ],
            className="form",
        ),
    ]


def _signed(caller: Caller) -> str:
    return f"Signed by {caller.who}, {caller.role}." if caller.who else "This site has no login: sign with your name."


def _what(chosen: str, role: Role) -> dcc.RadioItems:
    """What the caller may not do is shown all the same: whoever must have it done learns whom to ask."""
    allowed = {do for do in WORDS if role.covers(NEEDS[do])}
    return dcc.RadioItems(
        [_option(do, do in allowed) for do in WORDS], chosen if chosen in allowed else None, id="act-do"
    )


def _option(do: Do, is_allowed: bool) -> Any:
    word, means = WORDS[do]
    more = f" – {means}" if is_allowed else f" – needs the role {NEEDS[do]}: ask one of them"
    label = html.Span([html.Strong(word), html.Span(more, className="quiet")])
    return {"value": str(do), "label": label, "disabled": not is_allowed}


def _about(given: dict[str, str]) -> list[Any]:
    return [
        _field("chunk", "Run, such as 398602", given),
        _field("from_run", "… or this run and every later one", given, type="number"),
        _field("to_run", "… up to this one", given, type="number"),
    ]


def _waiver(given: dict[str, str], choices: Choices) -> list[Any]:
    return [
        _field("rule", "Rule whose failure is accepted", given, list=choices.rules),
        _field("product", "Only for this product; empty: for all", given, list=choices.products),
    ]


def _why(given: dict[str, str], caller: Caller, choices: Choices) -> list[Any]:
    # What was typed stays in the browser's tab: a session that has ended costs nobody their words.
    reason = dcc.Textarea(
        id="act-why", value=given.get("why"), maxLength=2000, persistence=True, persistence_type="session"
    )
    who = _field("who", "Your name or address", given, persist=True)
    return [
        html.Label(["Reason, for those who read it at night", reason]),
        _field("until", "Until: 6h, 2d, or 2026-06-01T12:00:00Z", given),
        _field(
            "until_tag", "… or until this tag holds an interval that begins there or later", given, list=choices.tags
        ),
        html.Div(who, hidden=caller.means is not Means.LOCAL),
    ]


def _field(
    name: str,
    label: str,
    given: dict[str, str],
    *,
    list: Sequence[str] = (),
    type: Literal["text", "number"] = "text",
    persist: bool = False,
) -> html.Label:
    kept: dict[str, Any] = {"persistence": True, "persistence_type": "local"} if persist else {}
    suggested: dict[str, Any] = {"list": f"act-{name}-known"} if list else {}
    # No debounce: it puts the caret back a moment after each letter, so that what is typed fast gets out of order.
    field = dcc.Input(id=f"act-{name}", value=given.get(name), type=type, **kept, **suggested)
    known = html.Datalist([html.Option(value=value) for value in list], id=f"act-{name}-known") if list else None
    return html.Label([label, field, known], **labelled(label))


def answer(asked: Asked, values: Sequence[Any], only_look: bool) -> list[Any]:
    """What came of it, for people; `values` as the form's FIELDS. Every refusal is a sentence."""
    given = dict(zip(FIELDS, values, strict=True))
    if not given["do"]:
        return refused("Choose what to do.")
    asked = signed_by(asked, str(given["who"] or ""))
    texts: dict[str, Any] = {name: str(given[name] or "").strip() for name in _TEXTS}
    try:
        intent = Intent(
            do=Do(given["do"]),
            who=asked.caller.who,
            from_run=int(given["from_run"]) if given["from_run"] else None,
            to_run=int(given["to_run"]) if given["to_run"] else None,
            **texts,
        )
        done = preview_of(asked, intent) if only_look else perform(asked, intent)
    except SpyError as wrong:
        return refused(str(wrong))
    return told(done, only_look)


def agreed(asked: Asked, number: int, who: str) -> list[Any]:
    """The same for a second person's word."""
    try:
        return told(confirm(signed_by(asked, who), number), only_look=False)
    except SpyError as wrong:
        return refused(str(wrong))


def left(asked: Asked, text: str, who: str) -> list[Any]:
    """What came of a handover note."""
    try:
        hand_over(signed_by(asked, who), text)
    except SpyError as wrong:
        return refused(str(wrong))
    return [html.P("✓ Left for the next crew; it stands on Now.", className="said ready")]


def signed_by(asked: Asked, who: str) -> Asked:
    """Where nobody logs in, people say themselves who they are."""
    if asked.caller.means is not Means.LOCAL:
        return asked
    return replace(asked, caller=replace(asked.caller, who=who.strip(), key=who.strip()))


def refused(sentence: str) -> list[Any]:
    return [html.P([html.Strong("✕ Not possible. "), sentence], className="said blocked")]


def told(done: Done, only_look: bool) -> list[Any]:
    effect = html.Ul([html.Li(sentence) for sentence in done.effect])
    if only_look:
        return [html.Div([html.Strong("It would do this; nothing was done yet."), effect], className="said waiting")]
    if done.proposal:
        waits = f"Not done yet: proposal {done.proposal} waits for another person, who agrees on the page Acts."
        return [html.Div([html.Strong(waits), effect], className="said unknown")]
    return [
        html.Div([html.Strong(f"✓ Done: act {done.act.id}, signed {done.act.who}."), effect], className="said ready")
    ]
