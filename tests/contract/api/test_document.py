"""The OpenAPI document is whole, and its examples are real answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spy.web.document import operations
from tests.support.asked import ASKED
from tests.tell_examples import EXAMPLES, told

NOT_DESCRIBED = {"/api/v1/firstunreadyrun"}
"""The other name of a route that is."""


@pytest.fixture
def document(site) -> dict[str, Any]:
    return site.get("/openapi.json")


def test_it_is_openapi_3_1_and_names_every_operation_that_is_asked_for_its_example(document):
    assert document["openapi"].startswith("3.1.")
    assert {name for name, _, _ in operations(document)} == set(ASKED)


def test_every_operation_has_a_summary_an_example_and_the_problems_it_may_answer(document):
    for name, path, operation in operations(document):
        assert " " in operation["summary"], name
        good = [response for status, response in operation["responses"].items() if status in ("200", "201")]
        shown = [content for response in good for content in response.get("content", {}).values()]
        assert shown, name
        assert all("example" in content for content in shown), name
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["example"], name
        problems = {s: r for s, r in operation["responses"].items() if s.startswith(("4", "5"))}
        needed = {"400", "401", "403", "405", "422", "503"} | ({"404"} if "{" in path else set())
        assert needed <= set(problems), name
        for status, response in problems.items():
            content = response["content"]["application/problem+json"]
            assert content["example"]["status"] == int(status)
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_parameter_says_what_it_is_for(document):
    silent = [
        f"{name}: {parameter['name']}"
        for name, _, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if "description" not in parameter
    ]
    assert silent == []


def test_every_reference_leads_somewhere(document):
    text = json.dumps(document)
    names = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names - set(document["components"]["schemas"]) == set()


def test_the_examples_are_what_the_routes_answer(tmp_path: Path):
    """When an answer changes: python -m tests.tell_examples"""
    real, shown = json.loads(told(tmp_path)), json.loads(EXAMPLES.read_text(encoding="utf-8"))
    assert real.keys() == shown.keys()
    for name in shown:
        assert real[name] == shown[name], name
