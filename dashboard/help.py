"""The shifters' document as a page of the program itself: it is there when nothing else can be reached.

`dashboard/texts/for-shifters.md` is `docs/for-shifters.md`, byte for byte. It is shown without its pictures,
since the reader has the page before him, and without links to other documents, which are not served here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from dash import dcc, html

from dashboard.marks import labelled
from dashboard.query import word_of
from spy.domain.verdict import State

TEXT = Path(__file__).parent / "texts" / "for-shifters.md"
ABOUT = {state: str(state) for state in State}
"""State to the section that tells what it means and what to do."""
_PICTURE = re.compile(r"^!\[[^\]]*\]\([^)]*\)\n", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def helped(state: State) -> dcc.Link:
    """From a state to what it means and what to do."""
    return dcc.Link("What does this mean?", href=f"/help?about={ABOUT[state]}", className="helped")


def help_page(query: str) -> list[Any]:
    """All of it, or one section and the way to the others; a name that no section has shows all."""
    asked = word_of(query, "about")
    title, *rest = sections()
    names = [html.Li(dcc.Link(name, href=f"/help?about={slug(name)}")) for name, _ in rest]
    chosen = [section for section in rest if slug(section[0]) == asked]
    shown = [html.Section([html.H2(name), _text(text)]) for name, text in chosen or rest]
    contents = html.Nav(html.Ul(names), className="contents", **labelled("Sections"))
    intro = [] if chosen else [_text(title[1])]
    return [html.H1(title[0]), *intro, contents, *shown]


@cache
def sections() -> list[tuple[str, str]]:
    """Heading and text; the first is the title with what stands before the first section."""
    text = _LINK.sub(r"\1", _PICTURE.sub("", TEXT.read_text(encoding="utf-8")))
    heads = re.split(r"^##? (.+)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(heads[::2], heads[1::2], strict=True))


def slug(name: str) -> str:
    """As links name a section: `When a run is blocked` is `blocked` if it ends so, else all its words."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return words[-1] if words and words[-1] in ABOUT.values() else "-".join(words)


def _text(markdown: str) -> dcc.Markdown:
    return dcc.Markdown(markdown, className="prose")
