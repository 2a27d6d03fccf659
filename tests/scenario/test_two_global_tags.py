"""A run that may be started with one of two global tags must be right with both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spy.domain.evidence import Evidence
from spy.domain.subject import of_run, of_tag
from spy.domain.verdict import State, Verdict
from spy.rules.evaluate import evaluate
from tests.oracle.facts import RUN, TAGS, all_good
from tests.scenario.told_as_evidence import NOW, shipped_rulebook, situation


def judged_by(global_tags: str, pedestals_by: str) -> Verdict:
    """All in place; `pedestals_by`: which of the global tags map the tag that the pedestals are in."""
    usual = situation(all_good("collisions"))
    told = {tags[0]: global_tags for tags in TAGS.values()} | {"EcalPedestals_prompt": pedestals_by}
    more = [Evidence(of_tag("prod", RUN, tag), "mapped_by", by, "conditions", NOW) for tag, by in told.items()]
    more.append(Evidence(of_run("prod", RUN), "judged_global_tags", global_tags, "conditions", NOW))
    evidence = {**usual.evidence, **{e.key: e for e in more}}
    return evaluate(replace(usual, evidence=evidence), shipped_rulebook())


@pytest.mark.parametrize(
    ("global_tags", "pedestals_by", "state"),
    [("V1", "V1", State.READY), ("V1,V2", "V1,V2", State.READY), ("V1,V2", "V1", State.BLOCKED)],
)
def test_a_calibration_that_one_of_them_does_not_read_blocks(global_tags: str, pedestals_by: str, state: State) -> None:
    verdict = judged_by(global_tags, pedestals_by)
    assert verdict.state is state, verdict.reasons
    if state is State.BLOCKED:
        assert "no destination tag feeds V2" in "; ".join(verdict.reasons)
