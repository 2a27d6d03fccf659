"""The configuration, checked whole before anything starts. Every key is explained in docs/configuration.md."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from spy.clock import duration
from spy.domain.errors import ConfigError
from spy.domain.evidence import Fact
from spy.domain.product import Base, NoPayload, Product, Required
from spy.rules.rulebook import ExemptionText, Rulebook, RuleText, build


def _as_duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError(f'expected a duration in quotes with a unit, such as "5m", found {value!r}')
    return duration(value)


Duration = Annotated[timedelta, BeforeValidator(_as_duration)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AgentSection(Section):
    instance: str = Field(default="prod", pattern="^[a-z]+$")
    source: str = "https://spy.example.invalid/prod"
    mode: Literal["shadow", "live"] = "shadow"
    store: str = "sqlite:///var/spy.db"
    tick: Duration = timedelta(minutes=1)
    reconcile: Duration = timedelta(hours=4)
    page_url: str = "http://127.0.0.1:8050"


class StoreSection(Section):
    keep: Duration = timedelta(days=400)


class Tier0Section(Section):
    reco_delay: Duration = timedelta(hours=48)
    lock_offset: Duration = timedelta(minutes=30)
    upload_order_timeout: Duration = timedelta(hours=18)
    publication_lag: Duration = timedelta(seconds=330)
    prompt_global_tag: dict[str, str] = Field(default_factory=dict)


class ReleaseSection(Section):
    url: str = ""
    secret_file: str = ""
    deadline: Duration = timedelta(seconds=15)
    lock_alarm: Duration = timedelta(minutes=20)


class MailSection(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=25, ge=1, le=65535)
    sender: str = "spy-agent@example.invalid"
    crew: list[str] = Field(default_factory=list)
    deadline: Duration = timedelta(seconds=20)


class WebSection(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=0, le=65535)
    stale_after: Duration = timedelta(minutes=5)


class ServiceSection(Section):
    url: str
    deadline: Duration = timedelta(seconds=15)
    db_schema: str = Field(default="", alias="schema")
    certificate: str = ""
    key: str = ""
    ca: str = ""
    token_file: str = ""
    password_file: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    audience: str = ""


class ProbeSection(Section):
    every: Duration
    stale_after: Duration


class ClassSection(Section):
    expected_streams: list[str]
    required: list[str] = Field(min_length=1)
    only_where_declared: bool = False


class ProductSection(Section):
    name: str = Field(pattern="^[0-9A-Za-z_]+$")
    producer: str = Field(pattern="^PromptCalibProd[0-9A-Za-z_]*$")
    streams: list[str] = Field(min_length=1)
    destination_tags: list[str] = Field(min_length=1)
    record: str
    base: Literal["run", "lumi", "time"]
    detector: str
    owners: list[str] = Field(default_factory=list)
    tail_lumis: int = Field(default=0, ge=0)
    accepts: list[Literal["no_update", "low_statistics"]] = Field(default_factory=list)
    min_entries: int = Field(default=0, ge=0)
    dqm_folder: str = ""
    result_flags: bool = False


class RuleSection(Section):
    name: str
    scope: Literal["run", "product"]
    ready: str
    text: str
    applies: str = ""
    blocked: str = ""
    always: bool = False
    shadow: bool = False


class ExemptionSection(Section):
    name: str
    when: str
    text: str


class Config(Section):
    agent: AgentSection = Field(default_factory=AgentSection)
    store: StoreSection = Field(default_factory=StoreSection)
    tier0: Tier0Section = Field(default_factory=Tier0Section)
    release: ReleaseSection = Field(default_factory=ReleaseSection)
    mail: MailSection = Field(default_factory=MailSection)
    web: WebSection = Field(default_factory=WebSection)
    service: dict[str, ServiceSection]
    probe: dict[str, ProbeSection]
    classes: dict[str, ClassSection] = Field(alias="class")
    product: list[ProductSection]
    rule: list[RuleSection]
    exemption: list[ExemptionSection] = Field(default_factory=list)

    @property
    def products(self) -> dict[str, Product]:
        return {p.name: _product(p) for p in self.product}

    @property
    def lock_after(self) -> timedelta:
        """From a run's end to Tier0's lock."""
        return self.tier0.reco_delay - self.tier0.lock_offset

    def rulebook(self, facts: Iterable[Fact], *, file: str = "config.toml") -> Rulebook:
        """Compile the rules against the facts that the probes declare."""
        classes = {
            name: Required(name, tuple(c.expected_streams), tuple(c.required), c.only_where_declared)
            for name, c in self.classes.items()
        }
        rules = [RuleText(**r.model_dump()) for r in self.rule]
        exemptions = [ExemptionText(**e.model_dump()) for e in self.exemption]
        return build(rules, exemptions, self.products, classes, facts, file=file)


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
    )


def packaged_text() -> str:
    """The configuration that ships inside the package, used when no file is given."""
    return (resources.files("spy") / "data" / "config.toml").read_text(encoding="utf-8")


def load(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read and check one file (default `./config.toml`, else the packaged one); all mistakes at once."""
    if path is None and Path("config.toml").is_file():
        path = Path("config.toml")
    if path is None:
        return parse(packaged_text(), "packaged config.toml", overrides)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as wrong:
        raise ConfigError([f"{path}: cannot be read: {wrong.strerror}"]) from None
    return parse(text, str(path), overrides)


