"""Reads and acts that fail by themselves: the parts of a page that stand on them are named, and the others stand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from dash import html

from dashboard.trouble import sentence

T = TypeVar("T")

UNSURE = "Nobody knows whether it was done: look at Acts before you try again."

log = logging.getLogger(__name__)


class Reads:
    """What one page reads for its parts; what failed is told on top of it."""

    def __init__(self) -> None:
        self.failed: list[Any] = []

    def read(self, name: str, look: Callable[[], T]) -> T | None:
        """None: it failed."""
        try:
            return look()
        except Exception as broken:
            log.exception("the page could not read %r", name)
            self.failed.append(html.P(sentence(name, broken), className="said unknown", role="alert"))
            return None


async def done_or_unsure(name: str, do: Callable[..., list[Any]], *args: Any) -> list[Any]:
    """The answer to an act, in a thread. One that fails is neither done nor refused for all that is known."""
    try:
        return await asyncio.to_thread(do, *args)
    except Exception as broken:
        log.exception("%s failed", name)
        return [html.P([sentence(name, broken), " ", html.Strong(UNSURE)], className="said unknown")]
