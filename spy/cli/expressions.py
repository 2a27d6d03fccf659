"""Mistakes in the expressions of a configuration that is wrong elsewhere, so that nobody meets them one by one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from spy.app import endpoints_of, installed_probes
from spy.domain.errors import ConfigError
from spy.domain.evidence import Fact
from spy.endpoint import EndpointSection
from spy.rules.rulebook import ExemptionText, RuleText, build
from spy.section import Section
from spy.sections import ExemptionSection, RuleSection

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
    blocks = _readable(raw.get("endpoint"), EndpointSection)
    found = _of_endpoints(raw, blocks, file)
    try:
        build(rules, exemptions, {}, {}, nameable((block for block in blocks if block), _probes(raw)), file=file)
    except ConfigError as wrong:
        found += [mistake for mistake in wrong.mistakes if ": column " in mistake]
    # What a block tells that cannot be read is not known, so no name can be called unknown.
    return [m for m in found if None not in blocks or "unknown name" not in m or f"{file}: endpoint[" in m]


def nameable(blocks: Iterable[EndpointSection], configured: Iterable[str] = ()) -> tuple[Fact, ...]:
    """Facts of every installed probe and of these blocks: what a rule may name without being misspelt.

    Where two probes declare one name, the first configured one counts: an installed package changes no rule's meaning.
    """
    installed = installed_probes(strict=False)
    order = [name for name in configured if name in installed]
    told: dict[str, tuple[Fact, ...]] = {}
    for name in [*order, *(name for name in installed if name not in order)]:
        own = tuple(fact for fact in installed[name].facts if fact.name not in told)
        told |= {fact.name: tuple(f for f in own if f.name == fact.name) for fact in own}
    return (*(fact for facts in told.values() for fact in facts), *(fact for block in blocks for fact in block.facts))


def _of_endpoints(raw: dict[str, Any], blocks: Sequence[EndpointSection | None], file: str) -> list[str]:
    services = raw.get("service")
    if not isinstance(services, dict):
        return []
    urls = {name: str(told.get("url")) if isinstance(told, dict) else "" for name, told in services.items()}
    _, mistakes = endpoints_of(blocks, urls, list(_probes(raw)))
    return [f"{file}: {mistake}" for mistake in mistakes]


def _probes(raw: dict[str, Any]) -> Iterable[str]:
    told = raw.get("probe")
    return told if isinstance(told, dict) else ()


def _readable(tables: Any, section: type[Part]) -> list[Part | None]:
    """One entry per table of the file, None for one that is not what the section allows."""
    found: list[Part | None] = []
    for table in tables if isinstance(tables, list) else ():
        try:
            found.append(section.model_validate(table))
        except ValidationError:
            found.append(None)
    return found
