"""Who asks, for code that is called in the middle of a request."""

from __future__ import annotations

from contextvars import ContextVar

from spy.domain.caller import Caller
from spy.domain.errors import Denied

CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""Set at the door, for one request."""


def current() -> Caller:
    """Denied where nobody came through the door: a forgotten way in opens nothing."""
    caller = CALLER.get()
    if caller is None:
        raise Denied("nobody is known to ask here")
    return caller
