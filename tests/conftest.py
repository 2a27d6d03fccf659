"""What every test may use, and what no test may do: leave the machine, or leave a thread running."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import loopback
from tests.support.mailbox import Mailbox
from tests.support.postgres import Server, missing

settings.register_profile("project", deadline=None, print_blob=True)  # a shared machine makes no promise about time
settings.load_profile("project")

JOIN_S = 5.0

collect_ignore = ["packages"]
"""Packages of third parties, whose own tests run where they are installed: tests/system/test_write_a_probe.py."""


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """Whatever leaves 127.0.0.0/8 and ::1 fails the test; a `.invalid` name is unknown, as DNS would say."""
    with pytest.MonkeyPatch.context() as patch:
        loopback.guard(patch)
        yield


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A test ends what it starts: a thread that is no daemon would hold up the program's exit."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and not t.daemon]
    for thread in left:
        thread.join(JOIN_S / len(left))
    still = [t.name for t in left if t.is_alive()]
    if still:
        pytest.fail(f"left running: {', '.join(still)}")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real PostgreSQL server of this test process, on a Unix socket only; the test is skipped where there is none."""
    if reason := missing():
        pytest.skip(reason)
    with Server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """A fresh empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh empty database of each kind that the store supports: the test runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'spy.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def smtp_server() -> Iterator[Mailbox]:
    """A real SMTP server on loopback; `.host`, `.port`, and `.messages` that it accepted."""
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    return loopback.free_port()
