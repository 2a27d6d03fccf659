"""What is context only decides nothing, raises nothing, and is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.run import run_page
from spy.app import probes_of, rulebook_of
from spy.config import load
from spy.domain.errors import ConfigError
from spy.domain.subject import of_run
from spy.store.views import overview, run_detail, services
from tests.support.filled_store import NOW, FilledStore

LONG_AGO = timedelta(hours=3)


def test_a_dead_context_service_changes_no_sentence_and_is_on_the_page_of_services(night: FilledStore) -> None:
    before = overview(night.engine, NOW, timedelta(minutes=5), context=load().context)
    night.look("runregistry", ago=LONG_AGO)
    night.look("runregistry", problem="500", ago=timedelta(seconds=10))
    after = overview(night.engine, NOW, timedelta(minutes=5), context=load().context)
    assert (after.sentence, after.state, after.also, after.whom) == (
        before.sentence,
        before.state,
        before.also,
        before.whom,
    )
    assert after.failing == ()
    line = next(line for line in services(night.engine, NOW) if line.probe == "runregistry")
    assert (line.state, line.problem, line.is_believed) == ("failing", "500", False)
    assert [line.probe for line in overview(night.engine, NOW, timedelta(minutes=5)).failing] == ["runregistry"]


def test_the_shipped_context_is_runregistry_alone() -> None:
    assert load().context == {"runregistry"}


def test_a_rule_may_name_context_only_once_it_is_none_any_more() -> None:
    rule = {"name": "signed", "scope": "run", "ready": 'rr_state != "OPEN"', "text": "signed off"}
    rules = [*load().model_dump()["rule"], rule]
    config = load(None, {"rule": rules})
    with pytest.raises(ConfigError, match="rr_state"):
        rulebook_of(config, probes_of(config))
    config = load(None, {"rule": rules, "probe": {"runregistry": {"context": False}}})
    assert "signed" in [rule.name for rule in rulebook_of(config, probes_of(config)).rules]


def test_the_page_of_a_run_has_a_section_for_it(night: FilledStore) -> None:
    without = run_detail(night.engine, 398602, NOW)
    assert without is not None
    assert "RunRegistry says" not in str(run_page(without, tuple, NOW, "", load()))
    subject = of_run("prod", 398602)
    night.look("runregistry", night.fact(subject, "rr_flags", "tracker-strip:GOOD 400/462", "runregistry"))
    detail = run_detail(night.engine, 398602, NOW)
    assert detail is not None
    page = str(run_page(detail, tuple, NOW, "", load()))
    assert "RunRegistry says (context: decides nothing)" in page
    assert "tracker-strip:GOOD 400/462" in page
