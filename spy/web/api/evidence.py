"""What the watched services told: the newest of each fact, and what one fact was over time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints
from starlette.exceptions import HTTPException

from spy.domain.subject import Subject, run_of
from spy.store.views import evidence_page, fact_page
from spy.web.api.answers import EvidenceAnswer, Listed
from spy.web.api.paging import Cursor, CursorText, Limit, Name, RunFilter, only_known
from spy.web.source import Source

SUBJECT = r"^([0-9A-Za-z_-]{1,50}:[1-9][0-9]{0,6}(/[a-z]+:[^\x00-\x1f\x7f]{1,150})?|service:[^\x00-\x1f\x7f]{1,150})$"
SubjectText = Annotated[str, StringConstraints(pattern=SUBJECT)]
_ABOUT = "`prod:398600`, `prod:398600/tag:NAME`, `service:tier0`"


class EvidenceListAnswer(Listed):
    evidence: list[EvidenceAnswer]


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["evidence"], dependencies=[Depends(only_known)])

    @routes.get("/evidence")
    def evidence(
        run: RunFilter = None,
        subject: Annotated[SubjectText | None, Query(description=_ABOUT)] = None,
        name: Annotated[Name | None, Query(description="only this fact, such as `run_end`")] = None,
        limit: Limit = 50,
        cursor: CursorText = "",
    ) -> EvidenceListAnswer:
        """The newest of each fact about a run or a service, by subject and name. Give `run` or `subject`."""
        place = Cursor("evidence", {"run": run, "subject": subject, "name": name}, (str, str))
        found = evidence_page(source.store, _about(run, subject), subject, name, limit, place.read(cursor))
        return EvidenceListAnswer(
            evidence=[EvidenceAnswer.model_validate(e) for e in found.items], next=place.written(found.next)
        )

    @routes.get("/evidence/history")
    def history_of_one_fact(
        subject: Annotated[SubjectText, Query(description=_ABOUT)],
        name: Annotated[Name, Query(min_length=1, description="the fact, such as `run_end`")],
        limit: Limit = 50,
        cursor: CursorText = "",
    ) -> EvidenceListAnswer:
        """What one fact was over time, newest first: an entry each time it changed."""
        place = Cursor("history", {"subject": subject, "name": name}, (int,))
        found = fact_page(source.store, subject, name, limit, place.read(cursor))
        return EvidenceListAnswer(
            evidence=[EvidenceAnswer.model_validate(e) for e in found.items], next=place.written(found.next)
        )

    return routes


def _about(run: int | None, subject: str | None) -> int:
    """The run that is asked about; 0: services."""
    if run is None and subject is None:
        raise HTTPException(400, "evidence: give run or subject, such as run=398600 or subject=service:tier0")
    told = None if subject is None else run_of(Subject(subject)) or 0
    if run is not None and told not in (None, run):
        raise HTTPException(400, f"evidence: subject {subject!r} is not about run {run}")
    return run if run is not None else told or 0
