"""Pictures that tests leave of what they saw, for people to look at: a product of the build, never compared."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.tree import ROOT

FOLDER = ROOT / "build" / "pictures"


def keep(page: Page, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    # With a path, Playwright writes in a thread of its own that outlives the test.
    (FOLDER / f"{name}.png").write_bytes(page.screenshot())
