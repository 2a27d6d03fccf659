"""What several contract tests start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.receiver_site import OLD, Site


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(":memory:", [OLD])
    with made.up():
        yield made
