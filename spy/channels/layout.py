"""How a letter looks: one sentence, a list of named lines, the values seen; as plain text and as HTML. Pure."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass

Row = tuple[str, str]
WIDTH = 78


@dataclass(frozen=True, slots=True)
class Page:
    head: str
    rows: tuple[Row, ...]
    evidence: tuple[str, ...]
    """Lines; the values below a rule are indented by two blanks."""


def one_line(text: str) -> str:
    """Line breaks and control characters of a source's words become single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def as_text(page: Page) -> str:
    column = max(len(name) for name, _ in page.rows) + 2
    lines = [textwrap.fill(page.head, WIDTH), ""]
    lines += [_wrapped(name.ljust(column), " " * column, value) for name, value in page.rows]
    if page.evidence:
        lines += ["", "What was seen", *(_wrapped("  ", "      ", line) for line in page.evidence)]
    return "\n".join(lines) + "\n"


def _wrapped(first: str, further: str, text: str) -> str:
    # Addresses and tag names must stay whole, to be clicked and copied.
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first + " " * (len(text) - len(text.lstrip())),
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_html(page: Page) -> str:
    rows = "".join(_row(name, value) for name, value in page.rows)
    seen = "\n".join(html.escape(line) for line in page.evidence)
    evidence = f"<p>What was seen</p>\n<pre>{seen}</pre>\n" if seen else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><body style="font-family: sans-serif">\n'
        f"<p><strong>{html.escape(page.head)}</strong></p>\n<table>\n{rows}</table>\n{evidence}</body></html>\n"
    )


def _row(name: str, value: str) -> str:
    shown = html.escape(value)
    if value.startswith(("http://", "https://")):
        shown = f'<a href="{shown}">{shown}</a>'
    return f'<tr><th align="left" valign="top">{html.escape(name)}</th><td>{shown}</td></tr>\n'
