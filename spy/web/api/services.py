"""How the watched services answer."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from spy.store.views import services
from spy.web.api.answers import ServiceAnswer, ServicesAnswer
from spy.web.api.paging import only_known
from spy.web.source import Source


def router(source: Source) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(only_known)], tags=["services"])

    @routes.get("/services")
    def services_as_of_now() -> ServicesAnswer:
        """How every watched service answered its last look, and whether its evidence still counts."""
        config = source.config
        lines = services(source.store, source.clock(), config.asked, config.service)
        return ServicesAnswer(services=[ServiceAnswer.model_validate(line) for line in lines])

    return routes
