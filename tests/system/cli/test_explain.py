"""`spy explain` and `spy status`: what an expert who does not know the program needs to be convinced."""

from __future__ import annotations

import pytest

from tests.support.command import answer, spy

NOON = "2026-06-01T12:00:00Z"
STRIP = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"


@pytest.fixture
def blocked(after):
    """The strip payload was shifted to a later run, while the log says done."""
    return after("late_payload_shifted")


def lines(text: str, start: str) -> list[str]:
    """From the line that holds `start` on."""
    found = text.splitlines()
    first = next((number for number, line in enumerate(found) if start in line), None)
    assert first is not None, f"{start!r} is not in:\n{text}"
    return found[first:]


def test_the_head_says_verdict_since_when_whom_to_call_and_what_is_next(blocked):
    told = spy("explain", 398600, "--at", NOON, "--config", blocked).stdout.splitlines()
    assert told[0] == "Run 398600 is blocked since 2026-06-01 07:00:00 UTC (as of 2026-06-01 12:00:00 UTC)."
    assert "because SiStripBadStrip_pcl" in told[1]
    assert "Call      strip-calib@example.invalid (strip tracker, SiStripBadStrip_pcl)" in told
    next_step = next(line for line in told if line.startswith("Next"))
    assert "not released before this is repaired, or the rule is waived" in next_step
    assert "Tier0 locks the run by its own clock at about 2026-06-03 02:30 UTC, in 38.5 h" in next_step


def test_the_failing_rule_comes_first_with_its_comparison_source_and_age(blocked):
    told = lines(spy("explain", 398600, "--at", NOON, "--config", blocked).stdout, "Rules that decide")
    assert "BLOCKED  calibration of SiStripBadStrip_pcl, since 2026-06-01 07:00:00 UTC" in told[1]
    rule = "\n".join(told[1 : next(n for n, line in enumerate(told) if "READY" in line)])
    assert 'ready when    placement == "in_place" || no_payload_accepted' in rule
    assert f"placement = inherited ({STRIP}: since (397600) == run (398600); which fails" in rule
    from_database = lines(rule, f"conditions, about tag {STRIP}")
    assert any(
        line.strip() == "since_run = 397600, since 2026-06-01 00:00:00 UTC, last seen 2026-06-01 12:00:00 UTC"
        for line in from_database
    )
    from_log = lines(rule, f"uploads, about tag {STRIP}")
    assert [line.split(",")[0].strip() for line in from_log[1:3]] == [
        "upload_result = shifted",
        "upload_since = 398601",
    ]
    assert "call strip-calib@example.invalid" in rule


def test_every_rule_is_told_and_shadow_rules_are_marked_last(blocked):
    told = spy("explain", 398600, "--at", NOON, "--config", blocked).stdout
    for rule in ("run-ended", "tier0-answers", "before-lock", "known-to-tier0", "class-has-a-set", "settled", "upload"):
        assert f"READY    {rule}" in told
    assert any("no-lower-run-without-end [shadow]" in line for line in lines(told, "Shadow rules"))
    advisory = lines(told, "Advisory: products that this run does not require")
    assert any("BLOCKED  calibration of SiStripApvGain_pcl" in line for line in advisory)


def test_context_is_told_last_as_what_it_is(blocked):
    told = lines(spy("explain", 398600, "--at", NOON, "--config", blocked).stdout, "Context: what others say")
    assert told[0] == "Context: what others say, never gating"
    assert any("rr_class = Collisions26" in line for line in told)


def test_the_mail_that_was_sent_is_told_with_its_attempts(blocked):
    told = lines(spy("explain", 398600, "--at", NOON, "--config", blocked).stdout, "Messages")
    assert "mail to strip-calib@example.invalid" in told[1]
    assert "acked, 1 attempt, taken 2026-06-01 07:00:00 UTC" in told[1]


def test_at_an_earlier_time_only_what_was_known_then_counts(blocked):
    told = answer("explain", 398600, "--at", "2026-06-01T06:30:00Z", "--config", blocked)
    assert (told["decision"]["verdict"], told["call"], told["messages"]) == ("waiting", [], [])
    facts = [fact for ruled in told["rules"] for fact in ruled["behind"]]
    assert facts
    assert max(fact["seen_at"] for fact in facts) <= "2026-06-01T06:30:00Z"
    assert not any(fact["value"] == "shifted" for fact in facts)


