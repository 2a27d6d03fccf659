"""What one `[[endpoint]]` block of the configuration holds: a question to a service, described without code."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from spy.domain.evidence import Fact, Kind, Scope
from spy.section import Duration, Section

KindName = Literal["bool", "int", "double", "string", "time"]


class ReadSection(Section):
    """One variable of the answer."""

    kind: KindName
    at: str | None = None
    group: str | None = None


class PagingSection(Section):
    parameter: str = Field(min_length=1)
    first: int = Field(default=1, ge=0)
    max_pages: int = Field(ge=1)


class EndpointFactSection(Section):
    name: str
    kind: KindName
    scope: Literal["service", "run"]
    value: str
    text: str
    as_of: str = ""
    max_age: Duration | None = None


class EndpointSection(Section):
    name: str = Field(pattern="^[a-z][0-9a-z_-]*$")
    service: str
    every: Duration
    stale_after: Duration
    path: str
    params: dict[str, str] = Field(default_factory=dict)
    rows: str | None = None
    paging: PagingSection | None = None
    lines: str = ""
    where: str = ""
    read: dict[str, ReadSection] = Field(min_length=1)
    fact: list[EndpointFactSection] = Field(min_length=1)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """As declared, whether or not its expressions can be read."""
        return tuple(Fact(f.name, Kind(f.kind), Scope(f.scope), f.text) for f in self.fact)


def clashes(
    block: EndpointSection, urls: Mapping[str, str], taken: Collection[str], owners: Mapping[str, str]
) -> Iterator[str]:
    """What is wrong with a block beside the others: `key: what`. `owners` says whose a fact's name is already."""
    if block.name in taken:
        yield f"name: {block.name!r} is the name of another probe"
    if block.service not in urls:
        near = difflib.get_close_matches(block.service, urls, n=1, cutoff=0.5)
        hint = f", did you mean {near[0]!r}?" if near else f", known: {', '.join(sorted(urls))}"
        yield f"service: there is no [service.{block.service}]{hint}"
    elif not urls[block.service].startswith(("http://", "https://")):
        yield f"service: {block.service!r} is asked at {urls[block.service].split(':')[0]}://, allowed: http, https"
    if block.every <= timedelta(0) or block.stale_after < 2 * block.every:
        yield f"stale_after: found {block.stale_after}, it must be at least twice every ({block.every})"
    own = [fact.name for fact in block.fact]
    for number, name in enumerate(own):
        if name in own[:number]:
            yield f"fact[{number}].name: {name!r} is named twice"
        elif name in owners:
            yield f"fact[{number}].name: {name!r} is already a fact of {owners[name]}"
