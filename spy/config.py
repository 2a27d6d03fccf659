"""The configuration, checked whole before anything starts. Every key is explained in docs/configuration.md."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from spy.domain.errors import ConfigError
from spy.domain.evidence import Fact
from spy.domain.number import Number, Take
from spy.domain.product import Base, NoPayload, OnlineTag, Product, Required
from spy.endpoint import EndpointSection
from spy.mistake import sentence
from spy.rules.rulebook import ExemptionText, Rulebook, RuleText, build
from spy.section import Section
from spy.sections import (
    ActsSection,
    AgentSection,
    ClassSection,
    ExemptionSection,
    LinksSection,
    LoginSection,
    MailSection,
    NumberSection,
    OnlineTagSection,
    ProbeSection,
    ProductSection,
    RegretSection,
    ReleaseSection,
    RuleSection,
    ServiceSection,
    StoreSection,
    Tier0Section,
    WebSection,
)
from spy.site import is_private


class Config(Section):
    agent: AgentSection = Field(default_factory=AgentSection)
    store: StoreSection = Field(default_factory=StoreSection)
    tier0: Tier0Section = Field(default_factory=Tier0Section)
    release: ReleaseSection = Field(default_factory=ReleaseSection)
    regret: RegretSection = Field(default_factory=RegretSection)
    mail: MailSection = Field(default_factory=MailSection)
    web: WebSection = Field(default_factory=WebSection)
    login: LoginSection = Field(default_factory=LoginSection)
    acts: ActsSection = Field(default_factory=ActsSection)
    links: LinksSection = Field(default_factory=LinksSection)
    service: dict[str, ServiceSection]
    probe: dict[str, ProbeSection]
    endpoint: list[EndpointSection] = Field(default_factory=list)
    classes: dict[str, ClassSection] = Field(alias="class")
    product: list[ProductSection]
    online_tag: list[OnlineTagSection] = Field(default_factory=list)
    rule: list[RuleSection]
    exemption: list[ExemptionSection] = Field(default_factory=list)

    @property
    def products(self) -> dict[str, Product]:
        return {p.name: _product(p) for p in self.product}

    @property
    def online_tags(self) -> dict[str, OnlineTag]:
        return {
            t.tag: OnlineTag(t.tag, t.record, t.job, t.on_change, t.delay, tuple(t.owners), t.after_fill)
            for t in self.online_tag
        }

    @property
    def required(self) -> dict[str, Required]:
        """What each class of runs needs."""
        online = self.online_tags
        return {
            name: Required(
                run_class=name,
                expected_streams=tuple(c.expected_streams),
                products=tuple(c.required),
                only_where_declared=c.only_where_declared,
                online_tags=tuple(online[tag] for tag in c.online_tags),
            )
            for name, c in self.classes.items()
        }

    @property
    def context(self) -> frozenset[str]:
        """Probes that people like to see and nothing depends on: their silence is no trouble."""
        return frozenset(name for name, probe in self.probe.items() if probe.context)

    @property
    def asked(self) -> dict[str, str]:
        """Probe to its service; empty where only the probe itself knows it."""
        return {p: p if p in self.service else "" for p in self.probe} | {e.name: e.service for e in self.endpoint}

    @property
    def lock_after(self) -> timedelta:
        """From a run's end to Tier0's lock."""
        return self.tier0.reco_delay - self.tier0.lock_offset

    def rulebook(self, facts: Iterable[Fact], *, file: str = "config.toml") -> Rulebook:
        """Compile the rules against the facts that the probes declare."""
        rules = [RuleText(**r.model_dump()) for r in self.rule]
        exemptions = [ExemptionText(**e.model_dump()) for e in self.exemption]
        return build(rules, exemptions, self.products, self.required, facts, file=file, beside=self._beside_rules)

    @property
    def _beside_rules(self) -> dict[str, Any]:
        """What changes decisions and is neither rule, product nor class."""
        return {
            "tier0": self.tier0.model_dump(),
            "stale_after": {name: probe.stale_after for name, probe in self.probe.items()},
            "endpoints": {block.name: block.model_dump() for block in self.endpoint},
        }


def _product(p: ProductSection) -> Product:
    return Product(
        name=p.name,
        producer=p.producer,
        streams=tuple(p.streams),
        destination_tags=tuple(p.destination_tags),
        record=p.record,
        base=Base(p.base),
        detector=p.detector,
        owners=tuple(p.owners),
        tail_lumis=p.tail_lumis,
        accepts=frozenset(NoPayload(kind) for kind in p.accepts),
        min_entries=p.min_entries,
        dqm_folder=p.dqm_folder,
        result_flags=p.result_flags,
        numbers=tuple(_number(n) for n in p.number),
    )


def _number(n: NumberSection) -> Number:
    return Number(
        name=n.name,
        objects=tuple(n.objects),
        take=Take(n.take),
        bins=(n.bins[0], n.bins[-1]) if n.bins else None,
        unit=n.unit,
        low=n.low,
        high=n.high,
        width=n.width,
        spread=n.spread,
        justifies=n.justifies,
    )


def packaged_text() -> str:
    """The configuration that ships inside the package, used when no file is given."""
    return (resources.files("spy") / "data" / "config.toml").read_text(encoding="utf-8")


def load(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read and check one file (default `./config.toml`, else the packaged one); all mistakes at once."""
    raw, file = read(path)
    merge(raw, overrides or {})
    return checked(raw, file)


