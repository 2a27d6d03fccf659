"""The store of `a_night`, in which everything is that a page may have to show: acts, notes, troubles, numbers."""

from __future__ import annotations

from datetime import timedelta

from spy.acting.handover import hand_over
from spy.acting.intent import Intent
from spy.acting.perform import Asked, at_a_shell, perform
from spy.config import Config, load
from spy.domain.act import Do
from spy.domain.subject import of_number
from tests.support.filled_store import NOW, FilledStore, a_night

HISTORY = 12
"""Closed runs below 398600."""


def careful() -> Config:
    """The packaged configuration, with a second person for what stops everything."""
    config = load()
    return config.model_copy(update={"acts": config.acts.model_copy(update={"two_persons": [Do.STOP]})})


def a_busy_night(url: str, config: Config) -> FilledStore:
    store = a_night(FilledStore(url))
    for number in range(398600 - HISTORY, 398600):
        store.run(number, era="Run2026C", fill=number // 10)
        store.close_run(number)
    for number in range(398590, 398607):
        value = 90_000.0 if number == 398601 else None if number == 398605 else 21_000.0 + number % 3
        strips = of_number("prod", number, "SiStripBadStrip_pcl", "bad_strips")
        store.look("dqm", store.fact(strips, "number", value, "dqm", "" if value else "no histogram"))
    store.look("runregistry", problem="503 Service Unavailable", ago=timedelta(0))
    store.message(398602, "mail", "crew@example.invalid", "pending", error="relay says 451 later")
    store.act(Do.ACKNOWLEDGE, 398602, "calling the strip expert")
    store.act(Do.KEEP_BACK, 398603, "strip noise", until=NOW + timedelta(hours=5))
    store.act(Do.SILENCE, 398602, "known", until=NOW + timedelta(hours=5))
    store.act(Do.KEEP_BACK, 398604, "a look at the pixels")
    store.act(Do.RELEASE_BACK, 398604, "they are fine")
    asked = Asked(store.engine, config, at_a_shell("ana@example.invalid"), NOW)
    perform(asked, Intent(Do.STOP, "ana@example.invalid", "Tier0 locks what it should not"))
    hand_over(asked, "398603 is kept back until the strip noise is understood")
    return store
