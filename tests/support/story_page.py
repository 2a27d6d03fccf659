"""The page at the end of a story, on what a real agent did in the simulated world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from dashboard.app import mount
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.web.app import create
from tests.support.served import Served
from tests.support.tree import ROOT

StoryPage = tuple[str, Page, list[str]]
"""Address of the site, a tab, and what the browser complained about."""


@contextmanager
def played(story: str, folder: Path) -> Iterator[Steps]:
    steps = Steps(Scenario.load(ROOT / "tests" / "scenarios" / f"{story}.toml"), folder)
    steps.play()
    steps.at = steps.scenario.until
    yield steps
    steps.close()


@contextmanager
def page_of(steps: Steps, chromium: Browser, **look: Any) -> Iterator[StoryPage]:
    """`look`: as `Browser.new_page` takes it."""
    with Served(create(steps.config, steps.store, lambda: steps.at, [mount])) as served:
        page = chromium.new_page(**look)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield served.url, page, complaints
        page.close()


def opened(site: StoryPage, path: str) -> Page:
    url, page, _ = site
    page.goto(url + path)
    page.locator("#page h1").wait_for()
    return page
