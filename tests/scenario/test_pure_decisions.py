"""The pure decision on random evidence against the oracle; the long form is `bench/pure_decisions.py`."""

from __future__ import annotations

from random import Random

import pytest

from spy.rules.evaluate import evaluate
from tests.oracle.facts import all_good, drawn
from tests.oracle.pure import verdicts
from tests.scenario.told_as_evidence import shipped_rulebook, situation

BATCH = 250


@pytest.mark.parametrize("batch", range(8))
def test_the_verdict_is_what_the_design_says(batch: int) -> None:
    book = shipped_rulebook()
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        facts = drawn(Random(seed))
        verdict = evaluate(situation(facts), book)
        assert verdict.state in verdicts(facts), f"seed {seed}: {verdict.reasons}\n{facts}"


@pytest.mark.parametrize("run_class", ["collisions", "heavy-ions", "cosmics"])
def test_a_run_with_everything_in_place_is_ready(run_class: str) -> None:
    assert evaluate(situation(all_good(run_class)), shipped_rulebook()).state == "ready"
