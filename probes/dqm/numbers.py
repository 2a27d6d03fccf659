"""The numbers of one product, asked of its sample: each histogram once in a look, whoever needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from probes.dqm.answer import Histogram, Sample
from probes.dqm.gui import Gui
from probes.dqm.reduce import number as reduced
from spy.domain.errors import NoAnswer, Unreadable
from spy.domain.evidence import Evidence, unknown
from spy.domain.number import Number
from spy.domain.subject import Subject

NUMBER, SOURCE = "number", "dqm"
Answers = dict[str, Histogram | NoAnswer | Unreadable]


def read_numbers(
    gui: Gui, run: int, sample: Sample, wanted: Sequence[tuple[Subject, Number]], now: datetime
) -> Iterator[Evidence]:
    """A number that the sample does not have is unknown, and known to be so: it is not asked for at each look."""
    answers: Answers = {}
    for subject, number in wanted:
        histograms: list[Histogram] = []
        for path in number.objects:
            if path not in answers:
                answers[path] = _asked(gui, run, sample, path)
            if not isinstance(answer := answers[path], Histogram):
                problem = answer.what if path in answer.what else f"{path}: {answer.what}"
                yield _none(subject, now, problem, final=isinstance(answer, Unreadable))
                break
            histograms.append(answer)
        else:
            yield _number(subject, number, histograms, now)


def _asked(gui: Gui, run: int, sample: Sample, path: str) -> Histogram | NoAnswer | Unreadable:
    try:
        return gui.histogram(run, sample.dataset, path)
    except (NoAnswer, Unreadable) as error:
        return error


def _number(subject: Subject, number: Number, histograms: Sequence[Histogram], now: datetime) -> Evidence:
    try:
        return Evidence(subject, NUMBER, reduced(number, histograms), SOURCE, now, final=True)
    except (ValueError, TypeError) as wrong:
        return _none(subject, now, f"{', '.join(number.objects)}: {wrong}", final=True)


def _none(subject: Subject, now: datetime, problem: str, *, final: bool) -> Evidence:
    return replace(unknown(subject, NUMBER, SOURCE, now, problem), final=final)
