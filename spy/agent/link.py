"""How the connection of a probe stands, whatever kind it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from spy.domain.link import Credential, Link
from spy.http import Http
from spy.http.credential import link_of as link_of_http


def link_of(ask: Any, now: datetime) -> Link | None:
    """None where it says nothing of itself. Never raises."""
    if isinstance(ask, Http):
        return link_of_http(ask, now)
    if isinstance(ask, Engine):
        kind = Credential.NONE if ask.dialect.name == "sqlite" else Credential.PASSWORD
        return Link(kind, problem="a database does not tell when an account ends")
    return None