def read(path: Path | None = None) -> tuple[dict[str, Any], str]:
    """The tables of one file (default as `load`), not checked, and how mistakes name it."""
    if path is None and Path("config.toml").is_file():
        path = Path("config.toml")
    if path is None:
        return _tables(packaged_text(), "packaged config.toml"), "packaged config.toml"
    try:
        return _tables(path.read_text(encoding="utf-8"), str(path)), str(path)
    except OSError as wrong:
        raise ConfigError([f"{path}: cannot be read: {wrong.strerror}"]) from None
    except UnicodeDecodeError as wrong:
        raise ConfigError([f"{path}: not UTF-8: {wrong.reason} at byte {wrong.start}"]) from None


def parse(text: str, file: str, overrides: Mapping[str, Any] | None = None) -> Config:
    raw = _tables(text, file)
    merge(raw, overrides or {})
    return checked(raw, file)


def _tables(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigError([f"{file}: not TOML: {wrong}"]) from None


def checked(raw: Mapping[str, Any], file: str) -> Config:
    """A configuration from its tables, or every mistake at once."""
    try:
        config = Config.model_validate(raw)
    except ValidationError as wrong:
        raise ConfigError([sentence(file, error, Config) for error in wrong.errors()]) from None
    mistakes = [f"{file}: {mistake}" for mistake in _contradictions(config)]
    if mistakes:
        raise ConfigError(mistakes)
    return config


def merge(raw: dict[str, Any], overrides: Mapping[str, Any]) -> None:
    """Lay nested overrides over a parsed file; tables merge, everything else replaces."""
    for key, value in overrides.items():
        if isinstance(value, Mapping) and isinstance(raw.get(key), dict):
            merge(raw[key], value)
        else:
            raw[key] = value


def _contradictions(config: Config) -> Iterable[str]:
    """What no single key shows."""
    names = [p.name for p in config.product]
    for number, product in enumerate(config.product):
        if names.count(product.name) > 1:
            yield f"product[{number}].name: {product.name!r} is named twice"
        yield from (f"product[{number}].{mistake}" for mistake in _wrong_numbers(product))
    for name, wanted in config.classes.items():
        for product_name in wanted.required:
            if product_name not in names:
                near = difflib.get_close_matches(product_name, names, n=1)
                hint = f", did you mean {near[0]!r}?" if near else f", known: {', '.join(sorted(names))}"
                yield f"class.{name}.required: no product is called {product_name!r}{hint}"
    yield from _wrong_online_tags(config)
    yield from _wrong_login(config)
    for name, probe in config.probe.items():
        if probe.every <= timedelta(0) or probe.stale_after < 2 * probe.every:
            yield f"probe.{name}: stale_after ({probe.stale_after}) must be at least twice every ({probe.every})"
    if config.agent.reconcile <= timedelta(0):
        yield f"agent.reconcile ({config.agent.reconcile}) must be a time, such as 4h"
    yield from _wrong_tier0(config)
    if config.store.keep < timedelta(days=7):  # a slip of the unit must not empty the store
        yield f"store.keep ({config.store.keep}) must be at least 7d: it removes what explains a release"
    if config.agent.mode == "live" and not (config.release.url and config.release.secret_file):
        yield 'release.url and release.secret_file: mode = "live" needs both'


def _wrong_numbers(product: ProductSection) -> Iterable[str]:
    names = [n.name for n in product.number]
    for at, n in enumerate(product.number):
        if names.count(n.name) > 1:
            yield f"number[{at}].name: {n.name!r} is named twice"
        if n.low is not None and n.high is not None and n.low >= n.high:
            yield f"number[{at}]: low ({n.low:g}) must be below high ({n.high:g})"
        if n.bins != sorted(n.bins):
            yield f"number[{at}].bins ({n.bins}): the first bin, then the last one"
        wanted = {"bin": (1,), "largest": (0, 1, 2), "outside": (2,)}.get(n.take, (0,))
        if len(n.bins) not in wanted:
            counts = " or ".join(map(str, wanted))
            yield f'number[{at}].bins ({n.bins}): take = "{n.take}" wants {counts} of them'


def _wrong_tier0(config: Config) -> Iterable[str]:
    delays = {"reco_delay": config.tier0.reco_delay}
    delays |= {f"dataset_delay.{name}": delay for name, delay in config.tier0.dataset_delay.items()}
    for key, delay in delays.items():
        if config.tier0.lock_offset >= delay:
            yield f"tier0.lock_offset ({config.tier0.lock_offset}) must be below {key} ({delay})"
    service = config.service.get("tier0")
    found = re.search(r"/t0wmadatasvc/([a-z]+)", service.url) if service else None
    # A replay reuses run numbers: what it says about a run must never be taken for the real one.
    if found and found[1] != config.agent.instance:
        yield f"service.tier0.url: asks Tier0 instance {found[1]!r}, agent.instance is {config.agent.instance!r}"


def _wrong_online_tags(config: Config) -> Iterable[str]:
    names = [t.tag for t in config.online_tag]
    for number, online in enumerate(config.online_tag):
        if names.count(online.tag) > 1:
            yield f"online_tag[{number}].tag: {online.tag!r} is named twice"
        if online.after_fill and online.on_change:
            yield f"online_tag[{number}]: {online.tag!r} cannot be both after_fill and on_change"
    for name, wanted in config.classes.items():
        for tag in wanted.online_tags:
            if tag not in names:
                near = difflib.get_close_matches(tag, names, n=1)
                hint = f", did you mean {near[0]!r}?" if near else f", known: {', '.join(sorted(names)) or 'none'}"
                yield f"class.{name}.online_tags: no online tag is called {tag!r}{hint}"


def _wrong_login(config: Config) -> Iterable[str]:
    login = config.login
    if login.issuer:
        yield from (
            f"login.{key}: missing; login.issuer needs it"
            for key in ("client_id", "client_secret_file")
            if not getattr(login, key)
        )
        for key, url in (("login.issuer", login.issuer), ("agent.page_url", config.agent.page_url)):
            if not is_private(url):
                yield f"{key}: {url!r} would show passwords or cookies to others; use https"
    if login.idle > login.life:
        yield f"login.idle ({login.idle}) must not be longer than login.life ({login.life})"
