"""One look at the store for all who wait, and a push that ends with the page, the connection or a newer push."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from dashboard import live
from dashboard.live import Changes, Pushes
from spy.acting.calling import CALLER
from spy.domain.caller import Caller, Means, Role
from spy.domain.errors import StoreError

SOON_S = 5.0


class Store:
    """What is looked at, and how often it was."""

    def __init__(self, mark: str | Exception = "1") -> None:
        self.mark = mark
        self.looks = 0

    def look(self) -> str:
        self.looks += 1
        if isinstance(self.mark, Exception):
            raise self.mark
        return self.mark


class Socket:
    """A page behind a connection, as Dash gives it to a callback."""

    is_shutdown = False

    def __init__(self, tab: str | None = "tab") -> None:
        self.tab = tab

    async def get_prop(self, name: str, prop: str, timeout: float) -> dict[str, str]:
        if self.tab is None:
            raise TimeoutError
        return {"tab": self.tab}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLL_S", "SPACING_S", "BEAT_S"):
        monkeypatch.setattr(live, name, 0.01)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    words: list[str] = []
    monkeypatch.setattr(live, "set_props", lambda _id, props: words.append(props["data"]["mark"]))
    return words


@pytest.fixture(autouse=True)
def somebody() -> Iterator[None]:
    before = CALLER.set(Caller("sam", Role.VIEWER, Means.SESSION, "sub-1"))
    yield
    CALLER.reset(before)


async def until(happened: object) -> None:
    async with asyncio.timeout(SOON_S):
        while not happened():  # type: ignore[operator]
            await asyncio.sleep(0)


def test_all_who_wait_share_one_look_and_nobody_looks_when_nobody_waits():
    store = Store()

    async def story() -> None:
        changes = Changes(store.look)
        waiting = [asyncio.create_task(changes.after("1")) for _ in range(50)]
        await until(lambda: store.looks >= 3)
        assert store.looks < 50, "not one for each"
        assert not any(task.done() for task in waiting)
        store.mark = "2"
        assert await asyncio.wait_for(asyncio.gather(*waiting), SOON_S) == ["2"] * 50
        assert changes._watch is not None
        await asyncio.wait_for(changes._watch, SOON_S)

    asyncio.run(story())


@pytest.mark.parametrize("broken", [StoreError("store: cannot read"), RuntimeError("anything")])
def test_a_store_that_cannot_be_read_is_a_change_and_one_that_can_again_is_another(broken):
    store = Store(broken)

    async def story() -> None:
        changes = Changes(store.look)
        assert await asyncio.wait_for(changes.after("1"), SOON_S) == "unreadable"
        store.mark = "1"
        assert await asyncio.wait_for(changes.after("unreadable"), SOON_S) == "1"

    asyncio.run(story())


def test_a_page_hears_the_mark_again_while_nothing_changes_and_the_next_one_at_once(heard):
    store = Store()

    async def story() -> None:
        socket = Socket()
        push = asyncio.create_task(Pushes(Changes(store.look)).push(socket))
        await until(lambda: len(heard) >= 3)
        store.mark = "2"
        await until(lambda: "2" in heard)
        socket.is_shutdown = True
        await asyncio.wait_for(push, SOON_S)

    asyncio.run(story())
    assert set(heard) == {"1", "2"}


def test_a_newer_push_of_the_same_tab_ends_the_older_one_and_no_other(heard):
    async def story() -> None:
        pushes = Pushes(Changes(Store().look))
        older, other = (asyncio.create_task(pushes.push(Socket(tab))) for tab in ("one", "two"))
        await until(lambda: len(heard) >= 2)
        newer = asyncio.create_task(pushes.push(Socket("one")))
        await asyncio.wait_for(older, SOON_S)
        assert not newer.done()
        assert not other.done()
        for task in (newer, other):
            task.cancel()
        await asyncio.gather(newer, other, return_exceptions=True)
        assert pushes._loops == {}

    asyncio.run(story())


def test_a_page_that_is_gone_is_pushed_to_no_longer_though_its_connection_lives_on(heard, monkeypatch):
    monkeypatch.setattr(live, "ROLL_CALL_S", 0.0)

    async def story() -> None:
        socket = Socket()
        push = asyncio.create_task(Pushes(Changes(Store().look)).push(socket))
        socket_gone = len(heard)
        await asyncio.sleep(0)
        socket.tab = None
        await asyncio.wait_for(push, SOON_S)
        assert len(heard) <= socket_gone + 1

    asyncio.run(story())
