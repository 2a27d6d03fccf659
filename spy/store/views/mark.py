"""One short text that turns when anything turns that the pages show: cheap enough to be asked four times a second."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from spy.store.access_tables import ProposalRow
from spy.store.engine import reading
from spy.store.notes import HEARTBEAT
from spy.store.tables import ActRow, DecisionRow, LookRow, MoveRow, NoteRow, OutboxRow, table_of

_GROWING = tuple(table_of(row).c.id for row in (DecisionRow, MoveRow, LookRow, ActRow, ProposalRow))
"""Rows are only added, or changed together with one that is added."""
_note, _outbox = table_of(NoteRow), table_of(OutboxRow)
_UNDER_WAY = _outbox.c.status.in_(("pending", "sending"))
_MARK = select(
    *(select(func.max(key)).scalar_subquery() for key in _GROWING),
    select(func.count()).where(_UNDER_WAY).scalar_subquery(),
    select(func.sum(_outbox.c.attempts)).where(_UNDER_WAY).scalar_subquery(),
    select(func.max(_note.c.at)).where(_note.c.name != HEARTBEAT).scalar_subquery(),
)
"""Every part is the end of an index, or a handful of rows; the heartbeat alone is no change."""


def change_mark(store: Engine) -> str:
    """Compared as a whole, and with nothing but another one: it has no order."""
    with reading(store) as connection:
        return "/".join("" if part is None else str(part) for part in connection.execute(_MARK).one())
