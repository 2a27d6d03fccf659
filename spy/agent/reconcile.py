"""The slow pass: ask once more for what is final, and take back what the source tells otherwise by now.

Tier0 may rewrite its rows, a DQM sample may be removed, OMS may correct a run. An ordinary look never asks again for
what is final, so nobody would notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from spy.domain.evidence import Evidence, unknown
from spy.domain.subject import Subject
from spy.probe import Open, OpenRun
from spy.store.ledger import Look

ASKED_ANEW = ("tier0",)
"""Probes that ask about a run on its way to Tier0 as if nothing were final, in every look."""

Latest = Callable[[tuple[Subject, str]], Evidence | None]


def nothing_final(open_: Open, probe: str) -> Open:
    """The same open runs, of which this probe has told nothing for good; what others told it still builds upon."""
    return replace(open_, runs=[own_not_final(run, probe) for run in open_.runs])


def own_not_final(run: OpenRun, probe: str) -> OpenRun:
    known = dict(run.known)
    own = {key: replace(e, final=False) for key, e in known.items() if e.final and e.source == probe}
    return replace(run, known=known | own)


def without_older(look: Look, latest: Latest) -> Look:
    """The look without what a cache still tells of the time before something became final."""
    return replace(look, evidence=tuple(e for e in look.evidence if not _is_older(e, latest)))


def _is_older(told: Evidence, latest: Latest) -> bool:
    """By the source's own time; the same told once more is no news either."""
    if told.as_of is None:
        return False
    old = latest(told.key)
    return old is not None and old.final and old.as_of is not None and told.as_of < old.as_of


def contradicted(look: Look, latest: Latest) -> Look:
    """The look with what was final only where it is told otherwise: as unknown, for the next ordinary look to learn.

    What could not be learned this time contradicts nothing.
    """
    return replace(look, evidence=tuple(_kept(look, latest)))


def _kept(look: Look, latest: Latest) -> Iterable[Evidence]:
    for e in look.evidence:
        old = latest(e.key)
        if old is None or not old.final:
            yield e
        elif e.value is not None and e.value != old.value:
            yield unknown(*e.key, look.probe, look.at, f"was final as {old.value!r}, and is told as {e.value!r} now")
