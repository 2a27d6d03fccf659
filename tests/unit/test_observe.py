"""One look: asked again on change, never trusted beyond its declaration, never fatal."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from spy.agent.observe import look
from spy.domain.errors import NoAnswer, Refused
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value
from spy.domain.subject import of_service
from spy.probe import Open, Probe

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TIER0 = of_service("tier0")


class Told(Probe):
    """Tells what a list says, one entry per look; an exception in it is raised."""

    name = "told"
    service = "tier0"
    facts = (Fact("first_safe_run", Kind.INT, Scope.SERVICE, "the frontier"),)
    every = timedelta(minutes=2)
    stale_after = timedelta(minutes=12)

    def __init__(self, *answers: Value | Exception) -> None:
        self.answers = list(answers)

    def observe(self, ask: Any, open_: Open) -> Iterator[Evidence]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        yield Evidence(TIER0, "first_safe_run", answer, self.name, open_.now)


def seen(probe: Probe, latest: Evidence | None = None) -> Any:
    return look(probe, None, Open(NOW, [], {}), lambda key: latest)


def test_a_change_counts_only_when_a_second_look_agrees() -> None:
    assert [e.value for e in seen(Told(398600, 398600)).evidence] == [398600]


def test_two_looks_that_disagree_make_the_fact_unknown_with_both_stories() -> None:
    (fact,) = seen(Told(398600, 398500)).evidence
    assert (fact.value, fact.problem) == (None, "two looks disagree: 398600, then 398500")


def test_an_unchanged_answer_is_not_asked_for_again() -> None:
    probe = Told(398600)
    assert seen(probe, Evidence(TIER0, "first_safe_run", 398600, "told", NOW)).problem == ""
    assert probe.answers == []


def test_a_value_of_another_type_than_declared_is_unknown() -> None:
    (fact,) = seen(Told("398600", "398600")).evidence
    assert (fact.value, fact.problem) == (None, "expected int, found '398600'")


def test_a_failed_look_tells_why_and_whether_asking_again_helps() -> None:
    failed = seen(Told(NoAnswer("tier0", "no answer within 15 s")))
    assert (failed.evidence, failed.problem, failed.retry) == ((), "no answer within 15 s", True)
    assert seen(Told(Refused("tier0", "403"))).retry is False


def test_a_look_whose_second_half_fails_brings_nothing() -> None:
    failed = seen(Told(398600, NoAnswer("tier0", "reset")))
    assert (failed.evidence, failed.problem) == ((), "reset")


def test_a_crashing_probe_is_a_failed_look_and_no_exception() -> None:
    assert seen(Told(ZeroDivisionError("oops"))).problem == "the probe crashed: ZeroDivisionError: oops"


class Undeclared(Told):
    def observe(self, ask: Any, open_: Open) -> Iterator[Evidence]:
        yield Evidence(TIER0, "made_up", 1, self.name, open_.now)


def test_a_fact_that_a_probe_does_not_declare_is_its_defect() -> None:
    assert "does not declare" in seen(Undeclared()).problem
