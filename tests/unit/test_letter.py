"""Letters say what is known, whom it concerns and what happens next, and claim nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from spy.channels.letter import SUBJECT_LENGTH, blocked_letter, overtaken_letter
from spy.channels.post import Mail
from spy.domain.product import Base, Product
from spy.domain.run import Chunk
from spy.domain.subject import of_product, of_run, of_tag
from spy.domain.verdict import Outcome, Seen, State, Verdict
from spy.rules.derive import lock_time
from spy.rules.situation import Situation
from spy.rules.view import View

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TAG = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"
STRIP = Product(
    name="SiStripBadStrip_pcl",
    producer="PromptCalibProdSiStrip",
    streams=("Express",),
    destination_tags=(TAG,),
    record="SiStripBadStripRcd",
    base=Base.RUN,
    detector="strip tracker",
    owners=("strip-calib@example.invalid",),
)
SINCE = Seen(
    "since_run", 398605, "conditions", of_tag("prod", 398600, TAG), NOW, NOW - timedelta(minutes=20), "≠ 398600"
)
LATE = Outcome(
    "calibration",
    of_product("prod", 398600, STRIP.name),
    State.BLOCKED,
    "its interval begins at 398605",
    (SINCE, Seen("entries", None, "dqm", of_product("prod", 398600, STRIP.name), None, None, "no sample")),
)
READY = Outcome("run-ended", of_run("prod", 398600), State.READY, "the run has ended")
NOISE = Outcome("noise", of_run("prod", 398600), State.BLOCKED, "a shadow rule that decides nothing", shadow=True)


def verdict(state: State = State.BLOCKED, *outcomes: Outcome, deadline: datetime | None = NOW + timedelta(hours=40)):
    found = outcomes or (READY, NOISE, LATE)
    reasons = tuple(o.text for o in found)
    return Verdict(Chunk(398600), state, reasons, found, cause=STRIP.name, deadline=deadline, required=(STRIP.name,))


def blocked(
    judged: Verdict | None = None, product: Product | None = STRIP, since: datetime = NOW - timedelta(minutes=12)
) -> Mail:
    return blocked_letter(
        judged or verdict(),
        product,
        to="strip-calib@example.invalid",
        instance="prod",
        since=since,
        now=NOW,
        page_url="http://127.0.0.1:8050/run/398600",
    )


def overtaken(judged: Verdict, kept: str = "") -> Mail:
    return overtaken_letter(
        judged,
        to="shift@example.invalid",
        instance="prod",
        lock_seen_at=NOW - timedelta(minutes=6),
        now=NOW,
        page_url="http://127.0.0.1:8050/run/398600",
        kept=kept,
    )


def flat(mail: Mail) -> str:
    return " ".join(mail.text.split())


def test_the_subject_names_run_product_and_cause() -> None:
    assert blocked().subject == "[spy prod] run 398600 blocked: SiStripBadStrip_pcl, its interval begins at 398605"


@pytest.mark.parametrize(
    "line",
    [
        "Instance prod",
        "Run 398600",
        "Detector strip tracker",
        "Calibration SiStripBadStrip_pcl, record SiStripBadStripRcd",
        "Cause its interval begins at 398605",
        "Effect no early release while this stands",
        "Since 2026-06-01 11:48 UTC, 12 min before this mail",
        "predicted for 2026-06-03 04:00 UTC, in 40.0 h",
        "Who can act strip-calib@example.invalid",
        "Page http://127.0.0.1:8050/run/398600",
        "Why this mail first notification",
        f"since_run = 398605 (≠ 398600): conditions, prod:398600/tag:{TAG}, seen 2026-06-01 12:00 UTC, "
        "so since 2026-06-01 11:40 UTC",
        "entries = unknown (no sample): dqm",
    ],
)
def test_a_blocked_letter_says(line: str) -> None:
    assert line in flat(blocked())


def test_only_what_decided_against_this_product_is_told() -> None:
    other = Outcome("calibration", of_product("prod", 398600, "EcalPedestals_pcl"), State.BLOCKED, "never harvested")
    mail = blocked(verdict(State.BLOCKED, READY, NOISE, LATE, other))
    assert "never harvested" not in mail.text
    assert "shadow" not in mail.text
    assert "the run has ended" not in mail.text


def test_a_rule_of_the_whole_run_goes_to_the_crew_and_names_no_detector() -> None:
    rule = Outcome(
        "class-has-a-set", of_run("prod", 398600), State.BLOCKED, "the class commissioning has no required set."
    )
    judged = Verdict(Chunk(398600), State.BLOCKED, (rule.text,), (rule, LATE), cause="class-has-a-set")
    mail = blocked(judged, None)
    assert mail.subject.endswith("blocked: class-has-a-set, the class commissioning has no required set")
    assert "Detector none in particular" in flat(mail)
    assert "Who can act the shift crew" in flat(mail)
    assert "398605" not in mail.text


def test_no_lock_is_predicted_without_an_end_and_none_is_claimed_that_was_not_seen() -> None:
    assert "no end of the run is known" in flat(blocked(verdict(deadline=None)))
    passed = flat(blocked(verdict(deadline=NOW - timedelta(minutes=1))))
    assert "was predicted for 2026-06-01 11:59 UTC; we have not seen it yet" in passed


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    zone = timezone(timedelta(hours=2))
    assert blocked(since=(NOW - timedelta(minutes=12)).astimezone(zone)).text == blocked().text


def test_words_of_a_source_stay_one_line_and_are_escaped() -> None:
    nasty = Outcome("upload", LATE.subject, State.BLOCKED, "log says\r\nBcc: x@y.invalid <script>alert(1)</script>")
    mail = blocked(verdict(State.BLOCKED, nasty))
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert "\nBcc" not in mail.text
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html


def test_a_long_cause_is_cut_in_the_subject_and_whole_in_the_text() -> None:
    long = Outcome("upload", LATE.subject, State.BLOCKED, "word " * 100 + "end")
    mail = blocked(verdict(State.BLOCKED, long))
    assert len(mail.subject) == SUBJECT_LENGTH
    assert mail.subject.endswith("…")
    assert "word end" in flat(mail)


def test_an_overtaken_letter_says_what_was_missing_and_that_the_lock_came_before_we_saw_it() -> None:
    mail = overtaken(verdict())
    assert mail.subject == "[spy prod] run 398600 overtaken: its interval begins at 398605"
    assert "without a release from us" in flat(mail)
    assert "Cause last verdict blocked: its interval begins at 398605" in flat(mail)
    assert "Since 2026-06-01 11:54 UTC, when we first saw the lock; it was made before that" in flat(mail)
    assert "Calibration SiStripBadStrip_pcl" in flat(mail)


def test_what_could_not_be_seen_is_not_called_missing() -> None:
    blind = Outcome("calibration", LATE.subject, State.UNKNOWN, "the conditions database did not answer")
    text = flat(overtaken(verdict(State.UNKNOWN, blind)))
    assert "could not be seen" in text
    assert "missing" not in text
    assert "wrong" not in text


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (
            "kept back by shifter@example.org: strip noise",
            "not released because: kept back by shifter@example.org: strip",
        ),
        ("", "not released because: no reason was recorded"),
    ],
)
def test_a_ready_run_that_was_overtaken_says_why_as_far_as_it_is_known(kept: str, said: str) -> None:
    mail = overtaken(verdict(State.READY, READY), kept)
    assert f"everything was in place; {said}" in flat(mail)
    assert "nothing was missing" in flat(mail)


def test_letters_of_one_run_belong_together_and_survive_the_outbox() -> None:
    first, second = blocked(), overtaken(verdict())
    assert first.thread == second.thread == "run-398600.prod"
    row = first.with_id("42")
    assert Mail.from_bytes(row.to_bytes()) == row
    assert row.id == "42"


def test_the_lock_is_told_with_the_hold_that_tier0_accepted():
    end = NOW + timedelta(hours=40) - Situation(Chunk(398600), NOW, {}).lock_after

    def told(held_until: datetime | None) -> str:
        lock = lock_time(View(Situation(Chunk(398600), NOW, {}, held_until=held_until), {}, {}), end)
        return " ".join(blocked(verdict(deadline=lock)).text.split())

    assert "predicted for 2026-06-03 04:00 UTC, in 40.0 h" in told(None)
    assert "predicted for 2026-06-04 10:00 UTC, in 2.9 d" in told(NOW + timedelta(hours=70))
    assert "predicted for 2026-06-03 04:00 UTC" in told(NOW + timedelta(hours=3)), "a shorter hold changes nothing"
