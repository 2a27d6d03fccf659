"""One look answers all who waited when it began, and nobody who came later."""

from __future__ import annotations

import asyncio
import threading

import pytest

from spy.web.together import Together


class Looks:
    """A look that ends when it is let go; each tells how many there were."""

    def __init__(self) -> None:
        self.begun = 0
        self.gate = threading.Semaphore(0)
        self.has_begun = threading.Semaphore(0)

    def __call__(self, key: str) -> str:
        self.begun += 1
        told = f"{key} {self.begun}"
        self.has_begun.release()
        self.gate.acquire(timeout=20)
        if key == "bad":
            raise ValueError(told)
        return told


async def begun(looks: Looks) -> None:
    await asyncio.to_thread(looks.has_begun.acquire, timeout=20)


def test_who_asks_while_a_look_runs_is_answered_by_the_next_one_and_shares_it():
    async def story() -> list[str]:
        looks = Looks()
        together: Together[str, str] = Together(looks)
        first = asyncio.create_task(together.ask("a"))
        await begun(looks)
        later = [asyncio.create_task(together.ask("a")) for _ in range(5)]
        await asyncio.sleep(0)
        looks.gate.release(2)
        return [await first, *[await task for task in later]]

    assert asyncio.run(story()) == ["a 1", *["a 2"] * 5]


def test_who_goes_away_takes_the_answer_from_nobody_else():
    async def story() -> str:
        looks = Looks()
        together: Together[str, str] = Together(looks)
        gone, stays = asyncio.create_task(together.ask("a")), asyncio.create_task(together.ask("a"))
        await begun(looks)
        gone.cancel()
        looks.gate.release(1)
        return await stays

    assert asyncio.run(story()) == "a 1"


def test_an_error_is_told_to_all_who_waited_and_not_to_the_next():
    async def story() -> str:
        looks = Looks()
        together: Together[str, str] = Together(looks)
        asked = [asyncio.create_task(together.ask("bad")) for _ in range(2)]
        looks.gate.release(2)
        for task in asked:
            with pytest.raises(ValueError, match="bad 1"):
                await task
        return await together.ask("good")

    assert asyncio.run(story()) == "good 2"
