"""What the pages need of the configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from spy.domain.product import Product, Required


class WebSection(Protocol):
    @property
    def stale_after(self) -> timedelta: ...


class AgentSection(Protocol):
    @property
    def instance(self) -> str: ...


class Tier0Section(Protocol):
    @property
    def reco_delay(self) -> timedelta: ...


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...


class MailSection(Protocol):
    @property
    def crew(self) -> Sequence[str]: ...


class Owned(Protocol):
    @property
    def owner(self) -> str: ...


class LinksSection(Protocol):
    @property
    def run(self) -> Mapping[str, str]: ...
    @property
    def tag(self) -> Mapping[str, str]: ...
    @property
    def upload(self) -> Mapping[str, str]: ...


class Settings(Protocol):
    @property
    def agent(self) -> AgentSection: ...
    @property
    def tier0(self) -> Tier0Section: ...
    @property
    def lock_after(self) -> timedelta: ...
    @property
    def required(self) -> Mapping[str, Required]: ...
    @property
    def web(self) -> WebSection: ...
    @property
    def mail(self) -> MailSection: ...
    @property
    def links(self) -> LinksSection: ...
    @property
    def products(self) -> Mapping[str, Product]: ...
    @property
    def rule(self) -> Sequence[Named]: ...
    @property
    def asked(self) -> Mapping[str, str]: ...
    @property
    def service(self) -> Mapping[str, Owned]: ...
    @property
    def context(self) -> Collection[str]: ...
