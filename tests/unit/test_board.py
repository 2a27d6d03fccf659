"""The board: what a look changes, what it no longer mentions, and whom a recovered service touches."""

from datetime import UTC, datetime, timedelta

from spy.agent.board import Board
from spy.domain.evidence import Evidence
from spy.domain.subject import of_run, of_service
from spy.store.ledger import Look

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RUN = of_run("prod", 398600)


def fact(value: int | None, name: str = "last_lumi", final: bool = False) -> Evidence:
    return Evidence(RUN, name, value, "oms", NOW, final=final)


def look(minutes: float, *evidence: Evidence, problem: str = "") -> Look:
    at = NOW + timedelta(minutes=minutes)
    return Look("oms", "oms", at, evidence, problem, stale_after=timedelta(minutes=12), runs=(398600,))


def told(board: Board, seen: Look) -> set[int]:
    return board.apply(seen, board.changes(seen))


def board_with(*evidence: Evidence) -> Board:
    board = Board("prod")
    told(board, look(0, *evidence))
    return board


def test_the_same_answer_changes_nothing_and_touches_nobody() -> None:
    board = board_with(fact(462))
    assert board.changes(look(2, fact(462))) == []
    assert told(board, look(2, fact(462))) == set()
    assert board.open_run(398600, {}).known[(RUN, "last_lumi")].seen_at == NOW + timedelta(minutes=2)


def test_what_a_look_no_longer_mentions_is_unknown_unless_it_is_final() -> None:
    board = board_with(fact(462), fact(8, "fill", final=True))
    (gone,) = board.changes(look(2))
    assert (gone.name, gone.value, gone.problem) == ("last_lumi", None, "no longer reported")


def test_a_failed_look_changes_nothing_by_itself() -> None:
    board = board_with(fact(462))
    assert told(board, look(2, problem="no answer")) == set()
    assert board.value(398600, "last_lumi") == 462


def test_a_service_that_answers_again_touches_all_its_runs_though_nothing_changed() -> None:
    board = board_with(fact(462))
    told(board, look(2, problem="no answer"))
    assert told(board, look(4, fact(462))) == {398600}
    assert told(board, look(6, fact(462))) == set()


def test_an_answer_after_a_silence_longer_than_belief_touches_all_its_runs() -> None:
    board = board_with(fact(462))
    assert told(board, look(13, fact(462))) == {398600}


def test_a_value_keeps_the_time_since_when_it_is_so() -> None:
    board = board_with(fact(462))
    other = Evidence(RUN, "last_lumi", 463, "oms", NOW + timedelta(minutes=2))
    told(board, look(2, other))
    assert board.facts[398600][(RUN, "last_lumi")].since == NOW + timedelta(minutes=2)


def test_facts_about_services_are_found_by_name_alone() -> None:
    board = Board("prod")
    safe = Evidence(of_service("tier0"), "first_safe_run", 398600, "tier0", NOW)
    board.apply(Look("tier0", "tier0", NOW, (safe,)), [safe])
    assert board.value(0, "first_safe_run") == 398600
