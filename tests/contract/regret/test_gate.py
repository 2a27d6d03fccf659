"""Live mode opens with a report that a person acknowledged for these rules, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from spy.app import build_agent, probes_of
from spy.domain.errors import ActError, ConfigError
from spy.regret import gate
from spy.regret.gate import Gate
from spy.regret.report import row_of
from spy.store import regrets
from spy.store.engine import reading
from tests.support.month import Month

SMALL = {"regret": {"releases": 4, "period": "1d"}}


@pytest.fixture
def proven(month):
    """Four recorded releases over a day, for a site that asks for no more."""
    made = month(4, SMALL)
    made.record_all()
    return made


def kept(month: Month) -> int:
    return regrets.keep(month.store, row_of(month.report()))


def acknowledge(month: Month, number: int, **other):
    given = {"who": "ana", "why": "read it", "at": month.now, "instance": "prod", "rulebook": month.rules}
    return regrets.acknowledge(month.store, number, **{**given, "other_rules": False, **other})


def seen(month: Month, **other) -> Gate:
    with reading(month.store) as connection:
        return gate.look(
            connection, other.get("instance", "prod"), other.get("rulebook", month.rules), month.config.regret
        )


def starts_live(month: Month) -> None:
    config = month.config.model_copy(update={"agent": month.config.agent.model_copy(update={"mode": "live"})})
    probes = probes_of(config)
    build_agent(config, month.store, probes, dict.fromkeys(probes))


def test_a_live_agent_does_not_start_without_an_acknowledged_report(proven):
    with pytest.raises(ConfigError, match=r'agent\.mode = "live".*there is none: run `spy regret --from T --to T`'):
        starts_live(proven)
    kept(proven)
    with pytest.raises(ConfigError, match="spy regret --acknowledge REPORT --who YOU --why TEXT"):
        starts_live(proven)


def test_with_an_acknowledged_report_it_starts(proven):
    row = acknowledge(proven, kept(proven))
    assert (row.acknowledged_by, row.why, row.acknowledged_at) == ("ana", "read it", proven.now)
    starts_live(proven)
    assert seen(proven).says == f"regret report {row.id}, acknowledged by ana, covers 4 releases, 0 of them with regret"


@pytest.mark.parametrize(
    ("needs", "says"),
    [
        pytest.param({"releases": 5}, "judges 4 releases under its rules, and regret.releases asks for 5", id="few"),
        pytest.param(
            {"period": timedelta(days=2)}, "spans 24.0 h of releases, and regret.period asks for 2.0 d", id="short"
        ),
    ],
)
def test_a_report_on_too_little_does_not_open_it(proven, needs, says):
    acknowledge(proven, kept(proven))
    proven.config = proven.config.model_copy(update={"regret": proven.config.regret.model_copy(update=needs)})
    assert not seen(proven).is_open
    assert says in seen(proven).says
    with pytest.raises(ConfigError, match=r"regret\.(releases|period) asks for"):
        starts_live(proven)


def test_what_is_unknown_does_not_count_towards_what_it_must_cover(proven):
    proven.path.unlink()
    row = acknowledge(proven, kept(proven))
    assert (row.judged, row.unknown) == (0, 4)
    assert "judges 0 releases" in seen(proven).says


def test_a_report_of_other_rules_or_another_instance_does_not_open_it(proven):
    acknowledge(proven, kept(proven))
    assert "is for rules" in seen(proven, rulebook="changed").says
    assert "is about instance 'prod', this is 'replay'" in seen(proven, instance="replay").says
    assert seen(proven).is_open


def test_a_person_may_take_a_report_for_later_rules_and_must_say_so(proven):
    number = kept(proven)
    with pytest.raises(ActError, match="--for-other-rules"):
        acknowledge(proven, number, rulebook="later")
    acknowledge(proven, number, rulebook="later", other_rules=True)
    assert seen(proven, rulebook="later").is_open
    assert not seen(proven).is_open


def test_the_newest_acknowledged_report_counts(proven):
    good = kept(proven)
    proven.path.unlink()
    bad = kept(proven)
    acknowledge(proven, good)
    assert seen(proven).is_open
    acknowledge(proven, bad, at=proven.now + timedelta(hours=1))
    assert not seen(proven).is_open


@pytest.mark.parametrize(
    ("other", "says"),
    [
        pytest.param({"who": " "}, "who is empty", id="nobody"),
        pytest.param({"why": ""}, "why is empty", id="no reason"),
        pytest.param({"instance": "replay"}, "is about instance 'prod', this is 'replay'", id="another instance"),
    ],
)
def test_an_acknowledgement_has_who_and_why_and_is_about_this_instance(proven, other, says):
    number = kept(proven)
    with pytest.raises(ActError, match=says):
        acknowledge(proven, number, **other)
    assert not seen(proven).is_open


def test_a_report_that_is_not_there_or_was_acknowledged_is_refused(proven):
    number = kept(proven)
    acknowledge(proven, number)
    with pytest.raises(ActError, match="acknowledged by ana already: read it"):
        acknowledge(proven, number, who="ben")
    with pytest.raises(ActError, match=f"there is no regret report {number + 1}"):
        acknowledge(proven, number + 1)


def test_regret_does_not_close_the_gate_by_itself_but_is_told_wherever_it_opens(proven):
    run = proven.runs[1]
    proven.late(run, "TrackerAlignment_PCL_byRun_v2_express", run, 10.0)
    report = proven.report()
    acknowledge(proven, regrets.keep(proven.store, row_of(replace(report, made_by="ana"))))
    assert seen(proven).says.endswith("covers 4 releases, 1 of them with regret")
