"""An outcome is told in words from the values that it kept; what has no words is told by its values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spy.domain.subject import of_product, of_run
from spy.domain.verdict import Outcome, Seen, State
from spy.rules.explain import plain, plain_reason, remedy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
P = "EcalPedestals_pcl"
RUN = of_run("prod", 398600)
STALE = "stale: last seen 2026-06-01T04:28:00Z, believed for 12 min"


def outcome(state: State, *seen: tuple[str, object, str], of: str = P, rule: str = "calibration") -> Outcome:
    subject = of_product("prod", 398600, of) if of else RUN
    kept = tuple(Seen(name, value, "derived", subject, NOW, None, note) for name, value, note in seen)  # type: ignore[arg-type]
    return Outcome(rule, subject, state, "the rule's own text", kept)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            outcome(
                State.BLOCKED,
                ("placement", "foreign", "T: …"),
                ("no_payload", "unexplained", "uploaded at 2026-06-01T05:30:00Z by the log, but not in place: T: …"),
            ),
            f"{P} was uploaded at 2026-06-01 05:30 UTC, "
            "but another payload, not of this run's upload, stands in its place",
        ),
        (
            outcome(
                State.BLOCKED,
                ("placement", "partial", "T: …"),
                ("no_payload", "unexplained", "uploaded at 2026-06-01T05:30:00Z by the log, but not in place: T: …"),
            ),
            f"{P} was uploaded at 2026-06-01 05:30 UTC, but it covers only a part of the run",
        ),
        (
            outcome(State.BLOCKED, ("no_payload", "low_statistics", "entries (17) < 1000")),
            f"{P} is missing: 17 entries of the 1000 needed, and this calibration may not be left out",
        ),
        (
            outcome(State.BLOCKED, ("no_payload", "aborted", "the fit ended with exit code 3")),
            f"{P} is missing: its fit ended with exit code 3",
        ),
        (
            outcome(
                State.WAITING,
                ("no_payload", "", "its stream is not done"),
                (
                    "waits_for",
                    "run 398599",
                    "harvested; Tier0 uploads in run order, so it waits until run 398599 is finished, "
                    "at the latest until 2026-06-01T21:00:00Z",
                ),
            ),
            f"{P} is harvested, and its upload waits until Tier0 is through with run 398599, "
            "at the latest until 2026-06-01 21:00 UTC",
        ),
        (
            outcome(State.WAITING, ("no_payload", "", "upload in_progress"), ("waits_for", "upload", "…")),
            f"{P} is being uploaded",
        ),
        (
            outcome(State.UNKNOWN, ("placement", None, f"mapped of T: {STALE}")),
            f"{P} cannot be judged: what is known of it is of 2026-06-01 04:28 UTC, too old to be believed",
        ),
        (
            outcome(State.UNKNOWN, ("pede_exit_code", None, "never seen")),
            f"{P} cannot be judged: its pede exit code was never seen",
        ),
        (
            outcome(State.WAITING, ("express_jobs_complete", False, ""), ("express_jobs", 99, ""), of=""),
            "not all express jobs have reported yet (99 so far)",
        ),
        (
            outcome(State.BLOCKED, ("magnet_current", 3.7, ""), of="", rule="magnet-on"),
            "magnet-on blocked: magnet_current (3.7)",
        ),
    ],
)
def test_an_outcome_is_told_in_words(told: Outcome, words: str) -> None:
    assert plain(told) == words


def test_a_waived_outcome_is_told_by_who_waived_it() -> None:
    waived = Outcome("upload", of_product("prod", 398600, P), State.READY, "x", (), waived_by="ecal@example.org")
    assert plain(waived) == f"{P} is waived by ecal@example.org"


def test_an_exemption_is_told_by_its_sentence() -> None:
    told = plain_reason("exempt (short-run): fewer than 10 lumi sections; last_lumi (3)")
    assert told == "it needs no calibration: fewer than 10 lumi sections"


def test_what_can_be_done_follows_from_what_is_wrong_and_else_is_to_find_out() -> None:
    assert remedy(outcome(State.BLOCKED, ("upload_result", "failed", "…")), "look") == "repeat the upload"
    assert remedy(outcome(State.BLOCKED, ("magnet_current", 3.7, "")), "look") == "look"
