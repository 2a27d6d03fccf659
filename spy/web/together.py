"""One look for all who ask the same at the same time.

Nobody is told what was seen before they asked: a look answers those who waited when it began, and who comes later waits
for the next. So a burst costs as many looks as fit into it, and threads that all want the interpreter do not slow it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Together(Generic[K, T]):
    """`look` runs in a thread, one at a time; its error is raised to all whom it would have answered."""

    def __init__(self, look: Callable[[K], T]) -> None:
        self._look = look
        self._turn = asyncio.Lock()
        self._next: dict[K, asyncio.Task[T]] = {}

    async def ask(self, key: K) -> T:
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._in_turn(key))
        # Who goes away takes the answer from nobody else.
        return await asyncio.shield(task)

    async def _in_turn(self, key: K) -> T:
        async with self._turn:
            del self._next[key]
            return await asyncio.to_thread(self._look, key)
