"""A few would-be releases, or as many as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.month import Month

Made = Callable[..., Month]


@pytest.fixture
def month(tmp_path: Path, store_url: str) -> Iterator[Made]:
    """month(runs, overrides): on SQLite and on PostgreSQL."""
    made: list[Month] = []

    def make(runs: int = 4, overrides: dict[str, object] | None = None) -> Month:
        made.append(Month(tmp_path, store_url, runs, overrides))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Month]:
    """Four runs, recorded, on SQLite."""
    made = Month(tmp_path, f"sqlite:///{tmp_path / 'spy.db'}", 4)
    made.record_all()
    yield made
    made.close()
