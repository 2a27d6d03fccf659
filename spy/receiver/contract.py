"""What the receiver takes and answers: the typed decision, the problem types, and what it asks Tier0.

Source: CloudEvents 1.0 structured mode; RFC 9457 problem details; the contract is written out in docs/receiver.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from spy.clock import from_iso
from spy.domain.errors import SpyError

CONTENT_TYPE = "application/cloudevents+json"
MAX_BODY = 65_536
"""Bytes; a decision has about 2,000."""
MAX_NUMBER = 2**53
"""Largest whole number that every JSON reader keeps exactly."""

_TYPE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.readiness\.(?P<action>release|hold|withdraw)\.v1", re.ASCII)


class Action(StrEnum):
    RELEASE = "release"
    HOLD = "hold"
    WITHDRAW = "withdraw"


class Problem(StrEnum):
    """Why a request is refused; the last part of the problem's `type`."""

    MALFORMED = "malformed"
    SIGNATURE = "signature"
    FOREIGN_SOURCE = "foreign_source"
    UNKNOWN_RUN = "unknown_run"
    UNKNOWN_DECISION = "unknown_decision"
    NOT_FOUND = "not_found"
    METHOD = "method"
    STALE_EPOCH = "stale_epoch"
    STALE_SEQ = "stale_seq"
    TOO_LATE = "too_late"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ID_REUSED = "id_reused"
    TOO_LARGE = "too_large"
    MEDIA_TYPE = "media_type"
    NOT_STOPPED = "not_stopped"
    UNAVAILABLE = "unavailable"

    @property
    def status(self) -> int:
        return _STATUS[self]

    @property
    def uri(self) -> str:
        return f"urn:readiness:problem:{self.value}"


_STATUS = {
    Problem.MALFORMED: 400,
    Problem.SIGNATURE: 401,
    Problem.FOREIGN_SOURCE: 403,
    Problem.UNKNOWN_RUN: 404,
    Problem.UNKNOWN_DECISION: 404,
    Problem.NOT_FOUND: 404,
    Problem.METHOD: 405,
    Problem.STALE_EPOCH: 409,
    Problem.STALE_SEQ: 409,
    Problem.TOO_LATE: 409,
    Problem.EXPIRED: 409,
    Problem.WITHDRAWN: 409,
    Problem.ID_REUSED: 409,
    Problem.TOO_LARGE: 413,
    Problem.MEDIA_TYPE: 415,
    Problem.NOT_STOPPED: 422,
    Problem.UNAVAILABLE: 503,
}


class Rejected(SpyError):
    """A request that is answered with a problem and has no effect."""

    def __init__(self, problem: Problem, detail: str) -> None:
        self.problem = problem
        self.detail = detail
        super().__init__(f"{problem}: {detail}")


class Tier0Side(Protocol):
    """What the receiver asks Tier0, at the moment of each request."""

    def known(self, run: int) -> bool:
        """Tier0 has configured the run."""

    def stopped(self, run: int) -> bool:
        """Its stop time has reached Tier0."""

    def locked(self, run: int) -> bool:
        """The conditions of the run are closed: the point of no return."""

    def released(self, run: int) -> bool:
        """Prompt reconstruction of the run has been released."""

    def lowest_waiting(self) -> int | None:
        """The lowest run that is not locked; None if none waits."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One signed decision, as far as the receiver acts on it. All times are aware UTC."""

    id: str
    action: Action
    run: int
    primary_dataset: str | None
    """None: all primary datasets of the run."""
    epoch: int
    """The sender's fencing token."""
    seq: int
    """Revision of the decision about this run or dataset."""
    not_after: datetime
    """Not to be accepted at or after this."""
    expires_at: datetime | None
    """Of a hold; None for the others."""
    withdraws: str | None
    """Of a withdraw: the id of a decision about the same run."""
    source: str = ""
    """Which agent decided; not stored, since one is taken only."""

    @classmethod
    def parse(cls, body: bytes, message_id: str) -> Decision:
        """From a verified body; Rejected as malformed, with what was found, if anything is missing or mistyped."""
        event = _Fields(_json(body), "")
        if event.text("specversion") != "1.0":
            raise _malformed("specversion: expected 1.0")
        if event.text("id") != message_id:
            raise _malformed("id: differs from the header webhook-id")
        kind = _TYPE.fullmatch(event.text("type"))
        if not kind:
            raise _malformed("type: expected <reverse DNS>.readiness.{release,hold,withdraw}.v1")
        data = _Fields(event.values.get("data"), "data.")
        action = Action(kind["action"])
        if data.text("kind") != action:
            raise _malformed("data.kind: differs from the type of the event")
        decision = cls(
            id=message_id,
            source=event.text("source"),
            action=action,
            run=data.number("run", 1),
            primary_dataset=data.optional_text("primary_dataset"),
            epoch=data.number("fence_token", 0),
            seq=data.number("seq", 1),
            not_after=data.time("not_after"),
            expires_at=data.time("expires_at") if action is Action.HOLD else None,
            withdraws=data.text("withdraws") if action is Action.WITHDRAW else None,
        )
        if event.text("subject") != f"run/{decision.run}":
            raise _malformed("subject: expected run/ and the number in data.run")
        return decision


class _Fields:
    """Strict access to a JSON object; unknown fields are left alone, so that a newer sender is understood."""

    def __init__(self, values: Any, path: str) -> None:
        if not isinstance(values, Mapping):
            raise _malformed(f"{path or 'body'}: expected a JSON object")
        self.values = values
        self._path = path

    def text(self, name: str) -> str:
        value = self.values.get(name)
        # A lone surrogate is legal in JSON, and in no database and no header.
        if not isinstance(value, str) or not 0 < len(value) <= 500 or not value.isprintable():
            raise _malformed(f"{self._path}{name}: expected a printable text of 1 to 500 characters")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.values.get(name) is None else self.text(name)

    def number(self, name: str, lowest: int) -> int:
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= MAX_NUMBER:
            raise _malformed(f"{self._path}{name}: expected a whole number from {lowest}")
        return value

    def time(self, name: str) -> datetime:
        try:
            return from_iso(self.text(name))
        except (ValueError, OverflowError):
            raise _malformed(f"{self._path}{name}: expected a time such as 2026-06-01T00:00:00Z") from None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, object_pairs_hook=_no_doubles, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _malformed("body: expected JSON") from None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may pick different ones of two equal keys, so that one signs what the other does not read."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key occurs twice")
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _malformed(detail: str) -> Rejected:
    return Rejected(Problem.MALFORMED, detail)
