"""Composition root: the only place that builds, and that loads entry points."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import Engine

from spy.agent.agent import Agent
from spy.agent.delays import Delays
from spy.agent.deliver import Sender
from spy.agent.runner import Runner
from spy.agent.settings import Settings
from spy.channels.email import Email
from spy.channels.post import Post
from spy.channels.signature import Secret
from spy.channels.webhook import Webhook
from spy.clock import monotonic, utc_now
from spy.config import Config
from spy.database import open_database
from spy.domain.errors import ConfigError
from spy.domain.evidence import Fact
from spy.endpoint import EndpointSection, clashes
from spy.http import ClientCredentials, FileToken, Http, Tokens
from spy.installed import PROBES, fact_clashes, make, names, probe_offers
from spy.probe import Configured, Probe
from spy.regret import gate
from spy.rules.derive import DERIVED
from spy.rules.rulebook import Rulebook
from spy.sections import ServiceSection
from spy.store.engine import open_store
from spy.store.migrate import make_at_once, upgrade

if TYPE_CHECKING:
    from fastapi import FastAPI

PAGES = "spy.dashboard"


def installed_probes(wanted: Collection[str] | None = None, *, strict: bool = True) -> dict[str, type[Probe]]:
    """Probes that installed packages offer, by name: all, or the wanted ones.

    One that is broken is a ConfigError that names its package, or left out unless `strict`.
    """
    offered = probe_offers(wanted)
    if offered.broken and strict:
        raise ConfigError([f"probe.{name}: {problem}" for name, problem in offered.broken.items()])
    return dict(offered.found)


def probes_of(config: Config) -> dict[str, Probe]:
    """The probes that the configuration asks for, with its periods. Unknown, broken or clashing ones are a ConfigError.

    What is installed and not asked for can be as broken as it likes.
    """
    offered = probe_offers(config.probe)
    kinds: dict[str, type[Probe]] = {name: offered.found[name] for name in config.probe if name in offered.found}
    mistakes = [f"probe.{name}: {problem}" for name, problem in offered.broken.items()]
    mistakes += [
        f"probe.{name}: no installed package offers this probe; offered: {', '.join(names(PROBES))}"
        for name in config.probe
        if name not in kinds and name not in offered.broken
    ]
    for name, kind in kinds.items():
        if issubclass(kind, Configured):
            mistakes.append(f"probe.{name}: is made by [[{name}]] blocks and has no section of its own")
        elif kind.service not in config.service:
            mistakes.append(f"probe.{name}: its service needs [service.{kind.service}]")
    asked = {name: kind for name, kind in kinds.items() if not issubclass(kind, Configured)}
    mistakes += fact_clashes(asked, offered.owners)
    urls = {name: service.url for name, service in config.service.items()}
    described, wrong = endpoints_of(config.endpoint, urls, config.probe)
    probes = {}
    for name, kind in asked.items():
        try:
            probes[name] = make(name, kind, offered.owners[name])
        except ConfigError as refused:
            mistakes += refused.mistakes
    if mistakes or wrong:
        raise ConfigError([*mistakes, *wrong])
    for name, probe in probes.items():
        probe.every, probe.stale_after = config.probe[name].every, config.probe[name].stale_after
    return probes | described


def endpoints_of(
    blocks: Sequence[EndpointSection | None], urls: Mapping[str, str], taken: Collection[str]
) -> tuple[dict[str, Probe], list[str]]:
    """One probe per `[[endpoint]]` block, and every mistake; None stands for a block that cannot be read at all.

    `urls` are those of the services, `taken` the names of other probes.
    """
    if not blocks:
        return {}, []
    installed = installed_probes(strict=False)
    maker = installed.get("endpoint")
    if maker is None or not issubclass(maker, Configured):
        return {}, ["endpoint: no installed package offers the probe of [[endpoint]] blocks"]
    owners = {fact.name: f"probe {name}" for name, kind in installed.items() for fact in kind.facts}
    owners |= {fact.name: "the rules themselves" for fact in DERIVED}
    made: dict[str, Probe] = {}
    mistakes: list[str] = []
    named = {*taken, *installed}
    for number, block in enumerate(blocks):
        if block is None:
            continue
        wrong = list(clashes(block, urls, named, owners))
        try:
            made[block.name] = maker.from_config(block)
        except ConfigError as refused:
            wrong += refused.mistakes
        named.add(block.name)
        owners |= {fact.name: f"endpoint {block.name!r}" for fact in block.facts}
        mistakes += [f'endpoint[{number}] "{block.name}".{mistake}' for mistake in wrong]
    return made, mistakes


def facts_of(probes: Iterable[type[Probe] | Probe]) -> tuple[Fact, ...]:
    return tuple(fact for probe in probes for fact in probe.facts)


def rulebook_of(config: Config, probes: Mapping[str, Probe], file: str = "config.toml") -> Rulebook:
    """Rules may name what the probes say, except those that are context only."""
    deciding = [probe for name, probe in probes.items() if name not in config.context]
    return config.rulebook(facts_of(deciding), file=file)


def settings_of(config: Config) -> Settings:
    return Settings(
        instance=config.agent.instance,
        source=config.agent.source,
        is_live=config.agent.mode == "live",
        page_url=config.agent.page_url,
        crew=tuple(config.mail.crew),
        reco_delay=config.tier0.reco_delay,
        lock_after=config.lock_after,
        upload_order_timeout=config.tier0.upload_order_timeout,
        publication_lag=config.tier0.publication_lag,
        lock_alarm=config.release.lock_alarm,
        delays=Delays(
            config.tier0.reco_delay,
            config.tier0.lock_offset,
            config.tier0.dataset_delay,
            frozenset(config.tier0.helper_datasets),
        ),
        prompt_global_tags=config.tier0.prompt_global_tag,
        believed_for={name: probe.stale_after for name, probe in config.probe.items()}
        | {block.name: block.stale_after for block in config.endpoint},
    )


def connection_of(
    name: str,
    section: ServiceSection,
    wants: str,
    transport: httpx.BaseTransport | None = None,
    seconds: Callable[[], float] = monotonic,
) -> Any:
    """What a probe asks through: an Http client or a database engine, with the credentials of its service."""
    if wants == "database":
        secret = _text_of(section.password_file) if section.password_file else None
        return open_database(
            section.url, service=name, schema=section.db_schema, deadline=section.deadline, secret=secret
        )
    certificate = (Path(section.certificate), Path(section.key or section.certificate)) if section.certificate else None
    return Http(
        name,
        section.url,
        deadline=section.deadline,
        transport=transport,
        auth=_tokens(name, section, transport),
        cert=certificate,
        authorities=Path(section.ca) if section.ca else None,
        seconds=seconds,
    )


def _tokens(name: str, section: ServiceSection, transport: httpx.BaseTransport | None) -> Tokens | None:
    if section.token_file:
        return FileToken(name, Path(section.token_file))
    if not section.token_url:
        return None
    return ClientCredentials(
        name,
        section.token_url,
        client_id=section.client_id,
        secret=_text_of(section.client_secret_file),
        audience=section.audience,
        deadline=section.deadline,
        transport=transport,
    )


def _text_of(path: str) -> Callable[[], str]:
    """The content of a secret's file, read at each use: it may be rotated."""
    return lambda: Path(path).read_text(encoding="utf-8").strip()


