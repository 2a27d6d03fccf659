"""Acts on the command line: signed, previewed, refused with a reason, written once."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from spy.clock import from_iso, utc_now
from spy.domain.act import Act, Do
from spy.store import acts, notes
from spy.store.engine import open_store, writing
from tests.support.command import answer, spy


@pytest.fixture
def config(after):
    """Run 398600 is blocked, 398601 is ready behind it."""
    return after("behind_blocked_run_before_lock")


@pytest.fixture
def store(config):
    engine = open_store(f"sqlite:///{config.parent}/spy.db")
    yield engine
    engine.dispose()


def written(store) -> list[Act]:
    return acts.all_acts(store)


def test_a_keep_back_is_written_with_who_why_and_until_and_names_the_runs_behind(config, store):
    result = spy("keep-back", 398600, "--why", "strip noise", "--until", "6h", "--config", config)
    assert result.exit_code == 0, result.stderr
    assert "No early release of run 398600 goes out from us; Tier0's own clock runs on." in result.stdout
    assert "it also stops the later open runs: 398601." in result.stdout
    (act,) = written(store)
    assert (act.do, act.who, act.why, act.run) == (Do.KEEP_BACK, "shifter@example.invalid", "strip noise", 398600)
    assert act.until is not None
    assert timedelta(hours=5, minutes=59) < act.until - utc_now() <= timedelta(hours=6)


def test_a_preview_writes_nothing(config, store):
    told = answer("hold", 398600, "--why", "repair", "--until", "6h", "--preview", "--config", config)
    assert "it also stops the later open runs: 398601." in " ".join(told["effect"])
    assert (told["preview"], written(store)) == (True, [])


def test_a_hold_has_an_end(config, store):
    assert spy("hold", 398600, "--why", "repair", "--config", config).exit_code == 2
    past = spy("hold", 398600, "--why", "repair", "--until", "2020-01-01T00:00:00Z", "--config", config)
    assert (past.exit_code, "does not lie after its beginning" in past.stderr) == (2, True)
    assert written(store) == []


def test_an_act_is_signed_or_is_none(config, store):
    result = spy("keep-back", 398600, "--why", "x", "--config", config, env={"SPY_WHO": ""})
    assert (result.exit_code, written(store)) == (2, [])
    assert spy("keep-back", 398600, "--who", "expert", "--why", " ", "--config", config).exit_code == 2
    assert spy("keep-back", 398600, "--who", "expert", "--why", "x", "--config", config).exit_code == 0
    assert [act.who for act in written(store)] == ["expert"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["keep-back", "398699"], "run 398699 is not open; open runs: 398600, 398601"),
        (["keep-back", "run600"], "expected RUN, RUN/DATASET or RUN:FIRST-LAST"),
        (["keep-back", "398600:1-20"], "lumi ranges are answered when asked, never acted on"),
        (["keep-back"], "give a chunk, such as 398600, or --from-run 398600"),
        (["keep-back", "398600", "--from-run", "398600"], "not both"),
        (["keep-back", "398600", "--to-run", "398601"], "--to-run 398601 needs a --from-run that is not above it"),
        (["keep-back", "--from-run", "398601", "--to-run", "398600"], "needs a --from-run that is not above it"),
        (["keep-back", "398600", "--until", "tomorrow"], "expected 2026-06-01T12:00:00Z or a duration such as 6h"),
        (["keep-back", "398600", "--until", "2026-06-01T12:00:00"], "has no zone"),
        (["keep-back", "398600", "--until", "99999999999d"], "too far away"),
        (["keep-back", "--from-run", "398600", "--until-tag", "EcalPedestals"], "did you mean 'EcalPedestals_prompt'"),
        (["keep-back", "398600", "--until-tag", "EcalPedestals_prompt"], "an end by tag needs --from-run"),
        (["waive", "398600", "--rule", "calibraton"], "no rule is called 'calibraton'; did you mean 'calibration'?"),
        (["waive", "398600", "--rule", "upload", "--product", "Ecal"], "no product is called 'Ecal'"),
        (["withdraw", "398600"], "the release of run 398600 is none, not accepted"),
        (["requeue", "398600"], "is none, not withdrawn or refused"),
        (["release-back", "398600"], "run 398600 has no keep_back in force"),
        (["unhold", "398600"], "run 398600 has no hold_tier0 in force"),
        (["resume"], "there is no stop in force"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_is_not_possible_is_refused_with_the_reason(config, store, words, said):
    result = spy(*words, "--why", "x", "--config", config)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert written(store) == []


def test_a_refusal_is_json_for_programs(config):
    told = answer("withdraw", 398600, "--why", "x", "--config", config)
    assert (told["error"], len(told["mistakes"])) == ("act", 1)


def test_nothing_is_done_about_a_run_that_tier0_has_locked(after):
    config = after("plain_release")
    for words in (["keep-back", "398600"], ["waive", "398600", "--rule", "upload"], ["withdraw", "398600"]):
        result = spy(*words, "--why", "x", "--config", config)
        assert (result.exit_code, "nothing that is sent changes it any more" in result.stderr) == (2, True)


def test_a_range_ends_by_tag_and_is_ended_by_its_own_range_only(config, store):
    words = ["--why", "new pedestals", "--config", config]
    tagged = spy("keep-back", "--from-run", 398601, "--until-tag", "EcalPedestals_prompt", *words)
    assert "until EcalPedestals_prompt holds an interval that begins there or later" in tagged.stdout
    assert spy("keep-back", "--from-run", 398700, *words).exit_code == 0
    assert spy("release-back", "--from-run", 398601, *words).exit_code == 0
    in_force = [act.from_run for act in written(store) if act.do is Do.KEEP_BACK and act.ended_at is None]
    assert in_force == [398700]


def test_a_range_with_an_end_is_written_whole_and_ended_by_the_same_range_only(config, store):
    words = ["--why", "by hand", "--config", config]
    tagged = ["--until-tag", "EcalPedestals_prompt", "--until", "12h"]
    result = spy("keep-back", "--from-run", 398600, "--to-run", 398601, *tagged, *words)
    assert "runs 398600 to 398601, each until it has an interval of EcalPedestals_prompt put there" in result.stdout
    (act,) = written(store)
    assert (act.run, act.from_run, act.to_run) == (None, 398600, 398601)
    assert [act.concerns(run) for run in (398599, 398600, 398601, 398602)] == [False, True, True, False]
    assert (
        "for runs 398600 to 398602 there is no keep_back"
        in spy("release-back", "--from-run", 398600, "--to-run", 398602, *words).stderr
    )
    assert spy("release-back", "--from-run", 398600, *words).exit_code == 2
    assert spy("release-back", "--from-run", 398600, "--to-run", 398601, *words).exit_code == 0
    waiver = spy("waive", "--from-run", 398600, "--to-run", 398601, "--rule", "calibration", *tagged[:2], *words)
    assert "for keep_back alone" in waiver.stderr


def test_a_waiver_names_its_rule_and_product(config, store):
    words = ["--rule", "calibration", "--product", "EcalPedestals_pcl", "--why", "known", "--config", config]
    result = spy("waive", 398600, *words)
    assert "The failure of rule calibration is accepted for run 398600, EcalPedestals_pcl" in result.stdout
    (act,) = written(store)
    assert (act.rule, act.product) == ("calibration", "EcalPedestals_pcl")


def test_a_dataset_acts_on_its_whole_run_and_says_so(config, store):
    result = spy("keep-back", "398600/Muon0", "--why", "x", "--config", config)
    assert "the act is about all of run 398600" in result.stdout
    assert (written(store)[0].run, written(store)[0].dataset) == (398600, "Muon0")


def test_silence_and_acknowledge_change_no_release(config, store):
    assert (
        "the gate does not change" in spy("silence", 398600, "--why", "x", "--until", "2h", "--config", config).stdout
    )
    assert "no release and no mail changes" in spy("acknowledge", 398600, "--why", "x", "--config", config).stdout
    assert [act.do for act in written(store)] == [Do.ACKNOWLEDGE, Do.SILENCE]


def test_stop_and_resume(config, store):
    assert "Open runs concerned now: 398600, 398601." in spy("stop", "--why", "storm", "--config", config).stdout
    assert spy("resume", "--why", "over", "--config", config).exit_code == 0
    assert [act.do for act in written(store) if act.ended_at] == [Do.STOP]


def test_resume_also_lifts_a_halt_that_no_person_made(config, store):
    with writing(store) as connection:
        notes.put(connection, notes.HALT, "predicted and observed lock differ", utc_now())
    assert spy("resume", "--why", "Tier0 told us its new delay", "--config", config).exit_code == 0
    assert [act.do for act in written(store)] == [Do.RESUME]


def test_a_store_that_cannot_be_written_is_told_and_nothing_is_done(config, store):
    with closing(store.raw_connection()) as other:
        other.execute("BEGIN EXCLUSIVE")
        result = spy("stop", "--why", "x", "--config", config)
        other.rollback()
    assert (result.exit_code, "store: cannot write" in result.stderr) == (3, True)
    assert written(store) == []


def test_times_are_taken_with_their_zone(config, store):
    until = "2126-06-01T14:00:00+02:00"
    assert spy("keep-back", 398600, "--why", "x", "--until", until, "--config", config).exit_code == 0
    assert written(store)[0].until == from_iso("2126-06-01T12:00:00Z")
