"""Rules and exemptions, compiled and checked whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from spy.domain.errors import ConfigError
from spy.domain.evidence import Fact, Kind, Scope
from spy.domain.product import OnlineTag, Product, Required, needed_online, required_names
from spy.expressions import Expression, ExpressionError, Language
from spy.rules.derive import DERIVED


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as written in the configuration."""

    name: str
    scope: str
    """run | product"""
    ready: str
    text: str
    applies: str = ""
    blocked: str = ""
    always: bool = False
    """Also asked of an exempt run."""
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class ExemptionText:
    """A reason why a settled run needs no calibration."""

    name: str
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    scope: Scope
    text: str
    applies: Expression | None
    ready: Expression
    blocked: Expression | None
    always: bool
    shadow: bool


@dataclass(frozen=True, slots=True)
class Exemption:
    name: str
    when: Expression
    text: str


@dataclass(frozen=True)
class Rulebook:
    rules: tuple[Rule, ...]
    exemptions: tuple[Exemption, ...]
    products: Mapping[str, Product]
    classes: Mapping[str, Required]
    hash: str
    """SHA-256 over everything that decides, first 16 hex digits."""

    @property
    def gating(self) -> frozenset[str]:
        """Products that some class requires."""
        return required_names(self.classes.values())

    @property
    def online_tags(self) -> tuple[OnlineTag, ...]:
        """Online tags that some class requires, by name."""
        return needed_online(self.classes.values())


def variables(facts: Iterable[Fact], scope: Scope) -> dict[str, Kind]:
    """What an expression of this scope may name: service and run facts always, product facts for products."""
    scopes = {Scope.SERVICE, Scope.RUN} | ({Scope.PRODUCT} if scope is Scope.PRODUCT else set())
    return {fact.name: fact.kind for fact in (*facts, *DERIVED) if fact.scope in scopes}


def build(
    rules: Iterable[RuleText],
    exemptions: Iterable[ExemptionText],
    products: Mapping[str, Product],
    classes: Mapping[str, Required],
    facts: Iterable[Fact],
    *,
    file: str = "config.toml",
    beside: Mapping[str, Any] | None = None,
) -> Rulebook:
    """Compile everything, or refuse with every mistake at once.

    `beside`: whatever else of the configuration changes decisions, such as delays; it counts in the hash.
    """
    facts = tuple(facts)
    rules, exemptions = tuple(rules), tuple(exemptions)
    mistakes: list[str] = []
    languages = {scope: Language(variables(facts, scope)) for scope in (Scope.RUN, Scope.PRODUCT)}

    def compiled(text: str, scope: Scope, where: str) -> Expression | None:
        if not text:
            return None
        try:
            return languages[scope].compile(text)
        except ExpressionError as wrong:
            mistakes.append(f"{file}: {where}: column {wrong.column}: {wrong.what}; in {text!r}")
            return None

    built = []
    for number, rule in enumerate(rules):
        scope, where = Scope(rule.scope), f'rule[{number}] "{rule.name}"'
        applies, ready, blocked = (
            compiled(text, scope, f"{where}.{key}")
            for key, text in (("applies", rule.applies), ("ready", rule.ready), ("blocked", rule.blocked))
        )
        if ready:
            built.append(Rule(rule.name, scope, rule.text, applies, ready, blocked, rule.always, rule.shadow))
    lifted = []
    for number, exemption in enumerate(exemptions):
        when = compiled(exemption.when, Scope.RUN, f'exemption[{number}] "{exemption.name}".when')
        if when:
            lifted.append(Exemption(exemption.name, when, exemption.text))
    mistakes += _twice([r.name for r in rules], file, "rule") + _twice([e.name for e in exemptions], file, "exemption")
    mistakes += _constant(built, lifted, file) + _toothless(rules, file)
    if mistakes:
        raise ConfigError(mistakes)
    return Rulebook(
        tuple(built), tuple(lifted), products, classes, _hash(rules, exemptions, products, classes, beside or {})
    )


def _twice(names: list[str], file: str, what: str) -> list[str]:
    return [f"{file}: {what} {name!r} is named twice" for name in sorted({n for n in names if names.count(n) > 1})]


def _constant(rules: Iterable[Rule], exemptions: Iterable[Exemption], file: str) -> list[str]:
    """Expressions that look at nothing: they would always say the same."""
    asked = [(f"rule {r.name!r}", e) for r in rules for e in (r.applies, r.ready, r.blocked) if e is not None]
    asked += [(f"exemption {e.name!r}", e.when) for e in exemptions]
    return [
        f"{file}: {who} is unreachable or constant: its expression reads no fact" for who, e in asked if not e.names
    ]


def _toothless(rules: tuple[RuleText, ...], file: str) -> list[str]:
    """Rulebooks that would release without looking."""
    mistakes = []
    if not any(r.always and not r.shadow for r in rules):
        mistakes.append(f"{file}: no rule has always = true: an exempt run would be released unseen")
    if not any(r.scope == Scope.PRODUCT and not r.shadow for r in rules):
        mistakes.append(f'{file}: no deciding rule has scope = "product": calibrations would not count')
    return mistakes


_FOR_PEOPLE = ("owners", "detector")
"""Whom to call: no outcome depends on it, and a new address should not close live mode."""


def _deciding(part: Product | Required) -> dict[str, Any]:
    """Its fields without those for people, in what it holds too."""
    return asdict(part, dict_factory=lambda fields: {name: v for name, v in fields if name not in _FOR_PEOPLE})


def _hash(
    rules: tuple[RuleText, ...],
    exemptions: tuple[ExemptionText, ...],
    products: Mapping[str, Product],
    classes: Mapping[str, Required],
    beside: Mapping[str, Any],
) -> str:
    content = {
        "beside": beside,
        "rules": [asdict(r) | {"text": ""} for r in rules],  # its sentence is in no decision, unlike an exemption's
        "exemptions": [asdict(e) for e in exemptions],
        "products": {k: _deciding(v) | {"accepts": sorted(v.accepts)} for k, v in products.items()},
        "classes": {k: _deciding(v) for k, v in classes.items()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
