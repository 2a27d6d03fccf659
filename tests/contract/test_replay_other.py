"""A stored period under other rules, run by run, on stores that the agent has filled; and what is gone is said."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.app import probes_of, rulebook_of, settings_of
from spy.replay.compare import Comparison, compare
from spy.replay.difference import Difference, Turn
from spy.replay.other import other_rules
from spy.store.engine import reading, writing
from spy.store.tables import DecisionRow, EvidenceRow, LookRow, table_of
from tests.support.plain_story import STORY
from tests.support.replayed import judged_anew
from tests.tell_stories import STORIES

DECISION, EVIDENCE, LOOK = table_of(DecisionRow), table_of(EvidenceRow), table_of(LookRow)
Other = Callable[..., Comparison]

IMPATIENT = """
[[rule]]
name = "settled"
scope = "run"
always = true
ready = 'run_ended'
text = "patience is over"
[class.collisions]
expected_streams = ["Express"]
required = ["EcalPedestals_pcl"]
"""
PICKY = """
[[rule]]
name = "reports"
scope = "run"
ready = 'express_jobs >= 1000'
text = "a thousand reports"
"""
FUSSY = """
[[rule]]
name = "tags"
scope = "run"
ready = 'uncovered_online_tags == "" && first_safe_run > 398600'
text = "the lock has passed"
"""


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Steps]:
    """One collisions run whose last payload comes at 6 h."""
    with closing(Steps(Scenario.parse(STORY, "plain.toml"), tmp_path)) as played:
        played.begin()
        played.go_to(played.scenario.until)
        yield played


@pytest.fixture
def other(steps: Steps, tmp_path: Path) -> Other:
    def compared(text: str = "", **options: list[str]) -> Comparison:
        file = tmp_path / "rules.toml"
        file.write_text(text, encoding="utf-8")
        config, name = other_rules(None, file if text else None, **options)
        book = rulebook_of(config, probes_of(config), name)
        with reading(steps.store) as connection:
            return compare(connection, book, settings_of(config), steps.scenario.start, steps.at)

    return compared


def only(compared: Comparison) -> Difference:
    [one] = compared.runs
    return one


def test_impatient_rules_are_ready_earlier_and_say_what_was_missing_and_whom_that_concerns(other: Other) -> None:
    one = only(other(IMPATIENT))
    assert one.turn is Turn.EARLIER
    # The pedestals are there half an hour after their harvest at 4 h, the strip payload only at 6 h.
    assert one.hours == pytest.approx(-1.5, abs=0.2)
    assert one.before_release
    assert one.released_at == one.stored_ready_at
    assert "SiStripBadStrip_pcl" in one.products
    assert "strip tracker" in one.detectors
    assert "strip-calib@example.invalid" in one.owners
    assert {"calibration", "settled"} <= set(one.rules)


def test_rules_that_are_never_content_are_not_said_to_be_never_after_asking_ended(other: Other) -> None:
    one = only(other(PICKY))
    assert (one.turn, one.ready_at, one.hours) == (Turn.NOT_SEEN, None, None)
    assert one.reasons == ("reports: express_jobs (200)",)
    assert (one.rules, one.products, one.before_release) == (("reports",), (), False)


def test_rules_that_are_content_later_are_ready_when_their_fact_came_though_no_decision_was_stored_then(
    other: Other, steps: Steps
) -> None:
    one = only(other(FUSSY))
    assert one.turn is Turn.LATER
    with reading(steps.store) as connection:
        stored = {row.at for row in connection.execute(DECISION.select())}
    assert one.ready_at not in stored
    assert one.hours is not None
    assert 0 < one.hours < 0.5


def test_the_same_rules_change_nothing(other: Other, steps: Steps) -> None:
    assert only(other(PICKY + "shadow = true\n")).turn is Turn.SAME
    assert judged_anew(steps) == []


def test_a_product_that_is_not_required_makes_a_run_ready_that_never_was(tmp_path: Path) -> None:
    story = Scenario.load(STORIES / "failed_upload.toml")
    story = replace(story, until=story.start + timedelta(hours=10))
    with closing(Steps(story, tmp_path)) as played:
        played.begin()
        played.go_to(story.until)
        (tmp_path / "rules.toml").write_text(IMPATIENT, encoding="utf-8")
        config, name = other_rules(None, tmp_path / "rules.toml")
        with reading(played.store) as connection:
            book = rulebook_of(config, probes_of(config), name)
            one = only(compare(connection, book, settings_of(config), story.start, played.at))
    assert one.turn is Turn.NEWLY
    assert one.before_release
    assert one.products == ("BeamSpotObjectHP_ByLumi",)


@pytest.mark.parametrize("what", ["services", "run", "looks", "basis", "decisions"])
def test_what_is_gone_is_said_for_the_run_and_nothing_is_guessed(other: Other, steps: Steps, what: str) -> None:
    cuts = {
        "services": delete(EVIDENCE).where(EVIDENCE.c.run == 0),
        "run": delete(EVIDENCE).where(EVIDENCE.c.name == "run_ended"),
        "looks": delete(LOOK).where(LOOK.c.at < steps.scenario.start + timedelta(hours=5)),
        "basis": update(DECISION).where(DECISION.c.revision == 1).values(basis=None),
        "decisions": delete(DECISION).where(DECISION.c.revision == 1),
    }
    words = {
        "services": "evidence is gone",
        "run": "evidence is gone",
        "looks": "looks before",
        "basis": "before the store kept",
        "decisions": "decisions before revision 2 are gone",
    }
    with writing(steps.store) as connection:
        connection.execute(cuts[what])
    one = only(other(IMPATIENT))
    assert (one.turn, one.ready_at, one.hours, one.before_release) == (Turn.MISSING, None, None, False)
    assert words[what] in one.reasons[0]
