"""One part of a page that fails is named where it would be, and takes no other part with it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from dash import html, no_update, set_props
from dash.exceptions import PreventUpdate

from spy.domain.errors import SpyError

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)


def why(broken: Exception) -> str:
    """Our own errors are sentences for people; what others say is for the log."""
    return str(broken).splitlines()[0] if isinstance(broken, SpyError) else f"{type(broken).__name__}, see the log"


def failure(name: str, broken: Exception, then: str = "") -> html.Section:
    after = then or "The rest of the page is not touched by it."
    text: list[Any] = [html.Strong(f"✕ {name}: failed. "), f"{why(broken)}. {after}"]
    return html.Section(html.P(text), className="failed unknown")


def panel(name: str, make: Callable[P, list[Any]], *args: P.args, **kwargs: P.kwargs) -> list[Any]:
    """What `make` makes, or in its place that it failed."""
    try:
        return make(*args, **kwargs)
    except Exception as broken:
        log.exception("the page could not show %r", name)
        return [failure(name, broken)]


class Reads:
    """What one page reads for its parts; a read that failed is told on top."""

    def __init__(self) -> None:
        self.failed: list[Any] = []

    def read(self, name: str, look: Callable[[], T]) -> T | None:
        """None: it failed."""
        try:
            return look()
        except Exception as broken:
            log.exception("the page could not read %r", name)
            self.failed.append(failure(name, broken))
            return None


def guarded(name: str, then: str = "") -> Callable[[Callable[P, Awaitable[Any]]], Callable[P, Awaitable[Any]]]:
    """For a callback: if it fails, the place below the page's head says which, and what its outputs show stays."""

    def around(answer: Callable[P, Awaitable[Any]]) -> Callable[P, Awaitable[Any]]:
        @functools.wraps(answer)
        async def answered(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return await answer(*args, **kwargs)
            except PreventUpdate:
                raise
            except Exception as broken:
                log.exception("the page could not answer: %s", name)
                set_props("failed", {"children": failure(name, broken, then)})
                return no_update

        return answered

    return around
