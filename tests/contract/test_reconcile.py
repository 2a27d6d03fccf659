"""The slow pass: what was final and is told otherwise by now."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from probes.simulation.step import Steps
from spy.domain.evidence import Evidence
from spy.domain.release import Stage
from spy.domain.subject import of_run, of_stream
from spy.domain.verdict import State
from tests.support.brink import RUN, Brink, deliverer, pass_minutes, release_of
from tests.support.plain_story import STORY

ALIGNMENT = of_stream("prod", RUN, "ExpressAlignment")


def hook_probe(steps: Steps, name: str, change: Callable[[Evidence], Evidence]) -> None:
    """From now on the source tells this instead."""
    real = steps.probes[name].observe

    def observe(ask: Any, open_: Any) -> Iterator[Evidence]:
        for e in real(ask, open_):
            yield change(e)

    steps.probes[name].observe = observe  # type: ignore[method-assign]


def not_done(e: Evidence) -> Evidence:
    """Tier0 has rewritten its rows: the stream is not done after all."""
    return replace(e, value=False, final=False) if (e.subject, e.name) == (ALIGNMENT, "stream_done") else e


def reconcile(steps: Steps) -> None:
    steps.agent.take([steps.agent.look_anew(name, steps.at) for name in steps.probes], steps.at)


def told(steps: Steps, subject: Any, name: str) -> Evidence:
    found = steps.agent.board.latest((subject, name))
    assert found is not None
    return found


def test_what_was_final_and_is_told_otherwise_becomes_unknown_and_is_learned_anew(brink: Brink) -> None:
    steps = brink(hours=5.8)
    assert told(steps, ALIGNMENT, "stream_done").final
    hook_probe(steps, "tier0", not_done)
    pass_minutes(steps, 4, deliverer(steps))
    assert told(steps, ALIGNMENT, "stream_done").value is True, "ordinary looks do not ask again"
    reconcile(steps)
    assert told(steps, ALIGNMENT, "stream_done").value is None
    assert "was final as True, and is told as False now" in told(steps, ALIGNMENT, "stream_done").problem
    assert steps.agent.judged[RUN].verdict.state is State.UNKNOWN
    pass_minutes(steps, 1, deliverer(steps))
    assert told(steps, ALIGNMENT, "stream_done").value is False


def test_the_slow_pass_changes_nothing_while_all_is_as_it_was(brink: Brink) -> None:
    steps = brink(hours=5.8)
    before = {key: e for key, e in steps.agent.board.facts[RUN].items() if e.final}
    reconcile(steps)
    assert {key: e for key, e in steps.agent.board.facts[RUN].items() if e.final} == before


def test_a_service_that_does_not_answer_contradicts_nothing(brink: Brink) -> None:
    steps = brink(hours=5.8)
    before = {key: e for key, e in steps.agent.board.facts[RUN].items() if e.final}
    hook_probe(steps, "tier0", lambda e: replace(e, value=None, final=False, problem="503"))
    hook_probe(steps, "oms", lambda e: replace(e, value=None, final=False, problem="503"))
    reconcile(steps)
    assert {key: e for key, e in steps.agent.board.facts[RUN].items() if e.final} == before


def test_an_accepted_release_is_taken_back_when_tier0_expects_more_after_all(brink: Brink) -> None:
    steps = brink(hours=6.5)
    deliver = deliverer(steps)
    deliver.deliver(steps.at, steps.agent.fence)
    steps.agent.follow(steps.at)
    assert release_of(steps).stage == Stage.ACCEPTED
    hook_probe(steps, "tier0", not_done)
    hook_probe(steps, "tier0", lambda e: replace(e, value=RUN) if e.name == "first_safe_run" else e)
    steps.at += timedelta(seconds=10)
    reconcile(steps)
    assert release_of(steps).stage == Stage.ACCEPTED, "unknown takes nothing back"
    steps.agent.take([steps.agent.look("tier0", steps.at)], steps.at)
    deliver.deliver(steps.at, steps.agent.fence)
    assert release_of(steps).stage == Stage.WITHDRAWN


def test_the_slow_pass_comes_by_itself(brink: Brink) -> None:
    story = '[agent]\nreconcile = "30m"\n'
    steps = brink(STORY + story, hours=5.6)
    hook_probe(steps, "tier0", not_done)
    steps.go_to(steps.at + timedelta(minutes=31))
    assert told(steps, ALIGNMENT, "stream_done").value is False


def test_a_run_that_oms_gives_to_tier0_and_tier0_does_not_know_is_told_once(brink: Brink) -> None:
    steps = brink(hours=0)
    of = of_run("prod", RUN)
    hook_probe(
        steps,
        "tier0",
        lambda e: replace(e, value=False, final=False) if (e.subject, e.name) == (of, "known_to_tier0") else e,
    )
    deliver = deliverer(steps)
    pass_minutes(steps, 180 + 110, deliver)
    assert [mail.subject for _, mail in steps.post.mails] == []
    pass_minutes(steps, 30, deliver)
    assert [mail.subject for _, mail in steps.post.mails] == [f"[spy prod] run {RUN}: OMS knows it and Tier0 does not"]
