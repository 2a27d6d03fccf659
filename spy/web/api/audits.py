"""Who came in, and what was done or refused: for administrators."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends

from spy.acting import calling
from spy.domain.caller import Role
from spy.store.views import audit_page
from spy.web.api.answers import Answer, Listed
from spy.web.api.paging import Cursor, CursorText, Limit, only_known
from spy.web.source import Source

_CURSOR = Cursor("audit", {}, (int,))


class AuditedAnswer(Answer):
    id: int
    at: datetime
    who: str
    means: str
    what: str
    about: str
    outcome: str
    detail: str


class AuditAnswer(Listed):
    audit: list[AuditedAnswer]


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["audit"], dependencies=[Depends(only_known)])

    @routes.get("/audit")
    def audit(limit: Limit = 50, cursor: CursorText = "") -> AuditAnswer:
        """Logins, acts and refusals, newest first; only for the role admin."""
        calling.current().must_be(Role.ADMIN, "audit")
        found = audit_page(source.store, limit, _CURSOR.read(cursor))
        return AuditAnswer(
            audit=[AuditedAnswer.model_validate(row) for row in found.items], next=_CURSOR.written(found.next)
        )

    return routes
