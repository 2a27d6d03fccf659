"""axe-core in a page of the browser: which success criteria of WCAG 2.2, levels A and AA, it breaks and where."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG_22_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""Tags of axe-core's rules. 2.2 added nothing that a machine can check at level A, so axe-core has no tag for it."""

_AXE = Axe()


def breaches(page: Page) -> list[str]:
    """Of the page as it is now: rule, where, what is wrong; nothing found is an empty list."""
    options = {"runOnly": {"type": "tag", "values": list(WCAG_22_AA)}, "resultTypes": ["violations"]}
    response: dict[str, Any] = _AXE.run(page, options=options).response
    return [_told(found, node) for found in response["violations"] for node in found["nodes"]]


def _told(found: dict[str, Any], node: dict[str, Any]) -> str:
    why = "; ".join(check["message"] for check in (*node["any"], *node["all"], *node["none"]))
    return f"{found['id']} at {' '.join(map(str, node['target']))}: {why}"
