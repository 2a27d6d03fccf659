"""What several contract tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.brink import Brink, brinks
from tests.support.filled_store import FilledStore, a_night
from tests.support.receiver_site import OLD, Site


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(":memory:", [OLD])
    with made.up():
        yield made


@pytest.fixture
def empty(store_url: str) -> Iterator[FilledStore]:
    """A store with nothing in it but the mode."""
    store = FilledStore(store_url)
    yield store
    store.close()


@pytest.fixture
def night(empty: FilledStore) -> FilledStore:
    return a_night(empty)


@pytest.fixture
def brink(tmp_path: Path, store_url: str) -> Iterator[Brink]:
    with brinks(tmp_path, store_url) as make:
        yield make
