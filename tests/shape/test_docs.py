"""Docs do not drift: every setting, probe, rule and command is in them, and every link leads somewhere."""

from __future__ import annotations

import re
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel
from typer.main import get_command

from spy.config import Config, load
from spy.domain.caller import NEEDS
from tests.support.tree import ROOT, files, relative, toml

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def all_docs() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in files("docs") if path.suffix == ".md")


def settings(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Keys of the configuration as the docs write them: `agent.mode`, `probe.<name>.every`, `rule[].ready`."""
    keys = []
    for name, field in section.model_fields.items():
        key = prefix + (field.alias or name)
        kind, among = get_origin(field.annotation), [field.annotation, *get_args(field.annotation)]
        below = next((a for a in among if isinstance(a, type) and issubclass(a, BaseModel)), None)
        step = ".<name>." if kind is dict else "[]." if kind is list else "."
        keys += settings(below, key + step) if below else [key]
    return keys


def test_the_table_of_settings_is_the_configuration_no_key_more_or_less():
    explained = re.findall(r"^\| `([^`]+\.[^`]+)` \|", doc("configuration.md"), re.MULTILINE)
    assert sorted(explained) == sorted(settings(Config))


@pytest.mark.parametrize("table", ["service", "probe", "class"])
def test_every_service_probe_and_class_is_named(table):
    assert [name for name in toml("config.toml")[table] if f"`{name}`" not in all_docs()] == []


@pytest.mark.parametrize("table", ["rule", "exemption"])
def test_every_rule_is_explained(table):
    assert [entry["name"] for entry in toml("config.toml")[table] if f"`{entry['name']}`" not in all_docs()] == []


def commands(command: Any, name: str) -> list[str]:
    """Every command line that the program answers, `spy explain` and so on; Typer carries its own copy of Click."""
    below = getattr(command, "commands", None)
    return [name] if below is None else [line for key in below for line in commands(below[key], f"{name} {key}")]


def test_every_command_is_explained():
    from spy.cli.main import app  # here, so that a broken command line fails one test and not this file

    lines = commands(get_command(app), "spy")
    assert lines
    assert [line for line in lines if f"`{line}" not in doc("commands.md")] == []


def test_every_link_between_the_docs_leads_somewhere():
    broken = [
        f"{relative(path)}: {target}"
        for path in files()
        if path.suffix == ".md" and not relative(path).startswith(("tests/data/", "dashboard/texts/"))
        for target, _ in LINK.findall(path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    ]
    assert broken == []


def test_the_page_serves_the_shifters_document_as_it_is_in_the_docs():
    assert (ROOT / "dashboard" / "texts" / "for-shifters.md").read_text(encoding="utf-8") == doc("for-shifters.md")


def test_the_shifters_document_names_every_act_of_the_page_with_the_role_that_it_needs():
    from dashboard.act import WORDS  # here, so that a broken page fails one test and not this file

    told = re.findall(r"^\| \*([^*|]+)\* \| \**(\w+)\** \|", doc("for-shifters.md"), re.MULTILINE)
    assert sorted(told) == sorted((word, str(NEEDS[do])) for do, (word, _) in WORDS.items())


def test_what_the_docs_show_of_the_shipped_configuration_is_so():
    config = load()
    shown = f"{len(config.rule)} rules, {len(config.product)} products, {len(config.probe)} probes"
    assert re.findall(r"no mistake found: (.*); mode", doc("commands.md")) == [shown]
    revisions = [path.name for path in files("spy/store/migrations/versions") if path.name[0].isdigit()]
    assert re.findall(r"as of \S+Z, schema (\d+), ", all_docs()) == [max(revisions)[:4]]


def test_every_option_of_the_demo_is_explained():
    from probes.simulation.demo import app  # here, so that a broken demo fails one test and not this file

    options = {name for option in get_command(app).params for name in option.opts if name.startswith("--")}
    assert {option for option in options if option not in doc("scenarios.md")} == set()


def test_each_state_leads_to_a_section_that_tells_what_it_means_and_every_reader_has_a_document():
    from dashboard.help import ABOUT, sections, slug  # here, so that a broken page fails one test and not this file

    assert {slug(name) for name, _ in sections()} >= {*ABOUT.values()}
    readers = ("for-shifters.md", "rules.md", "write-a-probe.md", "api.md", "operate.md")
    assert [name for name in readers if f"(docs/{name})" not in (ROOT / "README.md").read_text(encoding="utf-8")] == []


def test_every_decision_record_gives_context_choice_and_what_lost():
    records = [path for path in files("docs/decisions") if path.name[0].isdigit()]
    parts = ("## Context", "## Choice", "## What lost, and why")
    assert [
        relative(path) for path in records if any(part not in path.read_text(encoding="utf-8") for part in parts)
    ] == []
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
