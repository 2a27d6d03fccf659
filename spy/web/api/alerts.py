"""What needs a person now, and whether somebody takes care of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from spy.domain.verdict import State
from spy.store.views import About, alerts
from spy.web.api.answers import ActAnswer, Answer, MessageAnswer
from spy.web.api.paging import only_known
from spy.web.source import Source


class AlertAnswer(Answer):
    about: About
    name: str
    """Of the chunk, the probe, or the message's id."""
    run: int | None
    state: State
    cause: str
    text: str
    since: datetime
    acknowledged: ActAnswer | None
    """Somebody takes care; null: nobody said so."""
    silenced: ActAnswer | None
    mails: list[MessageAnswer]
    """About the run, oldest first, and what became of them."""


class AlertsAnswer(Answer):
    alerts: list[AlertAnswer]


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["alerts"], dependencies=[Depends(only_known)])

    @routes.get("/alerts")
    def listed(
        acknowledged: Annotated[bool | None, Query(description="only what somebody takes care of, or nobody")] = None,
    ) -> AlertsAnswer:
        """What needs a person now: open runs that do not get on by themselves, then services, then messages."""
        found = alerts(source.store, source.clock(), is_acknowledged=acknowledged)
        return AlertsAnswer(alerts=[AlertAnswer.model_validate(alert) for alert in found])

    return routes
