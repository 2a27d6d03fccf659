"""What cannot be known is said per run, and never counted as no regret."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest

from spy.database import close_database, open_database
from spy.domain.release import Stage
from spy.regret import statement
from spy.regret.late import Word
from spy.regret.report import Report, summary
from spy.store import decisions
from spy.store.engine import writing
from tests.support.month import ALIGNMENT, FIRST, GLOBAL_TAG, Month, end_of
from tests.support.oracle_standin import Standin, failure

RUN = FIRST + 1
NEW = FIRST + 4


def why(report: Report, run: int) -> str:
    one = next(one for one in report.runs if one.release.run == run)
    assert one.word is Word.UNKNOWN
    assert not report.is_clean
    return one.why


def sql(month: Month, text: str) -> None:
    with sqlite3.connect(month.path) as connection:
        connection.execute(text)
    connection.close()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        pytest.param({"locked": None}, "Tier0 has not locked the run yet", id="not locked"),
        pytest.param({"era": None}, "the prompt global tag is unknown", id="no era"),
        pytest.param({"era": "Run1999Z"}, "the prompt global tag is unknown", id="an era without global tag"),
        pytest.param({"run_end": None}, "when the run began, ended", id="no end"),
        pytest.param({"run_start": None}, "when the run began, ended", id="no start"),
        pytest.param({"era": "HIRun2026A"}, "no such global tag: 161X_dataRun3_Prompt_v1", id="no such global tag"),
    ],
)
def test_a_run_of_which_something_is_missing_is_unknown_and_says_what(few, facts, says):
    few.record(NEW, **facts)
    report = few.report()
    assert says in why(report, NEW)
    assert (len(report.known), len(report.own)) == (4, 5)
    assert "4 without regret, 0 with regret, 1 unknown" in summary(report)


def test_a_lock_of_this_very_hour_is_too_young_for_a_copy_that_lags(few):
    few.now = end_of(FIRST + 3) + timedelta(hours=48)
    assert "the copy that is read may not have everything" in why(few.report(), FIRST + 3)


def test_a_snapshot_before_the_lock_hides_late_intervals(few):
    sql(few, f"""UPDATE GLOBAL_TAG SET SNAPSHOT_TIME = '2026-06-01 12:00:00.000000' WHERE NAME = '{GLOBAL_TAG}'""")
    assert "shows nothing inserted after 2026-06-01T12:00:00Z" in why(few.report(), RUN)


def test_a_required_product_of_which_no_tag_is_mapped_cannot_be_judged(few):
    sql(few, "DELETE FROM GLOBAL_TAG_MAP WHERE TAG_NAME = 'EcalPedestals_prompt'")
    assert f"{GLOBAL_TAG} maps no tag of EcalPedestals_pcl that can be asked" in why(few.report(), RUN)


def test_an_unreadable_late_interval_makes_its_run_unknown_alone(few):
    few.late(RUN, ALIGNMENT, RUN, 20.0)
    sql(few, f"UPDATE IOV SET SINCE = {RUN}.5 WHERE SINCE = {RUN} AND TAG_NAME = '{ALIGNMENT}'")
    report = few.report()
    assert f"{ALIGNMENT}: unreadable interval" in why(report, RUN + 1)  # whose release came before, and which reads it
    assert [str(one.word) for one in report.runs] == ["none", "none", "unknown", "none"]


def test_a_release_that_was_really_sent_is_never_without_regret(few):
    with writing(few.store) as connection:
        decisions.annotate(connection, str(RUN), would_at=None)
        stages = (Stage.QUEUED, Stage.SENT, Stage.ACCEPTED, Stage.LOCKED)
        for before, after in zip((Stage.NONE, *stages), stages, strict=False):
            decisions.move(connection, str(RUN), before, after, end_of(RUN) + timedelta(hours=6), "", 1)
    assert "what came later was moved to a later run or refused" in why(few.report(), RUN)
    few.late(RUN, ALIGNMENT, RUN, 10.0)
    assert [one.word for one in few.report().runs if one.release.run == RUN] == [Word.REGRET]


def test_a_file_that_is_not_there_leaves_every_run_unknown(few):
    few.path.unlink()
    report = few.report()
    assert {one.word for one in report.runs} == {Word.UNKNOWN}
    assert "0 without regret, 0 with regret, 4 unknown" in summary(report)


@pytest.fixture
def oracle(few: Month) -> Iterator[tuple[Month, Standin]]:
    """The same file, through the Oracle dialect."""
    standin = Standin(few.path)
    url = "oracle+oracledb://reader:tiger@db.invalid/?service_name=x"
    few.engine.dispose()
    few.engine = open_database(url, service="conditions", schema="cms_conditions", module=standin.module())
    yield few, standin
    close_database(few.engine)
    standin.close()


def test_oracle_is_asked_once_for_all_runs_and_names_the_same(oracle):
    month, standin = oracle
    month.late(RUN, ALIGNMENT, RUN, 10.0)
    found = {(late.run, late.tag, late.author) for one in month.report().runs for late in one.regrets}
    assert found == {(RUN, ALIGNMENT, "simulated")}
    assert sum("late_iov" in statement for statement in standin.statements) == 1


def test_no_answer_to_one_part_leaves_the_others_known(oracle, monkeypatch):
    month, standin = oracle
    monkeypatch.setattr(statement, "MAX_RUNS", 2)
    standin.statements = FailsAtTheSecond()
    report = month.report()
    assert [str(one.word) for one in report.runs] == ["none", "none", "unknown", "unknown"]
    assert "DPY-4024" in why(report, FIRST + 2)


class FailsAtTheSecond(list[str]):
    """The log of a stand-in, which ends the second question about late intervals as a call time limit does."""

    def append(self, low: str) -> None:
        super().append(low)
        if "late_iov" in low and sum("late_iov" in one for one in self) == 2:
            raise failure("DPY-4024", "call timeout")
