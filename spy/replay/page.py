"""What other rules would have changed, as one HTML file: nothing is fetched, no script runs, every word is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

from spy.replay.compare import Comparison
from spy.replay.difference import Difference, Turn, in_words, sentence

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-bottom: 1px solid #8886; }
th { position: sticky; top: 0; background: Canvas; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
ul { margin: 0; padding-left: 1.1rem; }
.before { font-weight: bold; }
"""
_COLUMNS = ("Run", "With the other rules", "Was ready", "Would be ready", "Hours", "Why", "Concerns", "Released")


def html(compared: Comparison, title: str) -> str:
    """The whole page."""
    shown = [one for one in compared.runs if one.turn is not Turn.SAME]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in _COLUMNS)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, shown))}</tbody></table>"
    period = f"Decisions from {_utc(compared.begin)} to {_utc(compared.end)}; rulebook {compared.rulebook}."
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p><strong>{escape(sentence(compared.runs))}</strong></p>
<p>{escape(period)} A run that would have become ready before it was released is marked: whether that would have been
right, its calibrations tell. A run is not listed if it became ready within a minute of the same moment, or never.</p>
{table if shown else "<p>No run would have become ready at another moment.</p>"}
</body>
</html>
"""


def _row(one: Difference) -> str:
    hours = "" if one.hours is None else f"{one.hours:+.1f}"
    concerns = _list((*one.products, *one.detectors, *one.owners))
    early = '<br><span class="before">before it was released</span>' if one.before_release else ""
    cells = (
        f'<th scope="row">{one.run}</th>',
        f"<td>{escape(in_words(one))}{early}</td>",
        f"<td>{_utc(one.stored_ready_at)}</td>",
        f"<td>{_utc(one.ready_at)}</td>",
        f'<td class="number">{hours}</td>',
        f"<td>{_list(one.reasons)}</td>",
        f"<td>{concerns}</td>",
        f"<td>{_utc(one.released_at)}</td>",
    )
    return f'<tr id="run-{one.run}">{"".join(cells)}</tr>\n'


def _list(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
