"""`spy saved`: what a story saved, as people and as programs read it."""

import pytest

from tests.support.command import answer, configured, spy

PERIOD = ("--from", "2026-06-01T00:00:00Z", "--to", "2026-06-08T00:00:00Z")


def test_a_period_is_told_in_a_sentence_with_runs_causes_and_calibrations(after):
    told = spy("saved", *PERIOD, "--config", after("plain_release")).stdout
    assert told.startswith("From 2026-06-01 00:00 to 2026-06-08 00:00 UTC 1 run started 42.5 h earlier")
    run = next(line for line in told.splitlines() if line.startswith("398600"))
    assert run.split()[-3:] == ["42.5", "0.0", "start"]
    assert any(line.startswith("streams not done          2.5  45.2") for line in told.splitlines())
    assert any(line.split()[:4] == ["all", "of", "them", "5"] for line in told.splitlines())
    assert any(line.split() == ["2024", "7.2", "6.9"] for line in told.splitlines())


def test_one_run_is_told_with_each_of_its_spans(after):
    told = spy("saved", *PERIOD, "--run", 398600, "--config", after("plain_release")).stdout
    assert "2026-06-01 05:30:00 UTC  2026-06-01 08:00:00 UTC  2.5  streams not done" in told


def test_programs_get_seconds_and_every_span(after):
    told = answer("saved", *PERIOD, "--config", after("plain_release"))
    (run,) = told["runs"]
    assert (run["saved"], run["lost"], run["basis"]) == (42 * 3600 + 28 * 60, 0.0, "start")
    assert [span["begin"] for span in run["spans"][1:]] == [span["end"] for span in run["spans"][:-1]]
    assert (run["spans"][0]["begin"], run["spans"][-1]["end"]) == (run["end"], run["started_at"])
    assert told["published_2024"] == [7.2 * 3600, 6.9 * 3600]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "yesterday", *PERIOD[2:]), "--from 'yesterday': expected a time with zone"),
        (("--from", "2026-06-01T00:00:00", *PERIOD[2:]), "has no zone"),
        ((*PERIOD[:2], "--to", "2026-05-01T00:00:00Z"), "expected a time after --from '2026-06-01T00:00:00Z'"),
        ((*PERIOD, "--run", 1234), "--run 1234: no such run ended in this period"),
    ],
    ids=["no time", "no zone", "backwards", "no such run"],
)
def test_what_cannot_be_asked_is_refused_with_what_is_allowed(words, said, after):
    result = spy("saved", *words, "--config", after("plain_release"))
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    file = configured(tmp_path, {"agent.store": f'"sqlite:///{tmp_path}/none.db"'})
    assert spy("saved", *PERIOD, "--config", file).exit_code == 3
    assert not (tmp_path / "none.db").exists()
