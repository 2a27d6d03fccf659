"""What every route reads from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from spy.config import Config


@dataclass(frozen=True, slots=True)
class Source:
    store: Engine
    config: Config
    clock: Callable[[], datetime]

    @property
    def stale_after(self) -> timedelta:
        return self.config.web.stale_after
