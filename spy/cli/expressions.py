"""Mistakes in the expressions of a configuration that is wrong elsewhere, so that nobody meets them one by one."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from spy.app import facts_of, installed_probes
from spy.domain.errors import ConfigError
from spy.rules.rulebook import ExemptionText, RuleText, build
from spy.sections import ExemptionSection, RuleSection, Section

Part = TypeVar("Part", bound=Section)

_NO_RULE = RuleText(name="", scope="run", ready="", text="")
"""Keeps the numbers of the others where one cannot be read at all."""
_NO_EXEMPTION = ExemptionText(name="", when="", text="")


def expression_mistakes(path: Path | None, file: str) -> list[str]:
    """Of every rule and exemption that can be read; what the whole would say beyond that waits for the rest."""
    try:
        raw = tomllib.loads((path or Path("config.toml")).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    rules = [RuleText(**rule.model_dump()) if rule else _NO_RULE for rule in _readable(raw.get("rule"), RuleSection)]
    lifted = _readable(raw.get("exemption"), ExemptionSection)
    exemptions = [ExemptionText(**part.model_dump()) if part else _NO_EXEMPTION for part in lifted]
    try:
        build(rules, exemptions, {}, {}, facts_of(installed_probes(strict=False).values()), file=file)
    except ConfigError as wrong:
        return [mistake for mistake in wrong.mistakes if ": column " in mistake]
    return []


def _readable(tables: Any, section: type[Part]) -> list[Part | None]:
    """One entry per table of the file, None for one that is not what the section allows."""
    found: list[Part | None] = []
    for table in tables if isinstance(tables, list) else ():
        try:
            found.append(section.model_validate(table))
        except ValidationError:
            found.append(None)
    return found
