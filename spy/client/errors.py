"""What can go wrong between a program and the agent's API.

SpyError
├── NoAnswer      time-out, refused, reset: whether an act was done is not known; ask before it is repeated
├── Problem       the API says what is wrong and what is allowed; .status, .retry_after
└── Unexpected    an answer that is not what this client understands
"""

from __future__ import annotations

from datetime import timedelta

from spy.domain.errors import SpyError


class Problem(SpyError):
    """A problem answer (RFC 9457)."""

    def __init__(self, status: int, title: str, detail: str, retry_after: timedelta | None = None) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after = retry_after
        super().__init__(f"{status} {title}: {detail}")

    @property
    def retry(self) -> bool:
        """Whether the same question may be answered later."""
        return self.status in (429, 502, 503, 504)


class Unexpected(SpyError):
    """An answer without the promised shape: another program, a proxy's page, or a version too far apart."""
