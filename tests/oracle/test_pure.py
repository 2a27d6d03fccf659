"""The oracle's verdicts on tables of facts that were worked out by hand from the design's text."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.oracle.facts import RUN, Facts, TagFacts, all_good, drawn
from tests.oracle.pure import verdicts

STRIPS, ALIGNMENT, PEDESTALS = "SiStripBadStrip_pcl", "SiPixelAliHG_pcl", "EcalPedestals_pcl"


def nothing_uploaded(name: str, **told: Any) -> Facts:
    """Collisions, settled; one product left an older interval and no file in the upload log."""
    facts = all_good("collisions")
    tag = TagFacts(True, RUN - 3, 0, "0ld", True, "none")
    product = replace(facts.products[name], tags=(tag, *facts.products[name].tags[1:]), upload_status="none")
    return replace(facts, products={**facts.products, name: replace(product, **{"db_updated": False, **told})})


def with_tag(name: str, **told: Any) -> Facts:
    facts = all_good("collisions")
    product = facts.products[name]
    tag = replace(product.tags[0], **told)
    return replace(facts, products={**facts.products, name: replace(product, tags=(tag, *product.tags[1:]))})


def told(run_class: str = "collisions", **facts: Any) -> Facts:
    return replace(all_good(run_class), **facts)


CASES = {
    "all good": (told(), "ready"),
    "not ended": (told(ended=False), "waiting"),
    "commissioning": (told("commissioning"), "blocked"),
    "commissioning without stable beams": (told("commissioning", stable_beams=False), "ready"),
    "class unknown": (replace(told(), run_class=None), "unknown"),
    "a short run with a missing payload": (replace(nothing_uploaded(PEDESTALS), last_lumi=3), "ready"),
    "length unknown, all in place": (told(last_lumi=None), "unknown"),
    "how far Tier0 has locked is unknown": (told(first_safe_run=None), "unknown"),
    "streams unknown": (told(streams=None), "unknown"),
    "inherited, no sample": (nothing_uploaded(STRIPS, harvest_sample=False), "blocked"),
    "inherited, few entries": (nothing_uploaded(STRIPS, entries=10), "ready"),
    "inherited, unexplained": (nothing_uploaded(STRIPS), "blocked"),
    "pedestals with few entries": (nothing_uploaded(PEDESTALS, entries=10), "blocked"),
    "no movement": (nothing_uploaded(ALIGNMENT), "ready"),
    "no movement, fit with warnings": (nothing_uploaded(ALIGNMENT, exit_code=1), "blocked"),
    "no movement, exit code unknown": (nothing_uploaded(ALIGNMENT, exit_code=None), "unknown"),
    "vetoed": (nothing_uploaded(ALIGNMENT, vetoed=True), "blocked"),
    "since unknown": (with_tag(STRIPS, since_run=None), "unknown"),
    "map unknown": (with_tag(STRIPS, mapped=None), "unknown"),
    "upload failed": (with_tag(STRIPS, upload_result="failed"), "blocked"),
}


@pytest.mark.parametrize(("facts", "verdict"), CASES.values(), ids=CASES.keys())
def test_a_table_of_facts_allows_this_verdict_alone(facts: Facts, verdict: str) -> None:
    assert verdicts(facts) == {verdict}


def test_the_tail_of_the_last_interval_counts() -> None:
    assert "ready" not in verdicts(with_tag("BeamSpotObjectHP_ByLumi", since_lumi=5))


def test_what_happens_to_a_tag_that_feeds_nothing_does_not_matter() -> None:
    facts = all_good("collisions")
    product = facts.products[PEDESTALS]
    other = replace(product.tags[1], since_run=0, upload_result="failed")
    changed = replace(facts, products={**facts.products, PEDESTALS: replace(product, tags=(product.tags[0], other))})
    assert verdicts(changed) == {"ready"}


def test_heavy_ions_without_a_declared_beam_spot_do_not_need_it() -> None:
    facts = all_good("heavy-ions")
    streams = {name: told for name, told in (facts.streams or {}).items() if name != "HIExpressAlignment"}
    product = nothing_uploaded("BeamSpotObjectHP_ByLumi").products["BeamSpotObjectHP_ByLumi"]
    changed = replace(facts, streams=streams, products={**facts.products, "BeamSpotObjectHP_ByLumi": product})
    assert verdicts(changed) == {"ready"}


def test_random_tables_hold_every_verdict_in_good_measure() -> None:
    found = [verdicts(drawn(Random(seed))) for seed in range(2000)]
    for state, share in (("ready", 0.2), ("blocked", 0.2), ("unknown", 0.1), ("waiting", 0.01)):
        assert sum(allowed == {state} for allowed in found) > share * len(found)