def parse(text: str, file: str, overrides: Mapping[str, Any] | None = None) -> Config:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigError([f"{file}: not TOML: {wrong}"]) from None
    merge(raw, overrides or {})
    try:
        config = Config.model_validate(raw)
    except ValidationError as wrong:
        raise ConfigError([_sentence(file, error) for error in wrong.errors()]) from None
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
    for name, wanted in config.classes.items():
        for product_name in wanted.required:
            if product_name not in names:
                near = difflib.get_close_matches(product_name, names, n=1)
                hint = f", did you mean {near[0]!r}?" if near else f", known: {', '.join(sorted(names))}"
                yield f"class.{name}.required: no product is called {product_name!r}{hint}"
    for name, probe in config.probe.items():
        if probe.every <= timedelta(0) or probe.stale_after < 2 * probe.every:
            yield f"probe.{name}: stale_after ({probe.stale_after}) must be at least twice every ({probe.every})"
    if config.agent.reconcile <= timedelta(0):
        yield f"agent.reconcile ({config.agent.reconcile}) must be a time, such as 4h"
    if config.tier0.lock_offset >= config.tier0.reco_delay:
        yield f"tier0.lock_offset ({config.tier0.lock_offset}) must be below reco_delay ({config.tier0.reco_delay})"
    if config.store.keep < timedelta(days=7):  # a slip of the unit must not empty the store
        yield f"store.keep ({config.store.keep}) must be at least 7d: it removes what explains a release"
    if config.agent.mode == "live" and not (config.release.url and config.release.secret_file):
        yield 'release.url and release.secret_file: mode = "live" needs both'


def _sentence(file: str, error: Any) -> str:
    """One mistake with file, key, what was found, what is allowed, and the nearest right name."""
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    found = error.get("input")
    if error["type"] == "extra_forbidden":
        allowed = _keys_at(error["loc"][:-1])
        near = difflib.get_close_matches(str(error["loc"][-1]), allowed, n=1, cutoff=0.5)
        hint = f", did you mean {near[0]!r}?" if near else ""
        return f"{file}: {where}: unknown key{hint} Allowed: {', '.join(sorted(allowed))}"
    if error["type"] == "missing":
        return f"{file}: {where}: missing"
    shown = repr(found) if not isinstance(found, dict | list) else type(found).__name__
    return f"{file}: {where}: found {shown}, {error['msg'][:1].lower()}{error['msg'][1:]}"


def _keys_at(location: tuple[Any, ...]) -> list[str]:
    """Names that the section at this place may hold."""
    sections: dict[str, type[Section]] = {
        "service": ServiceSection,
        "probe": ProbeSection,
        "class": ClassSection,
        "product": ProductSection,
        "rule": RuleSection,
        "exemption": ExemptionSection,
        "agent": AgentSection,
        "store": StoreSection,
        "tier0": Tier0Section,
        "release": ReleaseSection,
        "mail": MailSection,
        "web": WebSection,
    }
    section: type[Section] = sections[location[0]] if location and location[0] in sections else Config
    return [field.alias or name for name, field in section.model_fields.items()]
