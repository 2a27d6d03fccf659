"""The hash of the rulebook stands for everything that changes decisions, and for nothing else."""

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from spy.app import probes_of, rulebook_of
from spy.config import packaged_text, parse
from spy.domain.product import Product
from spy.rules.rulebook import RuleText, build

RULES = [
    RuleText("any", "run", ready="run > 0", text="", always=True),
    RuleText("each", "product", ready='placement == "in_place"', text=""),
]

ENDPOINT = """
[[endpoint]]
name = "gate"
service = "tier0"
every = "2m"
stale_after = "12m"
path = "gate"
[endpoint.read]
open = { kind = "bool", at = "/open" }
[[endpoint.fact]]
name = "gate_open"
kind = "bool"
scope = "service"
value = "open"
text = "the gate is open"
"""


def hash_of(text: str = packaged_text(), **overrides: object) -> str:
    config = parse(text, "config.toml", overrides)
    return rulebook_of(config, probes_of(config)).hash


@pytest.mark.parametrize(
    "overrides",
    [
        {"tier0": {"reco_delay": "36h"}},
        {"tier0": {"lock_offset": "20m"}},
        {"tier0": {"upload_order_timeout": "12h"}},
        {"tier0": {"publication_lag": "60s"}},
        {"tier0": {"prompt_global_tag": {"Run2026D": "another"}}},
        {"probe": {"dqm": {"stale_after": "30m"}}},
        {"class": {"cosmics": {"online_tags": []}}},
        {"class": {"cosmics": {"expected_streams": ["Express"]}}},
    ],
    ids=str,
)
def test_whatever_changes_decisions_changes_the_hash(overrides):
    assert hash_of(**overrides) != hash_of()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('job = "SiStripDetVOff_prompt"', 'job = "Other"'),
        ("on_change = true ", "on_change = false"),
        ("tail_lumis = 20", "tail_lumis = 9"),
    ],
)
def test_whatever_changes_decisions_in_a_list_changes_the_hash(before, after):
    assert packaged_text().count(before) == 1
    assert hash_of(packaged_text().replace(before, after)) != hash_of()


def each(text: str, key: str, value: str) -> tuple[str, int]:
    return re.subn(rf"^({key} *= *).*$", rf"\g<1>{value}", text, flags=re.MULTILINE)


@pytest.mark.parametrize(("key", "value"), [("owners", '["new@example.invalid"]'), ("detector", '"Muon"')])
def test_whom_to_call_leaves_the_hash_alone(key, value):
    text, changed = each(packaged_text(), key, value)
    assert changed > 1
    assert hash_of(text) == hash_of()


def test_the_sentence_of_a_rule_is_in_no_decision_and_that_of_an_exemption_is():
    before, _, after = packaged_text().partition("[[exemption]]")
    of_rules, changed = each(before, "text", '"another sentence"')
    assert changed > 1
    assert hash_of(of_rules + "[[exemption]]" + after) == hash_of()
    of_exemptions, changed = each(after, "text", '"another sentence"')
    assert changed > 1
    assert hash_of(before + "[[exemption]]" + of_exemptions) != hash_of()


@pytest.mark.parametrize("field", sorted({f.name for f in fields(Product)} - {"owners", "detector"}))
def test_everything_else_of_a_product_changes_the_hash(field):
    name, product = next(iter(parse(packaged_text(), "config.toml").products.items()))
    changed: dict[str, Any] = {field: ("odd",)}
    odd = replace(product, **changed)
    assert build(RULES, [], {name: odd}, {}, ()).hash != build(RULES, [], {name: product}, {}, ()).hash


def test_what_an_endpoint_says_and_for_how_long_it_is_believed_change_the_hash():
    with_it = hash_of(packaged_text() + ENDPOINT)
    assert with_it != hash_of()
    assert hash_of(packaged_text() + ENDPOINT.replace('at = "/open"', 'at = "/shut"')) != with_it
    assert hash_of(packaged_text() + ENDPOINT.replace('"12m"', '"20m"')) != with_it


@pytest.mark.parametrize(
    "overrides",
    [
        {"mail": {"port": 2525}},
        {"web": {"port": 1}},
        {"agent": {"store": "sqlite:///other.db"}},
        {"release": {"url": ""}},
    ],
    ids=str,
)
def test_what_decides_nothing_leaves_the_hash_alone(overrides):
    assert hash_of(**overrides) == hash_of()
