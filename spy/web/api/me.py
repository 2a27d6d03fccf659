"""Who the caller is, as the door knows it."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from spy.acting import calling
from spy.domain.caller import Means, Role
from spy.web.api.answers import Answer
from spy.web.api.paging import only_known


class MeAnswer(Answer):
    who: str
    role: Role
    means: Means


def router() -> APIRouter:
    routes = APIRouter(dependencies=[Depends(only_known)], tags=["access"])

    @routes.get("/me")
    def me() -> MeAnswer:
        """Who asks, by which means, and with which role."""
        return MeAnswer.model_validate(calling.current())

    return routes
