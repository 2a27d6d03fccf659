"""`spy replay`: the period a story played, made again by the command."""

from spy.clock import from_iso
from spy.config import packaged_text
from tests.support.command import answer, spy

PERIOD = ("--from", "2020-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z")


def test_a_period_made_again_with_the_same_rules_is_identical(after):
    file = after("waiver")
    told = answer("replay", *PERIOD, "--config", file)
    assert told["identical"] == len(told["decisions"]) > 0
    assert (told["different"], told["not_replayable"]) == (0, 0)


def test_other_rules_are_named_with_what_they_would_have_said_and_are_no_failure(after, tmp_path):
    file = after("waiver")
    other = tmp_path / "other.toml"
    other.write_text(packaged_text().replace('"SiStripBadStrip_pcl",', "", 1), encoding="utf-8")
    result = spy("replay", *PERIOD, "--config", file, "--rules", other)
    assert result.exit_code == 0
    assert " 0 different" not in result.stdout.splitlines()[0]
    assert "required" in result.stdout


def test_only_the_asked_run_and_period_are_made_again(after):
    file = after("waiver")
    made = answer("replay", *PERIOD, "--config", file)["decisions"]
    run, middle = made[0]["run"], made[len(made) // 2]["at"]
    part = answer("replay", "--from", middle, "--to", PERIOD[3], "--run", run, "--config", file)["decisions"]
    assert part == [one for one in made if one["run"] == run and from_iso(one["at"]) >= from_iso(middle)]


def test_a_period_that_ends_before_it_begins_is_refused(after):
    result = spy("replay", "--from", PERIOD[3], "--to", PERIOD[1], "--config", after("waiver"))
    assert result.exit_code == 2
    assert "expected a time after --from" in result.stderr
