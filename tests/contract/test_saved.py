"""What was saved and what held the data, in stories whose figures follow from their scenario files by hand.

In each the probes of Tier0 and OMS look every 2 min and the others every 5 min. Tier0's streams count after a second
equal answer, 2 min after the end. Tier0 locks within a minute of the release, which is seen 2 min after it, and starts
30 min later. Its fixed delay locks 47.5 h and starts 48 h after the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, event, func, select, update

from spy.store.engine import reading, writing
from spy.store.prune import prune
from spy.store.tables import DecisionRow, EvidenceRow, LookRow, RunRow, table_of
from spy.store.views import Cause
from tests.support.hold_stories import FIVE, Played, ask, clock, hours, told

DECISION, EVIDENCE, LOOK, RUN = (table_of(row) for row in (DecisionRow, EvidenceRow, LookRow, RunRow))
UNCONFIRMED, AFTER = "not known", "Tier0, after the release"
HARVEST, UPLOAD, STREAMS = "harvest missing", "upload missing", "streams not done"
H = timedelta(hours=1)
M = timedelta(minutes=1)

Open = Callable[..., Engine]


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def store(stories: Played, store_url: str) -> Iterator[Open]:
    """A story in a database of its own, of each kind."""
    opened: list[Engine] = []

    def into(name: str, **how: bool) -> Engine:
        opened.append(stories.into(name, store_url, **how))
        return opened[-1]

    yield into
    for engine in opened:
        engine.dispose()


EXPECTED = {
    "plain_release": {
        398600: [(UNCONFIRMED, "3:02"), (HARVEST, "5:00"), (UPLOAD, "5:30"), (STREAMS, "8:00"), (AFTER, "8:32")]
    },
    "keep_back": {
        398600: [
            (UNCONFIRMED, "3:02"),
            (HARVEST, "5:00"),
            (UPLOAD, "5:30"),
            (STREAMS, "8:00"),  # kept back from 7 h, but until 8 h it was not ready anyway
            ("kept back by a person", "14:00"),
            (AFTER, "14:32"),
        ]
    },
    "outage_tier0": {
        # Down from 4:30. The last look was at 4:28 and is believed for 12 min.
        398600: [(UNCONFIRMED, "3:02"), (HARVEST, "4:41"), ("a service was silent", "12:00"), (AFTER, "12:32")]
    },
    "overtaken_run": {
        398600: [
            (UNCONFIRMED, "3:02"),
            (HARVEST, "5:00"),
            (UPLOAD, "50:30"),
            (UNCONFIRMED, "50:32"),  # past the predicted lock, and no sign of it yet
            ("Tier0, after its own lock", "51:02"),
        ]
    },
    "behind_blocked_run_after_lock": {
        398600: [
            (UNCONFIRMED, "3:02"),
            (HARVEST, "9:00"),  # an hour after its stream was done DQM can import no more
            ("known bad", "50:32"),
            ("Tier0, after its own lock", "51:02"),
        ],
        398601: [
            (UNCONFIRMED, "6:02"),
            (HARVEST, "8:00"),
            (UPLOAD, "8:30"),
            (STREAMS, "9:00"),
            ("behind an earlier run", "50:32"),
            (AFTER, "51:04"),
        ],
    },
    "uploads_in_order": {
        398600: [(UNCONFIRMED, "3:02"), (HARVEST, "5:00"), (UPLOAD, "5:30"), (STREAMS, "12:00"), (AFTER, "12:32")],
        398601: [
            (UNCONFIRMED, "6:02"),
            (HARVEST, "8:00"),
            ("upload behind an earlier run", "12:00"),
            (UPLOAD, "12:30"),
            (STREAMS, "13:00"),
            (AFTER, "13:32"),
        ],
    },
}


@pytest.mark.parametrize("story", EXPECTED)
def test_every_hour_between_end_and_start_has_the_cause_that_the_story_gives_it(story: str, store: Open) -> None:
    seen = ask(store(story), now=60)
    assert {run.run: told(run) for run in seen.runs} == {n: list(clock(*parts)) for n, parts in EXPECTED[story].items()}
    for run in seen.runs:
        assert run.started_at is not None
        assert sum((span.length for span in run.spans), timedelta(0)) == run.started_at - run.end
    assert seen.held == sum((share.time for share in seen.causes), timedelta(0))


def test_a_released_run_saved_the_fixed_start_less_its_own(store: Open) -> None:
    seen = ask(store("plain_release"), now=12)
    (run,) = seen.runs
    assert (run.run_class, run.end, run.express_done_at) == ("collisions", hours(3), hours(8))
    assert run.recorded_lumi == pytest.approx(459 * 0.4), "1/pb: all but three of its lumi sections"
    assert (run.ready_at, run.alone_at, run.prefix_ready_at) == (hours(8), hours(8), hours(8))
    assert (run.sent_at, run.accepted_at) == (hours(8), hours(8))
    assert (run.locked_at, run.started_at) == (hours(8) + 2 * M, hours(8) + 32 * M)
    assert (run.fixed_lock_at, run.fixed_start_at) == (hours(50.5), hours(51))
    assert (run.saved, run.lost, run.basis) == (42 * H + 28 * M, timedelta(0), "start")
    assert seen.sentence == (
        "From 2026-06-01 00:00 to 2026-06-11 00:00 UTC 1 run started 42.5 h earlier than by Tier0's fixed delay on "
        "average, 42.5 h in total; 0 of them by Tier0's own clock. Earlier runs took 0.0 h; 45 % of all held time was: "
        "streams not done."
    )


def test_in_shadow_what_would_have_been_saved_is_counted_and_called_so(store: Open) -> None:
    seen = ask(store("plain_release", shadow=True), now=12)
    (run,) = seen.runs
    assert (run.would_at, run.started_at, run.basis) == (hours(8), None, "would-be release")
    assert run.saved == 42 * H + 30 * M
    assert told(run)[-1] == ("shadow: nothing sent", 12.0)
    assert "1 run would have been released 42.5 h before the lock of Tier0's fixed delay" in seen.sentence


def test_an_overtaken_run_saves_nothing_and_is_called_overtaken(store: Open) -> None:
    seen = ask(store("overtaken_run"), now=54)
    (run,) = seen.runs
    assert (run.is_overtaken, run.saved) == (True, -2 * M)  # its start is seen 2 min late
    assert (run.ready_at, run.alone_at, run.prefix_ready_at) == (None, None, None)
    assert run.spans[-3].what == ("EcalPedestals_pcl",)
    assert "0.0 h in total; 1 of them by Tier0's own clock" in seen.sentence


def test_hours_lost_to_earlier_runs_are_prefix_ready_less_calibrated_alone(store: Open) -> None:
    first, second = ask(store("behind_blocked_run_after_lock"), now=55).runs
    assert first.lost == timedelta(0)
    assert (second.alone_at, second.prefix_ready_at) == (hours(9), hours(50) + 32 * M)
    assert second.lost == 41 * H + 32 * M
    assert second.spans[-2].what == ("run 398600",)
    assert second.saved == 54 * H - (51 * H + 4 * M)


def test_an_upload_that_waits_for_an_earlier_run_is_lost_to_it_too(store: Open) -> None:
    second = ask(store("uploads_in_order"), now=15).runs[1]
    assert (second.ready_at, second.prefix_ready_at) == (hours(13), hours(13))
    assert second.lost == 4 * H
    assert second.alone_at == hours(13) - second.lost


def test_a_run_that_still_waits_is_told_until_now_and_saved_nothing_yet(store: Open) -> None:
    seen = ask(store("behind_blocked_run_before_lock"), now=14)
    first, second = seen.runs
    assert (first.saved, second.saved, second.prefix_ready_at) == (None, None, None)
    assert told(first)[-1] == ("known bad", 14.0)
    assert told(second)[-1] == ("behind an earlier run", 14.0)
    assert second.lost == 5 * H
    assert "nothing is saved yet" in seen.sentence


def test_a_payload_that_went_elsewhere_is_uploaded_and_never_visible(store: Open) -> None:
    seen = ask(store("late_payload_shifted"), now=14)
    assert told(seen.runs[0])[-2:] == [(UPLOAD, 7.0), ("known bad", 14.0)]
    strip = next(one for one in seen.latencies if one.product == "SiStripBadStrip_pcl")
    assert (strip.harvested_at, strip.uploaded_at, strip.visible_at) == (hours(5), hours(7), None)


def test_latencies_are_counted_from_the_end_per_calibration_and_together(store: Open) -> None:
    seen = ask(store("uploads_in_order"), now=15)
    # The first run's are uploaded 2.5 h after its end, the second one's 6.5 h.
    assert [one.product for one in seen.products] == [*sorted(FIVE, key=_as_configured), ""]
    for one in seen.products:
        assert one.uploaded is not None
        assert one.uploaded.count == (2 if one.product else 10)
        assert (one.uploaded.mean, one.uploaded.rms) == (4.5 * H, 2 * H)
        assert (one.uploaded.median, one.uploaded.p90) == (4.5 * H, 6.5 * H)
        assert one.visible == one.uploaded


def _as_configured(name: str) -> int:
    order = ("BeamSpotObjectHP_ByLumi", "SiPixelQualityFromDbRcd_prompt", "SiStripBadStrip_pcl", "SiPixelAliHG_pcl")
    return order.index(name) if name in order else len(order)


# --- what nobody saw -------------------------------------------------------------------------------------------------


def test_while_no_agent_looked_nothing_was_observed(store: Open) -> None:
    engine = store("plain_release")
    with writing(engine) as connection:
        connection.execute(delete(LOOK).where(LOOK.c.at > hours(6), LOOK.c.at < hours(7)))
    (run,) = ask(engine, now=12).runs
    gap = next(span for span in run.spans if span.cause is Cause.NOT_OBSERVED)
    assert (gap.begin, gap.end) == (hours(6), hours(7))
    assert sum((span.length for span in run.spans), timedelta(0)) == 5 * H + 32 * M


def test_before_the_agent_followed_a_run_nothing_was_observed(store: Open) -> None:
    engine = store("plain_release")
    with writing(engine) as connection:
        connection.execute(update(RUN).values(opened_at=hours(4)))
        connection.execute(delete(DECISION).where(DECISION.c.at < hours(4)))
    (run,) = ask(engine, now=12).runs
    assert told(run)[:2] == [("not observed", 5.0), (UPLOAD, 5.5)]  # the next decision was made at 5 h


def test_where_a_revision_is_gone_nobody_knows_how_long_the_one_before_held(store: Open) -> None:
    engine = store("plain_release")
    with writing(engine) as connection:
        connection.execute(delete(DECISION).where(DECISION.c.at == hours(5)))
    (run,) = ask(engine, now=12).runs
    seen = told(run)
    assert [cause for cause, _ in seen][1:4] == [HARVEST, "not observed", STREAMS]
    assert seen[2][1] == 5.5


def test_a_run_whose_evidence_was_pruned_is_left_out_and_named(store: Open) -> None:
    engine = store("behind_blocked_run_after_lock")
    list(prune(engine, hours(200)))
    seen = ask(engine, now=250)
    assert (seen.runs, seen.endless) == ((), (398600, 398601))


# --- which runs, and at what cost ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("begin", "end", "runs"), [(0, 3, []), (3, 6, [398600]), (3, 6.1, [398600, 398601])])
def test_a_run_belongs_to_the_period_in_which_it_ended(begin: float, end: float, runs: list[int], store: Open) -> None:
    seen = ask(store("uploads_in_order"), now=15, begin=begin, end=end)
    assert [run.run for run in seen.runs] == runs


def test_one_run_alone_is_told_as_among_all(store: Open) -> None:
    engine = store("behind_blocked_run_after_lock")
    assert ask(engine, now=55, run=398601).runs == ask(engine, now=55).runs[1:]


def test_the_earlier_run_counts_also_where_it_ended_before_the_period(store: Open) -> None:
    (second,) = ask(store("behind_blocked_run_after_lock"), now=55, begin=4).runs
    assert second.lost == 41 * H + 32 * M


def test_a_run_that_tier0_never_got_is_left_out(store: Open) -> None:
    engine = store("plain_release")
    with writing(engine) as connection:
        connection.execute(update(EVIDENCE).where(EVIDENCE.c.name == "has_bulk").values(value=False))
    assert ask(engine, now=12).runs == ()


def test_a_store_without_runs_has_nothing_to_tell(empty) -> None:
    seen = ask(empty.engine, now=12)
    assert (seen.runs, seen.causes, seen.products) == ((), (), ())
    assert "nothing is saved yet" in seen.sentence


def test_two_runs_take_as_many_statements_as_one(store: Open) -> None:
    engine = store("uploads_in_order")
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(RUN)).scalar() == 2
    counts = []
    for end in (5, 240):
        sent.clear()
        ask(engine, now=15, end=end)
        counts.append(len([text for text in sent if text.startswith(("SELECT", "WITH"))]))
    assert counts[0] == counts[1] <= 8
