"""How the watched services answer."""

from __future__ import annotations

from fastapi import APIRouter

from spy.store.views import services
from spy.web.api.answers import PROBLEMS, ServiceAnswer, ServicesAnswer
from spy.web.source import Source


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["services"], responses=PROBLEMS)

    @routes.get("/services")
    def listed() -> ServicesAnswer:
        lines = services(source.store, source.clock())
        return ServicesAnswer(services=[ServiceAnswer.model_validate(line) for line in lines])

    return routes
