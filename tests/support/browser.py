"""A real Chromium, driven by Playwright; a test is skipped, with the reason, where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # else the browser looks its maker's hosts up, on a closed network
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Where the browser is; empty if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


@contextmanager
def browser() -> Iterator[Browser]:
    if not chromium():
        pytest.skip("no Chromium here (Debian package chromium): the pages were not tried in a browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield started
        started.close()


def point_at(page: Page, mark: Locator) -> tuple[float, float]:
    """Bring the mouse to the middle of a mark of a chart, which other marks may cover; where that is."""
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None, "the mark is not shown"
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*place)
    return place
