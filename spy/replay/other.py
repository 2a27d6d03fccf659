"""Other rules than the configured ones: from a file, or a rule promoted or left out."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from spy.config import Config, checked, read
from spy.domain.errors import ConfigError
from spy.mistake import sentence
from spy.sections import ClassSection, ExemptionSection, OnlineTagSection, ProductSection, RuleSection

_LISTS: Mapping[str, tuple[type[BaseModel], str]] = {
    "rule": (RuleSection, "name"),
    "exemption": (ExemptionSection, "name"),
    "product": (ProductSection, "name"),
    "online_tag": (OnlineTagSection, "tag"),
}
"""Lists that a file of rules may hold, and the key by which a block replaces a configured one."""
_EXPECTED = "expected a whole configuration, or only [[rule]], [[exemption]], [[product]], [[online_tag]], [class.NAME]"


def other_rules(
    config: Path | None, rules: Path | None, promoted: Sequence[str] = (), without: Sequence[str] = ()
) -> tuple[Config, str]:
    """The configuration with other rules, and how mistakes name it.

    `rules`: a whole configuration, or blocks that replace those of the same name and add to the others.
    """
    raw, file = read(config)
    if rules is not None:
        told, name = read(rules)
        if {"service", "probe"} <= set(told):
            raw, file = told, name
        else:
            _lay_over(raw, told, name)
            file = f"{name} over {file}"
    for rule in promoted:
        block = _rule(raw, rule, "--promote")
        if not block.get("shadow", False):
            raise ConfigError([f"--promote {rule!r}: this rule is no shadow rule, it decides already"])
        block["shadow"] = False
    for rule in without:
        raw["rule"].remove(_rule(raw, rule, "--without"))
    return checked(raw, file), file


def _rule(raw: Mapping[str, Any], name: str, option: str) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [block for block in raw.get("rule", []) if isinstance(block, dict)]
    for block in blocks:
        if block.get("name") == name:
            return block
    names = [str(block.get("name")) for block in blocks]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(names))}"
    raise ConfigError([f"{option} {name!r}: there is no rule of this name, {hint}"])


def _lay_over(raw: dict[str, Any], told: Mapping[str, Any], file: str) -> None:
    mistakes = [*_strange(told, file), *_mistakes(told, file)]
    if mistakes:
        raise ConfigError(mistakes)
    for kind, (_, key) in _LISTS.items():
        blocks = {block[key]: block for block in raw.get(kind, [])}
        # A block of a known name takes its place, and new ones follow.
        raw[kind] = [*(blocks | {block[key]: block for block in told.get(kind, [])}).values()]
    raw["class"] = {**raw.get("class", {}), **told.get("class", {})}


def _strange(told: Mapping[str, Any], file: str) -> Iterator[str]:
    if not told:
        yield f"{file}: is empty; {_EXPECTED}"
    for table in set(told) - set(_LISTS) - {"class"}:
        near = difflib.get_close_matches(table, [*_LISTS, "class"], n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        yield f"{file}: found {table!r}{hint}; {_EXPECTED}"


def _mistakes(told: Mapping[str, Any], file: str) -> Iterator[str]:
    """What is wrong in the file itself, by its own numbers of blocks."""
    for kind, (section, key) in _LISTS.items():
        blocks = told.get(kind, [])
        if not isinstance(blocks, list):
            yield f"{file}: {kind}: expected blocks [[{kind}]]"
            continue
        for number, block in enumerate(blocks):
            yield from _checked(section.model_validate, block, (kind, number), file)
        names = [str(block.get(key)) for block in blocks if isinstance(block, dict)]
        yield from (f"{file}: {kind} {name!r} is named twice" for name in sorted(set(names)) if names.count(name) > 1)
    classes = told.get("class", {})
    if not isinstance(classes, dict):
        yield f"{file}: class: expected tables [class.NAME]"
        return
    for name, table in classes.items():
        yield from _checked(ClassSection.model_validate, table, ("class", name), file)


def _checked(check: Callable[[Any], object], block: Any, where: tuple[str | int, ...], file: str) -> Iterator[str]:
    try:
        check(block)
    except ValidationError as wrong:
        yield from (sentence(file, {**error, "loc": (*where, *error["loc"])}, Config) for error in wrong.errors())
