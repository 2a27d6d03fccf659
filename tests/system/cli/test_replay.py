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


def test_other_rules_are_told_run_by_run_as_table_json_and_page_and_are_no_failure(after, tmp_path):
    file = after("waiver")
    other, page = tmp_path / "other.toml", tmp_path / "changes.html"
    other.write_text(packaged_text().replace(', "EcalPedestals_pcl"]', "]", 1), encoding="utf-8")
    result = spy("replay", *PERIOD, "--config", file, "--rules", other, "--html", page)
    assert result.exit_code == 0
    assert result.stdout.startswith("With other rules, of 1 run: 1 ready earlier")
    assert "EcalPedestals_pcl" in result.stdout
    told = answer("replay", *PERIOD, "--config", file, "--rules", other)
    [run] = told["runs"]
    assert (run["turn"], told["counts"]["earlier"], run["products"]) == ("earlier", 1, ["EcalPedestals_pcl"])
    assert run["hours"] < -5  # the waiver came at 20 h
    assert "EcalPedestals_pcl" in page.read_text(encoding="utf-8")


def test_a_page_without_other_rules_is_refused(after, tmp_path):
    result = spy("replay", *PERIOD, "--config", after("waiver"), "--html", tmp_path / "x.html")
    assert result.exit_code == 2
    assert "expected --rules, --promote or --without" in result.stderr


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
