"""The tables of the configuration, as pydantic reads them. Every key is explained in docs/configuration.md."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from spy.section import Duration, Real, Section

Limit = Real | None


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
    dataset_delay: dict[str, Duration] = Field(default_factory=dict)
    helper_datasets: list[str] = Field(default_factory=list)
    prompt_global_tag: dict[str, str] = Field(default_factory=dict)


class ReleaseSection(Section):
    url: str = ""
    secret_file: str = ""
    deadline: Duration = timedelta(seconds=15)
    lock_alarm: Duration = timedelta(minutes=20)


class RegretSection(Section):
    releases: int = Field(default=30, ge=0)
    period: Duration = timedelta(days=7)


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
    proxies: list[str] = Field(default_factory=list)


def _link(names: str) -> AfterValidator:
    """An address that a browser opens, with these names in braces and no other."""

    def checked(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected an address that begins with https:// or http://")
        if others := sorted({*re.findall(r"\{([^{}]*)\}", text)} - {names}):
            raise ValueError(f"only {{{names}}} may stand in braces, not {', '.join(others)}")
        return text

    return AfterValidator(checked)


class LinksSection(Section):
    run: dict[str, Annotated[str, _link("run")]] = Field(default_factory=dict)
    tag: dict[str, Annotated[str, _link("tag")]] = Field(default_factory=dict)
    upload: dict[str, Annotated[str, _link("hash")]] = Field(default_factory=dict)


class ActsSection(Section):
    two_persons: list[Literal["waive", "stop", "resume", "withdraw", "requeue", "hold_tier0"]] = Field(
        default_factory=list
    )


class LoginSection(Section):
    issuer: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    scopes: list[str] = Field(default_factory=lambda: ["openid", "profile", "email"])
    groups_claim: str = "groups"
    viewer: list[str] = Field(default_factory=list)
    shifter: list[str] = Field(default_factory=list)
    expert: list[str] = Field(default_factory=list)
    admin: list[str] = Field(default_factory=list)
    idle: Duration = timedelta(hours=10)
    life: Duration = timedelta(hours=24)
    tries_a_minute: int = Field(default=10, ge=1)


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
    owner: str = ""


class ProbeSection(Section):
    every: Duration
    stale_after: Duration
    context: bool = False


class ClassSection(Section):
    expected_streams: list[str]
    required: list[str] = Field(min_length=1)
    only_where_declared: bool = False
    online_tags: list[str] = Field(default_factory=list)


class NumberSection(Section):
    name: str = Field(pattern="^[a-z][0-9a-z_]*$")
    objects: list[str] = Field(min_length=1)
    take: Literal["entries", "sum", "filled", "bin", "largest", "outside", "threshold"]
    bins: list[Annotated[int, Field(ge=1)]] = Field(default_factory=list, max_length=2)
    unit: str = ""
    low: Limit = None
    high: Limit = None
    width: Annotated[Real, Field(ge=0)] = 6.0
    spread: Annotated[Real, Field(ge=0)] = 0.0
    justifies: Limit = None


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
    number: list[NumberSection] = Field(default_factory=list, max_length=3)


class OnlineTagSection(Section):
    tag: str = Field(pattern="^[0-9A-Za-z_]+$")
    record: str
    job: str = Field(min_length=1)
    on_change: bool = False
    delay: Duration = timedelta(0)
    after_fill: bool = False
    owners: list[str] = Field(default_factory=list)


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
