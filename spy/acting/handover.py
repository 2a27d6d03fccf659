"""The note that one crew leaves for the next."""

from __future__ import annotations

import json

from spy.acting.perform import Asked
from spy.domain.caller import Role
from spy.domain.errors import ActError
from spy.store import audit, notes
from spy.store.engine import writing

MOST = 4000
"""Characters."""


def hand_over(asked: Asked, text: str) -> None:
    """Take the place of the last note; empty: there is none any more. Denied to viewers."""
    text = text.strip()
    asked.caller.must_be(Role.SHIFTER, "handover note")
    if not asked.caller.who:
        raise ActError("handover note: says not who wrote it")
    if len(text) > MOST:
        raise ActError(f"handover note: {len(text)} characters, at most {MOST} are kept")
    with writing(asked.store) as connection:
        notes.put(connection, notes.HANDOVER, json.dumps({"who": asked.caller.who, "text": text}), asked.now)
        audit.add(connection, asked.now, asked.caller.who, asked.caller.means, "handover", audit.DONE, detail=text)
