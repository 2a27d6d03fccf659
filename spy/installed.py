"""What installed packages offer by entry points: loaded and checked, each mistake with the package that makes it.

A package that is broken is left out and told about; it never hides or replaces what another package offers.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_args

from spy.domain.errors import ConfigError
from spy.domain.evidence import Fact, Scope
from spy.probe import Configured, Probe, Wants
from spy.rules.derive import DERIVED

PROBES = "spy.probes"
NAMEABLE = (Scope.SERVICE, Scope.RUN, Scope.PRODUCT)
DERIVED_NAMES = frozenset(fact.name for fact in DERIVED)


@dataclass(frozen=True, slots=True)
class Offers:
    """What the entry points of one group hold, by name."""

    found: Mapping[str, Any]
    broken: Mapping[str, str]
    """A sentence per name that cannot be had, with the package."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Whose each found one is: `lumiboard 1.0`."""


def owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def offers(group: str, wrong: Callable[[str, Any], Iterable[str]], wanted: Collection[str] | None = None) -> Offers:
    """Everything that the group offers, or the wanted names of it. `wrong` says what is wrong with one, by name.

    A name that two packages offer is nobody's: which of them was meant, no order of the path may decide.
    """
    found: dict[str, Any] = {}
    broken: dict[str, str] = {}
    owners: dict[str, str] = {}
    for name, entries in _by_name(group).items():
        if wanted is not None and name not in wanted:
            continue
        if len(entries) > 1:
            among = " and ".join(f"{owner(entry)} ({entry.value})" for entry in entries)
            broken[name] = f"is offered by {among}: one of them must go, or take another name"
            continue
        thing, mistakes = _loaded(entries[0], wrong)
        if mistakes:
            broken[name] = f"{entries[0].value} of package {owner(entries[0])} {'; '.join(mistakes)}"
        else:
            found[name], owners[name] = thing, owner(entries[0])
    return Offers(found, broken, owners)


def names(group: str) -> list[str]:
    """What is offered, whether or not it can be loaded."""
    return list(_by_name(group))


def _by_name(group: str) -> dict[str, list[EntryPoint]]:
    by_name: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group=group), key=lambda e: (e.name, owner(e), e.value)):
        by_name.setdefault(entry.name, []).append(entry)
    return by_name


def _loaded(entry: EntryPoint, wrong: Callable[[str, Any], Iterable[str]]) -> tuple[Any, list[str]]:
    try:
        thing = entry.load()
        return thing, list(wrong(entry.name, thing))
    # A package is a guest, also while it is imported: not even its sys.exit() may end the agent.
    except (Exception, SystemExit) as crash:
        return None, [f"cannot be loaded: {type(crash).__name__}: {crash}"]


# --- probes ---------------------------------------------------------------------------------------------------------


def probe_offers(wanted: Collection[str] | None = None) -> Offers:
    return offers(PROBES, wrong_with_probe, wanted)


def wrong_with_probe(name: str, thing: Any) -> Iterator[str]:
    """What keeps a loaded thing from being the probe of this name."""
    if not (isinstance(thing, type) and issubclass(thing, Probe)):
        kind = thing.__name__ if isinstance(thing, type) else type(thing).__name__
        yield f"is no class derived from spy.probe.Probe, but {kind}"
        return
    if inspect.isabstract(thing):
        yield f"leaves out {', '.join(sorted(thing.__abstractmethods__))}"
    if issubclass(thing, Configured):
        return
    told = {key: getattr(thing, key, None) for key in ("name", "service", "facts", "every", "stale_after", "wants")}
    if told["name"] != name:
        yield f"calls itself {told['name']!r}, its entry point {name!r}"
    if not isinstance(told["service"], str) or not told["service"]:
        yield f"has no service, but {told['service']!r}"
    for key in ("every", "stale_after"):
        if not isinstance(told[key], timedelta):
            yield f"has no {key}, but {told[key]!r}: expected a timedelta"
    if told["wants"] not in get_args(Wants):
        yield f"wants {told['wants']!r}, allowed: {', '.join(get_args(Wants))}"
    facts = told["facts"]
    if not isinstance(facts, tuple) or not facts or not all(isinstance(fact, Fact) for fact in facts):
        yield "has no facts: expected a tuple of spy.domain.evidence.Fact"
        return
    twice = [key for key, times in Counter((str(f.scope), f.name) for f in facts).items() if times > 1]
    yield from (f"declares fact {name!r} of scope {scope} twice" for scope, name in twice)
    yield from (f"declares fact {f.name!r}, which no expression can name" for f in facts if not f.name.isidentifier())


def fact_clashes(kinds: Mapping[str, type[Probe]], owners: Mapping[str, str]) -> Iterator[str]:
    """One sentence per fact that a probe declares and another one before it, in the order given, owns already.

    Two owners would overwrite each other's evidence, so that what a rule reads would be whoever looked last.
    """
    taken = dict.fromkeys(DERIVED_NAMES, "the rules themselves")
    for name, kind in kinds.items():
        # Of what no rule can name, rules derive facts under the same name: the upload of each tag, that of the product.
        own = {fact.name for fact in kind.facts if fact.scope in NAMEABLE or fact.name not in DERIVED_NAMES}
        for fact in sorted(own & taken.keys()):
            yield f"probe.{name}: fact {fact!r} (package {owners[name]}) is already a fact of {taken[fact]}"
        taken |= dict.fromkeys(own - taken.keys(), f"probe {name} (package {owners[name]})")


def make(name: str, kind: type[Probe], package: str) -> Probe:
    try:
        return kind()
    except Exception as crash:
        where = f"probe.{name}: {kind.__qualname__} of package {package}"
        raise ConfigError([f"{where} cannot be made: {type(crash).__name__}: {crash}"]) from crash
