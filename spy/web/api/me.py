"""Who the caller is, as the door knows it."""

from __future__ import annotations

from fastapi import APIRouter

from spy.acting import calling
from spy.domain.caller import Means, Role
from spy.web.api.answers import PROBLEMS, Answer


class MeAnswer(Answer):
    who: str
    role: Role
    means: Means


def router() -> APIRouter:
    routes = APIRouter(tags=["access"], responses=PROBLEMS)

    @routes.get("/me")
    def me() -> MeAnswer:
        return MeAnswer.model_validate(calling.current())

    return routes
