"""Whatever is asked, by the document or against it: no 5xx, and nothing that the document does not promise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from spy.domain.caller import Reach, Role
from tests.support.api_site import ApiSite, api_site
from tests.support.asked import ASKED

EXAMPLES = 10
"""For each operation and mode."""
PROMISED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[ApiSite, requests.Session]]:
    """A site where everybody must be known, and a caller who may everything."""
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}", login=tmp_path) as site, requests.Session() as session:
        session.trust_env = False
        token = site.token(*Reach, role=Role.ADMIN)
        session.headers["Authorization"] = site.client.headers["Authorization"] = f"Bearer {token}"
        yield site, session


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_breaks_an_operation(asked, mode):
    site, session = asked
    schema = schemathesis.openapi.from_dict(site.get("/openapi.json"))
    tried = {name: requests_made(schema, name, mode, site.url, session) for name in ASKED}
    assert sum(tried.values()) > len(ASKED) * EXAMPLES / 2
    if mode is GenerationMode.POSITIVE:
        assert min(tried.values()) > 0, tried


def requests_made(schema: Any, name: str, mode: GenerationMode, url: str, session: requests.Session) -> int:
    """How many were made of one operation, each held against the document."""
    method, _, path = name.partition(" ")
    operation, made = schema[path][method], 0

    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(mode))
    def ask(case: Any) -> None:
        nonlocal made
        if path.endswith("/changes"):
            case.query = {**(case.query or {}), "follow": "false"}  # or it would wait for the next decision
        made += 1
        case.call_and_validate(base_url=url, session=session, checks=PROMISED)

    try:
        ask()
    except Unsatisfiable:
        return 0  # it takes nothing that could be wrong
    return made
