"""Parameters of lists, and the cursor that leads from one page to the next.

A cursor names the list with its filters and a place in it. It is checked and not signed: the place is no secret, and
one that somebody makes up opens nothing that another place does not. What it must not do is go on in another list.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException

from spy.clock import from_iso
from spy.store.types import packed, unpacked
from spy.store.views import EXAMINED, Position

MOST = 10_000_000
"""Run numbers have seven digits."""
_HIGHEST_KEY = 2**63
PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""Text without control characters: what no name has and some databases refuse."""

Limit = Annotated[int, Query(ge=1, le=EXAMINED, description="entries on one page, at most")]
CursorText = Annotated[str, Query(max_length=1000, description="`next` of the page before; empty: the first page")]
RunFilter = Annotated[int | None, Query(ge=1, lt=MOST, description="only of this run")]
Name = Annotated[str, StringConstraints(max_length=200, pattern=PLAIN)]
Moment = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]
"""As it was sent; `time_of` reads it."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Of one list under one set of filters; `shape` gives the types of what it is sorted by."""

    listing: str
    filters: Mapping[str, Any]
    shape: tuple[type, ...]

    def written(self, position: Position | None) -> str | None:
        if position is None:
            return None
        text = json.dumps([self._mark(), *map(packed, position)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def read(self, text: str) -> Position | None:
        """None for the first page; HTTPException 400 for what is no cursor of this list."""
        if not text:
            return None
        try:
            mark, *told = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
            position = tuple(map(unpacked, told))
        except (binascii.Error, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise HTTPException(400, f"cursor {text[:40]!r}: not one of ours; give back `next` as it was") from None
        if mark != self._mark() or not self._fits(position):
            raise HTTPException(400, f"cursor {text[:40]!r}: of another list, or of other filters; begin without one")
        return position  # type: ignore[return-value]

    def _mark(self) -> str:
        told = json.dumps([self.listing, dict(self.filters)], sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def _fits(self, position: tuple[Any, ...]) -> bool:
        return len(position) == len(self.shape) and all(map(_is_a, position, self.shape))


def _is_a(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int and 0 <= value < _HIGHEST_KEY
    return value.isprintable() if kind is str and isinstance(value, str) else isinstance(value, kind)


def time_of(text: str | None, name: str) -> datetime | None:
    """A time with its zone; HTTPException 400 for anything else."""
    if text is None:
        return None
    try:
        return from_iso(text)
    except (ValueError, OverflowError):
        raise HTTPException(400, f"{name} {text!r}: expected a time with its zone, 2026-06-01T12:00:00Z") from None


async def only_known(request: Request) -> None:
    """A misspelt filter is refused: the answer to another question than was asked looks right and is not."""
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    if unknown := sorted(set(request.query_params) - known):
        allowed = ", ".join(sorted(known)) or "none"
        raise RequestValidationError(
            [{"loc": ("query", name), "msg": f"no such parameter; there are: {allowed}"} for name in unknown]
        )
