"""An answer that a cache kept from before something was final takes nothing back; a newer one does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from spy.agent.reconcile import without_older
from spy.domain.evidence import Evidence
from spy.domain.subject import of_stream
from spy.store.ledger import Look

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
DONE = Evidence(of_stream("prod", 398600, "Express"), "stream_done", True, "tier0", NOW, as_of=NOW, final=True)


@pytest.mark.parametrize(
    ("minutes", "old", "kept"),
    [
        (-4, DONE, False),
        (0, DONE, True),
        (2, DONE, True),
        (-4, replace(DONE, final=False), True),
        (-4, replace(DONE, as_of=None), True),
        (-4, None, True),
    ],
)
def test_what_was_told_before_it_became_final_is_left_out(minutes: int, old: Evidence | None, kept: bool) -> None:
    told = replace(DONE, value=False, final=False, as_of=NOW + timedelta(minutes=minutes))
    look = Look("tier0", "tier0", NOW + timedelta(minutes=2), evidence=(told,), every=timedelta(minutes=2))
    assert bool(without_older(look, lambda key: old).evidence) == kept
