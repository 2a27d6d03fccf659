"""What is asked of one story is asked one after the other: a worker then plays it once, and no other plays it again."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = [at for at, item in enumerate(items) if item.path.name == "test_stories.py"]
    ordered = sorted((items[at] for at in places), key=_story)
    for at, item in zip(places, ordered, strict=True):
        items[at] = item


def _story(item: pytest.Item) -> str:
    """Empty for what is about all of them."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    path = params.get("path")
    return path.stem if isinstance(path, Path) else str(params.get("story", ""))
