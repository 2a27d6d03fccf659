"""What other rules would have changed, for people and for programs."""

from __future__ import annotations

from pathlib import Path

from spy.cli import printing
from spy.cli.printing import say, utc
from spy.domain.errors import ActError
from spy.replay.compare import Comparison
from spy.replay.difference import Difference, Turn, in_words, sentence
from spy.replay.page import html

TITLE = "What other rules would have changed"


def answer(compared: Comparison) -> None:
    """JSON: the counts, and every run."""
    counts = {str(turn): sum(one.turn is turn for one in compared.runs) for turn in Turn}
    printing.answer(
        {
            "rulebook": compared.rulebook,
            "from": compared.begin,
            "to": compared.end,
            "counts": counts,
            "decided": compared.decided,
            "runs": compared.runs,
        }
    )


def tell(compared: Comparison) -> None:
    say(sentence(compared.runs))
    shown = [one for one in compared.runs if one.turn is not Turn.SAME]
    if shown:
        printing.table(("run", "with other rules", "was ready", "would be", "why", "concerns"), map(_row, shown))


def write(compared: Comparison, file: Path) -> None:
    try:
        file.write_text(html(compared, TITLE), encoding="utf-8")
    except OSError as wrong:
        raise ActError(f"--html {file}: cannot be written: {wrong.strerror}") from None


def _row(one: Difference) -> tuple[str, ...]:
    words = in_words(one) + (", before it was released" if one.before_release else "")
    concerns = ", ".join((*one.products, *one.detectors, *one.owners))
    return str(one.run), words, utc(one.stored_ready_at), utc(one.ready_at), "; ".join(one.reasons), concerns
