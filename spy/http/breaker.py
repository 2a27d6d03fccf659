"""A circuit breaker: a service that fails again and again is left in peace for a moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from spy.domain.errors import NoAnswer

FAILURES = 5
PAUSE_S = 60.0
"""Short against every poll period: a breaker must never cost the next look."""


class Breaker:
    """Opens for a minute after five failures in a row, or when the service asks for a pause; then one more may try."""

    def __init__(self, service: str, seconds: Callable[[], float]) -> None:
        self._service = service
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until: float | None = None
        self._last = ""

    def check(self) -> None:
        """Raise NoAnswer while it is open, naming the last failure."""
        with self._lock:
            if self._open_until is None:
                return
            left = self._open_until - self._seconds()
            if left > 0.0:
                raise NoAnswer(self._service, f"left in peace for a while; last: {self._last}", timedelta(seconds=left))
            self._open_until = None

    @property
    def left_s(self) -> float:
        """For how long nobody may try; 0: it is closed."""
        with self._lock:
            return 0.0 if self._open_until is None else max(0.0, self._open_until - self._seconds())

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
            self._open_until = None

    def failed(self, error: NoAnswer) -> None:
        with self._lock:
            self._failures += 1
            self._last = error.what
            asked = error.retry_after.total_seconds() if error.retry_after else 0.0
            pause = PAUSE_S if self._failures >= FAILURES else min(asked, PAUSE_S)
            if pause > 0.0:
                self._open_until = self._seconds() + pause
