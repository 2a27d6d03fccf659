"""How the way to a service stands, beside what came over it: the breaker and what we prove ourselves with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Credential(StrEnum):
    NONE = "none"
    CERTIFICATE = "certificate"
    TOKEN = "token"
    FETCHED = "token, fetched anew by itself"
    PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class Link:
    credential: Credential
    has_breaker: bool = False
    """False: nothing leaves this service in peace when it fails."""
    breaker_until: datetime | None = None
    """UTC; open until then, None: closed."""
    credential_until: datetime | None = None
    """UTC; None: it has no end, or the end is not known, see `problem`."""
    problem: str = ""
    """Why the credential's end is not known."""
