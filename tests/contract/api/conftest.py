"""What the tests of the API start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api_site import ApiSite, api_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ApiSite]:
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}") as made:
        yield made
