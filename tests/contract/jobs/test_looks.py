"""The jobs probe follows express jobs at the simulated archive, over real HTTP."""

from __future__ import annotations

from datetime import timedelta

from probes.jobs.simulator import Simulator
from probes.simulation.wire import Request, Response
from tests.support.jobs import BASE, HOUR, Watch, body, group, read
from tests.support.period import START, Period, served, values

LOOK = timedelta(minutes=5)


def told(jobs: int, failed: int, complete: bool) -> dict[str, object]:
    return {"express_jobs": jobs, "express_jobs_failed": failed, "express_jobs_complete": complete}


def test_a_run_of_which_there_is_no_report_yet_has_none_and_nothing_is_final(watch: Watch) -> None:
    seen = watch.at(HOUR)
    assert values(seen) == told(0, 0, False)
    assert not any(e.final for e in seen.values())


def test_counts_grow_and_are_complete_only_after_every_stream_was_done(watch: Watch) -> None:
    assert values(watch.at(4 * HOUR)) == told(99, 0, False)
    watch.done(8 * HOUR, "Express", "Calibration")
    assert values(watch.at(8 * HOUR)) == told(200, 2, False)
    watch.done(8 * HOUR + LOOK)
    assert values(watch.at(8 * HOUR + LOOK)) == told(200, 2, True)


def test_two_complete_looks_that_agree_are_final_and_never_asked_again(watch: Watch) -> None:
    watch.done(8 * HOUR)
    first = watch.at(8 * HOUR)
    assert not any(e.final for e in first.values())
    second = watch.at(8 * HOUR + LOOK)
    assert all(e.final for e in second.values())
    assert values(second) == told(200, 2, True)
    before = watch.looks.http.requests
    assert watch.at(9 * HOUR) == {}
    assert watch.looks.http.requests == before


def test_no_report_at_all_is_never_final(watch: Watch) -> None:
    watch.period.runs[0].express_jobs = watch.period.runs[0].express_jobs_failed = 0
    watch.done(8 * HOUR)
    for after in (8 * HOUR, 8 * HOUR + LOOK, 9 * HOUR):
        seen = watch.at(after)
        assert values(seen) == told(0, 0, True)
        assert not any(e.final for e in seen.values())


def test_all_open_runs_cost_one_request(watch: Watch) -> None:
    before = watch.looks.http.requests
    seen = watch.at(9 * HOUR, 398600, 398601, 398602)
    assert watch.looks.http.requests - before == 1
    assert [values(seen, run)["express_jobs"] for run in ("398600", "398601", "398602")] == [200, 12, 0]


def test_streams_that_are_not_confirmed_complete_nothing(watch: Watch) -> None:
    watch.done(8 * HOUR)
    key = next(key for key in watch.looks.known if key[1] == "streams")
    del watch.looks.known[key]
    assert values(watch.at(8 * HOUR)) == told(200, 2, False)


def test_an_answer_from_before_the_end_completes_nothing(period: Period) -> None:
    """A frozen copy still answers: its own time says so before it is too old to be believed."""
    simulator = Simulator(period)

    def frozen(request: Request) -> Response:
        now, period.now = period.now, START + 8 * HOUR
        try:
            return simulator.answer(request)
        finally:
            period.now = now

    with served(frozen, BASE, "jobs") as http:
        watch = Watch(http, period)
        watch.done(8 * HOUR + LOOK)
        assert values(watch.at(8 * HOUR + LOOK)) == told(200, 2, False)


def test_a_replay_is_not_taken_for_the_real_run() -> None:
    replay = group(success=50) | {"label": "Express_Run398600_StreamExpress_Tier0_REPLAY_2026_ID260601_v1"}
    assert read(body(replay), "replay").counts[398600].jobs == 50
    assert read(body(), "replay").counts == {}
