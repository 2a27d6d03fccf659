"""Single values about the agent as a whole."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from spy.store.tables import NoteRow, table_of

_note = table_of(NoteRow)

HALT = "halt"
"""Why live sending is stopped."""
EXCUSED = "excused"
"""The reason of the last halt that a person ended."""
MODE = "mode"
HANDOVER = "handover"
"""What one crew left for the next: JSON with who and text."""
WORLD = "world"
"""Name of the simulated world that the store is about: its time is not ours. Empty: the real one."""
HEARTBEAT = "heartbeat"
"""Last time the agent took a look in; the value is its name."""


# Made once, as they are asked with every answer.
_VALUE = select(_note.c.value).where(_note.c.name == bindparam("named"))


def put(connection: Connection, name: str, value: str, at: datetime) -> None:
    connection.execute(delete(_note).where(_note.c.name == name))
    connection.execute(insert(_note).values(name=name, value=value, at=at))


def get(connection: Connection, name: str) -> str:
    """The value, empty if there is none."""
    return connection.execute(_VALUE, {"named": name}).scalar() or ""
