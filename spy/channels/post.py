"""One mail to one person, and the box that takes it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Protocol

from spy.clock import from_iso, iso


@dataclass(frozen=True, slots=True)
class Mail:
    """A written letter. The same mail sent twice is the same mail: nothing in it is made while sending."""

    to: str
    """Exactly one address: when a relay refuses one of several, nobody can tell which rows are done."""
    subject: str
    text: str
    html: str
    """The same for readers that prefer it; empty: text alone."""
    thread: str
    """Name of the conversation, such as `run-398600.prod`; mails of one run hang together."""
    written_at: datetime
    """UTC; becomes the Date."""
    id: str = ""
    """Of the outbox row; becomes the Message-ID, so that a receiver drops a double."""

    def with_id(self, outbox_id: str) -> Mail:
        return replace(self, id=outbox_id)

    def to_bytes(self) -> bytes:
        """What the outbox keeps."""
        return json.dumps(asdict(self) | {"written_at": iso(self.written_at)}, sort_keys=True).encode("ascii")

    @classmethod
    def from_bytes(cls, body: bytes) -> Mail:
        fields = json.loads(body)
        return cls(**(fields | {"written_at": from_iso(fields["written_at"])}))


class Post(Protocol):
    """Takes mail: the SMTP channel, or a box that collects it in virtual time."""

    def send(self, mail: Mail) -> None:
        """Returns when the other side has taken the mail; DeliveryError if it has not."""