def open_agent_store(url: str, *, durable: bool = True) -> Engine:
    """The agent's database, brought to this program's schema. Virtual time begins with an empty file."""
    store = open_store(url, durable=durable)
    try:
        if durable:
            upgrade(store)
        else:
            make_at_once(store)
    except BaseException:
        store.dispose()
        raise
    return store


def build_agent(
    config: Config, store: Engine, probes: Mapping[str, Probe], asks: Mapping[str, Any], me: str = ""
) -> Agent:
    """A live one only with an acknowledged regret report; else a ConfigError that says how to get there."""
    me = me or f"{socket.gethostname()}:{os.getpid()}"
    book = rulebook_of(config, probes)
    if config.agent.mode == "live":
        gate.insist(store, config.agent.instance, book.hash, config.regret)
    return Agent(store, book, settings_of(config), probes, asks, me)


def build_runner(config: Config) -> Runner:
    """The whole agent on its real connections; everything that can be wrong is wrong here, before anything starts."""
    probes = probes_of(config)
    asks = {name: connection_of(p.service, config.service[p.service], p.wants) for name, p in probes.items()}
    store = open_agent_store(config.agent.store)
    agent = build_agent(config, store, probes, asks)
    return Runner(
        agent,
        webhook_of(config),
        post_of(config),
        utc_now,
        config.agent.tick,
        random.random,
        reconcile=config.agent.reconcile,
    )


def webhook_of(config: Config) -> Sender | None:
    """None in shadow mode: nothing is ever sent to Tier0 then."""
    if config.agent.mode != "live":
        return None
    secrets = Secret.load(Path(config.release.secret_file))
    return Webhook(config.release.url, secrets, deadline=config.release.deadline, clock=utc_now)


def post_of(config: Config) -> Post:
    mail = config.mail
    return Email(mail.host, mail.port, mail.sender, config.agent.instance, mail.deadline)


def build_web(config: Config, store: Engine, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The web application with every installed page mounted; it reads the store and writes human acts only."""
    # Imported here: the agent's own process does without the memory of a web server.
    from spy.web.app import create

    mounts = [entry.load() for entry in sorted(entry_points(group=PAGES), key=lambda e: e.name)]
    return create(config, store, clock, mounts)