def test_before_the_first_decision_and_for_runs_never_followed_it_says_so(blocked):
    early = spy("explain", 398600, "--at", "2026-05-01T00:00:00Z", "--config", blocked)
    assert (early.exit_code, "nothing was decided about run 398600" in early.stderr) == (2, True)
    never = spy("explain", 398699, "--config", blocked)
    assert (never.exit_code, "never followed; open runs: 398600" in never.stderr) == (2, True)


def test_a_time_without_zone_is_refused(blocked):
    result = spy("explain", 398600, "--at", "2026-06-01T12:00:00", "--config", blocked)
    assert (result.exit_code, "has no zone" in result.stderr) == (2, True)


def test_a_dataset_is_answered_for_its_run(blocked):
    told = spy("explain", "398600/Muon0", "--at", NOON, "--config", blocked).stdout.splitlines()
    assert told[0] == "Calibrations belong to whole runs: answered for run 398600."


def test_a_released_run_shows_every_move_and_the_release_itself(after):
    told = spy("explain", 398600, "--at", NOON, "--config", after("plain_release")).stdout
    moves = [line.split("→")[1].split(":")[0].strip() for line in told.splitlines() if "→" in line]
    assert moves[:3] == ["queued", "sent", "accepted"]
    assert any("release to tier0: acked, 1 attempt" in line for line in lines(told, "Messages"))


def test_a_waived_rule_says_by_whom_and_why(after):
    told = answer("explain", 398600, "--at", "2026-06-02T00:00:00Z", "--config", after("waiver"))
    waived = [ruled["outcome"] for ruled in told["rules"] if ruled["outcome"]["waived_by"]]
    assert waived
    shown = spy("explain", 398600, "--at", "2026-06-02T00:00:00Z", "--config", after("waiver")).stdout
    assert f"[waived by {waived[0]['waived_by']}" in shown
    assert any(f"waive of rule {waived[0]['rule']}" in line for line in lines(shown, "What people did"))


def test_later_runs_that_wait_behind_are_named(after):
    told = answer("explain", 398600, "--config", after("behind_blocked_run_before_lock"))
    assert "Later open runs wait behind it, since Tier0 locks in run order: 398601." in told["next_step"]


def test_status_says_the_sentence_the_frontier_and_who_waits(after):
    config = after("behind_blocked_run_before_lock")
    told = answer("status", "--config", config)
    assert (told["frontier"], [line["run"] for line in told["queue"]]) == (398600, [398600, 398601])
    assert [line["verdict"] for line in told["queue"]] == ["blocked", "ready"]
    shown = spy("status", "--config", config).stdout
    assert told["sentence"] in shown.replace("\n", " ")
    assert "Frontier    run 398600, blocked" in shown


def test_a_store_that_is_not_there_is_said_and_not_made(tmp_path):
    from tests.support.command import configured

    config = configured(tmp_path, {"agent.store": f'"sqlite:///{tmp_path}/none.db"'})
    result = spy("status", "--config", config)
    assert (result.exit_code, "there is none at" in result.stderr) == (3, True)
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_store_is_an_error_of_the_store(tmp_path):
    from tests.support.command import configured

    (tmp_path / "spy.db").write_text("no database", encoding="ascii")
    config = configured(tmp_path, {"agent.store": f'"sqlite:///{tmp_path}/spy.db"'})
    for command in (["status"], ["explain", "398600"], ["stop", "--why", "x"]):
        result = spy(*command, "--config", config)
        assert (result.exit_code, result.stderr.startswith("store: cannot ")) == (3, True), result.stderr


def test_words_of_a_source_cannot_rule_the_terminal():
    from spy.cli.printing import clean

    assert clean("a\x1b[2Jb\nc\x9bd") == "a [2Jb c d"


def test_the_lock_is_told_with_a_hold_from_when_tier0_has_accepted_it(after):
    config = after("hold_at_tier0")

    def told(at: str) -> str:
        return str(answer("explain", 398600, "--at", at, "--config", config)["next_step"])

    assert "locks the run by its own clock at about 2026-06-03 02:30 UTC" in told("2026-06-02T05:00:00Z")
    assert "locks the run by its own clock at about 2026-06-03 10:00 UTC" in told("2026-06-02T12:00:00Z")
