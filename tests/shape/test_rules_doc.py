"""Whoever writes a rule finds every fact that it may name, and every value of those that name a kind."""

from __future__ import annotations

import pytest

from spy.app import installed_probes
from spy.domain.product import NoPayload
from spy.rules.derive import DERIVED
from tests.support.tree import ROOT, toml

TEXT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


OURS = toml("pyproject.toml")["project"]["entry-points"]["spy.probes"]


@pytest.mark.parametrize("name", [*OURS, "derived"])
def test_every_fact_is_explained(name):
    facts = installed_probes()[name].facts if name in OURS else DERIVED
    assert [fact.name for fact in facts if f"`{fact.name}`" not in TEXT] == []


def test_every_kind_of_no_payload_is_explained():
    assert [kind for kind in NoPayload if f"| `{kind}` |" not in TEXT] == []
