"""Other rules than the configured ones: blocks laid over, a rule promoted or left out; and what is refused."""

import pytest

from spy.config import packaged_text, parse
from spy.domain.errors import ConfigError
from spy.replay.other import other_rules

RULE = """
[[rule]]
name = "upload"
scope = "product"
ready = 'upload_result == "ok"'
text = "uploaded"
[[rule]]
name = "long-enough"
scope = "run"
ready = 'last_lumi > 20'
text = "long enough"
"""
EXPECTED = "expected a whole configuration, or only [[rule]]"


@pytest.fixture
def laid_over(tmp_path):
    """The packaged configuration with a file of this text laid over it."""
    base, file = tmp_path / "config.toml", tmp_path / "rules.toml"
    base.write_text(packaged_text(), encoding="utf-8")

    def other(text="", **options):
        file.write_text(text, encoding="utf-8")
        return other_rules(base, file if text else None, **options)[0]

    return other


def rules_of(config):
    return {rule.name: rule for rule in config.rule}


def test_a_rule_of_a_known_name_takes_its_place_and_a_new_one_is_added(laid_over):
    before, after = parse(packaged_text(), "config.toml"), laid_over(RULE)
    assert [rule.name for rule in after.rule] == [*(rule.name for rule in before.rule), "long-enough"]
    assert rules_of(after)["upload"].ready == 'upload_result == "ok"'
    assert rules_of(after)["upload"].blocked == ""  # the whole block is replaced, nothing of the old one stays
    left = {name: rule for name, rule in rules_of(after).items() if name not in ("upload", "long-enough")}
    assert left == {name: rule for name, rule in rules_of(before).items() if name != "upload"}
    assert (after.tier0, after.product, after.classes) == (before.tier0, before.product, before.classes)


def test_a_class_a_product_and_an_exemption_are_laid_over_by_name(laid_over):
    after = laid_over(
        '[class.cosmics]\nexpected_streams = []\nrequired = ["SiStripBadStrip_pcl"]\n'
        '[[exemption]]\nname = "short-run"\nwhen = "last_lumi < 30"\ntext = "short"\n'
        '[[product]]\nname = "New_pcl"\nproducer = "PromptCalibProdNew"\nstreams = ["Express"]\n'
        'destination_tags = ["New_prompt"]\nrecord = "NewRcd"\nbase = "run"\ndetector = "new"\n'
    )
    assert after.classes["cosmics"].online_tags == []
    assert after.classes["collisions"].online_tags != []
    assert [e.when for e in after.exemption if e.name == "short-run"] == ["last_lumi < 30"]
    assert after.product[-1].name == "New_pcl"


def test_a_whole_configuration_stands_for_itself(laid_over):
    after = laid_over(packaged_text().replace('reco_delay = "48h"', 'reco_delay = "36h"'))
    assert after.tier0.reco_delay.total_seconds() == 36 * 3600


def test_a_promoted_rule_decides_and_one_left_out_is_gone(laid_over):
    after = laid_over(promoted=["no-lower-run-without-end"], without=["fit-result"])
    assert not rules_of(after)["no-lower-run-without-end"].shadow
    assert "fit-result" not in rules_of(after)


def test_a_shadow_rule_of_the_file_can_be_promoted(laid_over):
    after = laid_over(RULE + "shadow = true\n", promoted=["long-enough"])
    assert not rules_of(after)["long-enough"].shadow


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("[[rules]]\nname = 'x'\n", {}, f"rules.toml: found 'rules', did you mean 'rule'?; {EXPECTED}"),
        ("[tier0]\nreco_delay = '1h'\n", {}, f"rules.toml: found 'tier0'; {EXPECTED}"),
        ("# nothing\n", {}, f"rules.toml: is empty; {EXPECTED}"),
        ("[rule]\nname = 'x'\n", {}, "rules.toml: rule: expected blocks [[rule]]"),
        ("class = 3\n", {}, "rules.toml: class: expected tables [class.NAME]"),
        ("[[rule]]\nname = 'x'\n", {}, "rules.toml: rule[0].ready: missing"),
        (RULE.replace("ready", "redy"), {}, "rules.toml: rule[1].redy: unknown key, did you mean 'ready'?"),
        (RULE + RULE, {}, "rules.toml: rule 'upload' is named twice"),
        ("[class.x]\nrequired = ['Nope_pcl']\nexpected_streams = []\n", {}, "no product is called 'Nope_pcl'"),
        ("", {"promoted": ["uplod"]}, "--promote 'uplod': there is no rule of this name, did you mean 'upload'?"),
        ("", {"promoted": ["upload"]}, "--promote 'upload': this rule is no shadow rule"),
        ("", {"without": ["xyz"]}, "--without 'xyz': there is no rule of this name, known: before-lock,"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_meant_is_refused_with_its_file_and_place(laid_over, text, options, words):
    with pytest.raises(ConfigError) as refused:
        laid_over(text, **options)
    assert words in str(refused.value)
