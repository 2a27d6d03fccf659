"""What tests of pages share: the browser, and a night to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import browser
from tests.support.filled_store import FilledStore, a_night


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A module's own: Playwright's loop must not run under the tests of another that start one themselves."""
    with browser() as started:
        yield started


@pytest.fixture
def night(tmp_path: Path) -> Iterator[FilledStore]:
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    yield store
    store.close()
