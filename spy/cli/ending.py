"""How a process ends when it is told to: within seconds, whatever hangs."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

log = logging.getLogger("spy")

LAST_MOMENT = timedelta(seconds=4)
"""After a signal; then the process ends however it stands."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def end_at_the_last_moment() -> None:
    """Whatever hangs in a thread or a driver, the process ends. Every decision is a committed row: nothing is lost."""

    def end() -> None:
        log.warning("something still hangs; it is left behind")
        os._exit(0)

    timer = threading.Timer(LAST_MOMENT.total_seconds(), end)
    timer.daemon = True
    timer.start()


def on_signals(act: Callable[[int], None]) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        act(number)

    for number in SIGNALS:
        signal.signal(number, handle)
