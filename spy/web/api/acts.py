"""Acts over HTTP: what people do on the page, and machines with a token that reaches so far."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from spy.acting import calling
from spy.acting.intent import Intent
from spy.acting.perform import Asked, Done, confirm, perform, preview_of
from spy.domain.act import Act, Do
from spy.domain.caller import Caller, Means
from spy.store import acts
from spy.store.engine import reading
from spy.web.api.answers import PROBLEMS, Answer
from spy.web.source import Source

MOST = 2000
"""Characters of a reason: it is read at night."""


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    do: Do
    why: str = Field(min_length=1, max_length=MOST)
    chunk: str = Field(default="", max_length=200)
    from_run: int | None = Field(default=None, ge=1, lt=10_000_000)
    until: str = Field(default="", max_length=40)
    """2026-06-01T12:00:00Z, or from now on: 6h, 2d."""
    until_tag: str = Field(default="", max_length=200)
    rule: str = Field(default="", max_length=200)
    product: str = Field(default="", max_length=200)
    who: str = Field(default="", max_length=200)
    """Only where the site has no login; else it is the caller."""


class ActAnswer(Answer):
    id: int
    do: Do
    who: str
    why: str
    at: datetime
    run: int | None
    from_run: int | None
    dataset: str
    rule: str
    product: str
    until: datetime | None
    until_tag: str
    ended_at: datetime | None
    ended_by: str


class DoneAnswer(Answer):
    done: bool
    """False: a preview, or a second person has to agree."""
    act: ActAnswer
    effect: list[str]
    """What it does, in sentences."""
    proposal: int
    """The number under which it waits for a second person; 0: it does not wait."""


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["acts"], responses=PROBLEMS)

    @routes.get("/acts", response_model=list[ActAnswer])
    def in_force() -> list[Act]:
        """In force now, the oldest first."""
        with reading(source.store) as connection:
            return acts.active(connection, source.clock())

    @routes.post("/acts", status_code=201)
    def act(wish: Wish, response: Response, preview: bool = Query(False)) -> DoneAnswer:
        """Do it, or with `preview` only say what it would do. 200: nothing was written but, perhaps, a proposal."""
        asked = _asked(source, wish.who)
        intent = Intent(who=asked.caller.who, **wish.model_dump(exclude={"who"}))
        done = preview_of(asked, intent) if preview else perform(asked, intent)
        if not done.act.id:
            response.status_code = 200
        return _told(done)

    @routes.post("/proposals/{number}", status_code=201)
    def agree(number: int = Path(ge=1, lt=2**31), who: str = Query("", max_length=200)) -> DoneAnswer:
        """Agree, as the second person, to an act that needs two."""
        return _told(confirm(_asked(source, who), number))

    return routes


def _asked(source: Source, who: str) -> Asked:
    return Asked(source.store, source.config, signing(calling.current(), who), source.clock())


def signing(caller: Caller, who: str) -> Caller:
    """Where nobody logs in, people say themselves who they are; a name that was proved is never overruled."""
    return replace(caller, who=who.strip(), key=who.strip()) if caller.means is Means.LOCAL else caller


def _told(done: Done) -> DoneAnswer:
    return DoneAnswer(
        done=bool(done.act.id),
        act=ActAnswer.model_validate(done.act),
        effect=list(done.effect),
        proposal=done.proposal,
    )
