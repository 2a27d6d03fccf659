"""What is told to Tier0 about one chunk: the CloudEvent 1.0 body of a webhook and its id. Pure.

The same decision gives the same id and the same bytes, whoever makes them and however often: that is what makes
"at least once" outward safe. Source: CloudEvents 1.0, structured mode; payload shape of Standard Webhooks 1.0.0.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from spy.clock import iso
from spy.domain.run import Chunk
from spy.domain.verdict import State

CONTENT_TYPE = "application/cloudevents+json"


class Kind(StrEnum):
    """What Tier0 is asked to do."""

    RELEASE = "release"
    HOLD = "hold"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Notice:
    """One decision as it is told. All times are aware UTC."""

    source: str
    """URI of this agent instance; production and test differ."""
    chunk: Chunk
    kind: Kind
    revision: int
    """Of the chunk's decision, from 1; also the sequence number that fences older ones off."""
    fence_token: int
    """Of the leader that sends; a receiver refuses a lower one than it has seen."""
    recipient: str
    """Name of the endpoint; part of the id."""
    verdict: State
    decided_at: datetime
    not_after: datetime
    """After this the receiver must refuse the notice."""
    reasons: tuple[str, ...] = ()
    payload_hashes: Mapping[str, str] = field(default_factory=dict)
    """Destination tag to payload hash of what was judged."""
    expected_lock_at: datetime | None = None
    """When Tier0's own clock would lock the run, as computed here; lets Tier0 find a wrong clock or delay."""
    expires_at: datetime | None = None
    """Of a hold: after it Tier0's clock applies again."""
    withdraws: str = ""
    """Of a withdraw: the id of the message that shall no longer count."""
    who: str = ""
    """The person behind it; empty: the agent by its rules."""
    why: str = ""
    rulebook: str = ""
    """Hash of the rules that decided."""
    program: str = ""
    """Version of this program."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Name to URL, for people: the page of the run, the evidence."""

    def __post_init__(self) -> None:
        if (self.kind is Kind.HOLD) != (self.expires_at is not None):
            raise ValueError("a hold, and only a hold, has expires_at")
        if (self.kind is Kind.WITHDRAW) != bool(self.withdraws):
            raise ValueError("a withdraw, and only a withdraw, names the message that it withdraws")
        if self.chunk.lumis:
            raise ValueError(f"chunk {self.chunk}: lumi ranges are answered when asked, never sent")

    @property
    def id(self) -> str:
        return message_id(self.source, str(self.chunk), self.revision, self.kind, self.recipient)


def event_id(source: str, *parts: str | int) -> str:
    """uuid5 within the source's own namespace, of the parts joined by `|`, which none of them may contain."""
    words = [str(part) for part in parts]
    if any("|" in word for word in words):
        raise ValueError(f"a part of an id may not contain '|': {words}")
    return str(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, source), "|".join(words)))


def message_id(source: str, chunk: str, revision: int, kind: str, recipient: str) -> str:
    """The id of a message, equal for every attempt and after every restart."""
    return event_id(source, chunk, revision, kind, recipient)


def cloud_event(notice: Notice, prefix: str = "org.example") -> bytes:
    """The exact bytes to sign and send: minified ASCII JSON, sorted keys. `prefix` is the site's reverse DNS name."""
    decided = iso(notice.decided_at)
    event = {
        "specversion": "1.0",
        "id": notice.id,
        "source": notice.source,
        "type": f"{prefix}.readiness.{notice.kind}.v1",
        "subject": f"run/{notice.chunk.run}",
        "time": decided,
        "timestamp": decided,
        "datacontenttype": "application/json",
        "data": _data(notice),
    }
    return json.dumps(event, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def with_fence(body: str, fence_token: int) -> str:
    """The same event under a newer leader's token; unchanged bytes if it is that token already."""
    event = json.loads(body)
    if event["data"]["fence_token"] == fence_token:
        return body
    event["data"]["fence_token"] = fence_token
    return json.dumps(event, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _data(notice: Notice) -> dict[str, object]:
    return {
        "chunk": str(notice.chunk),
        "run": notice.chunk.run,
        "primary_dataset": notice.chunk.dataset or None,
        "kind": notice.kind.value,
        "verdict": notice.verdict.value,
        "reasons": list(notice.reasons),
        "payload_hashes": dict(notice.payload_hashes),
        "revision": notice.revision,
        "seq": notice.revision,
        "fence_token": notice.fence_token,
        "not_after": iso(notice.not_after),
        "expires_at": _time(notice.expires_at),
        "expected_lock_at": _time(notice.expected_lock_at),
        "withdraws": notice.withdraws or None,
        "who": notice.who or None,
        "why": notice.why or None,
        "rulebook": notice.rulebook,
        "program": notice.program,
        "links": dict(notice.links),
    }


def _time(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
