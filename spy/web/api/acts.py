"""Acts over HTTP: what people do on the page, and machines with a token that reaches so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from spy.acting import calling
from spy.acting.change import end, extend
from spy.acting.intent import Intent
from spy.acting.perform import Asked, Done, confirm, perform, preview_of
from spy.domain.act import Do
from spy.domain.caller import Caller, Means
from spy.store.views import WantedActs, act_page
from spy.web.api.answers import ActAnswer, Answer, Listed
from spy.web.api.paging import MOST as MOST_RUN
from spy.web.api.paging import Cursor, CursorText, Limit, Name, only_known
from spy.web.source import Source

MOST = 2000
"""Characters of a reason: it is read at night."""
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Anything but NUL, which PostgreSQL does not keep."""
Number = Annotated[int, Path(ge=1, lt=2**31, description="as the list of acts, or the first person, was told")]
NOT_YET: dict[int | str, dict[str, Any]] = {
    200: {"description": "Not done: a preview, or a second person has to agree"}
}


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    do: Do
    why: Text = Field(min_length=1, max_length=MOST)
    chunk: Text = Field(default="", max_length=200)
    from_run: int | None = Field(default=None, ge=1, lt=MOST_RUN)
    to_run: int | None = Field(default=None, ge=1, lt=MOST_RUN)
    """With from_run: the last run that it is about."""
    until: Text = Field(default="", max_length=40)
    """2026-06-01T12:00:00Z, or from now on: 6h, 2d."""
    until_tag: Text = Field(default="", max_length=200)
    rule: Text = Field(default="", max_length=200)
    product: Text = Field(default="", max_length=200)
    who: Text = Field(default="", max_length=200)
    """Only where the site has no login; else it is the caller."""


class End(BaseModel):
    model_config = ConfigDict(extra="forbid")
    why: Text = Field(min_length=1, max_length=MOST)
    who: Text = Field(default="", max_length=200)


class Extension(End):
    until: Text = Field(min_length=1, max_length=40)
    """2026-06-01T12:00:00Z, or from now on: 6h, 2d."""


class ActsAnswer(Listed):
    acts: list[ActAnswer]


class DoneAnswer(Answer):
    done: bool
    """False: a preview, or a second person has to agree."""
    act: ActAnswer
    effect: list[str]
    """What it does, in sentences."""
    proposal: int
    """The number under which it waits for a second person; 0: it does not wait."""


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["acts"], dependencies=[Depends(only_known)])
    _reading(routes, source)
    _acting(routes, source)
    return routes


def _reading(routes: APIRouter, source: Source) -> None:
    @routes.get("/acts")
    def listed(
        do: Annotated[Do | None, Query(description="only of this kind")] = None,
        who: Annotated[Name | None, Query(description="only signed so")] = None,
        run: Annotated[int | None, Query(ge=1, lt=MOST_RUN, description="only what concerns this run")] = None,
        in_force: Annotated[bool | None, Query(description="only those in force now, or only others")] = None,
        limit: Limit = 50,
        cursor: CursorText = "",
    ) -> ActsAnswer:
        """What people and machines did, ended acts too, newest first. A page may hold less than `limit`."""
        place = Cursor("acts", {"do": do, "who": who, "run": run, "in_force": in_force}, (int,))
        wanted = WantedActs(do, who, run, in_force)
        found = act_page(source.store, wanted, source.clock(), limit, place.read(cursor))
        return ActsAnswer(acts=[ActAnswer.model_validate(act) for act in found.items], next=place.written(found.next))


def _acting(routes: APIRouter, source: Source) -> None:
    @routes.post("/acts", status_code=201, responses=NOT_YET)
    def act(
        wish: Wish, response: Response, preview: bool = Query(False, description="only say what it would do")
    ) -> DoneAnswer:
        """Act, or with `preview` only learn what it would do. 200: nothing was written but, perhaps, a proposal."""
        asked = _asked(source, wish.who)
        intent = Intent(who=asked.caller.who, **wish.model_dump(exclude={"who"}))
        return _told(preview_of(asked, intent) if preview else perform(asked, intent), response)

    @routes.post("/acts/{number}/end", status_code=201, responses=NOT_YET)
    def end_of_act(number: Number, wish: End, response: Response) -> DoneAnswer:
        """End an act before its time. Where its kind has an ending act, that one is made and is the answer."""
        return _told(end(_asked(source, wish.who), number, wish.why), response)

    @routes.post("/acts/{number}/extend", status_code=201, responses=NOT_YET)
    def longer_act(number: Number, wish: Extension, response: Response) -> DoneAnswer:
        """Let an act last longer: a new one takes its place, and is the answer."""
        return _told(extend(_asked(source, wish.who), number, wish.until, wish.why), response)

    @routes.post("/proposals/{number}", status_code=201)
    def agree(
        number: Number, response: Response, who: Name = Query("", description="only where the site has no login")
    ) -> DoneAnswer:
        """Agree, as the second person, to an act that needs two."""
        return _told(confirm(_asked(source, who), number), response)


def _asked(source: Source, who: str) -> Asked:
    return Asked(source.store, source.config, signing(calling.current(), who), source.clock())


def signing(caller: Caller, who: str) -> Caller:
    """Where nobody logs in, people say themselves who they are; a name that was proved is never overruled."""
    return replace(caller, who=who.strip(), key=who.strip()) if caller.means is Means.LOCAL else caller


def _told(done: Done, response: Response) -> DoneAnswer:
    if not done.act.id:
        response.status_code = 200
    return DoneAnswer(
        done=bool(done.act.id),
        act=ActAnswer.model_validate(done.act),
        effect=list(done.effect),
        proposal=done.proposal,
    )
