"""What a fact is about, as one readable string.

`prod:398600`, `prod:398600/stream:Express`, `prod:398600/product:SiStripBadStrip_pcl`, `prod:398600/tag:NAME`,
`prod:398600/number:SiStripBadStrip_pcl.bad_strips`, and `service:tier0` for what is about no run. The Tier0 instance
leads, since a replay reuses run numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NewType

Subject = NewType("Subject", str)

AT_ONCE = 16384
"""Subjects taken apart and remembered: those of some hundred open runs; closed runs must not stay in memory."""


def of_service(name: str) -> Subject:
    return Subject(f"service:{name}")


def of_run(instance: str, run: int) -> Subject:
    return Subject(f"{instance}:{run}")


def of_stream(instance: str, run: int, stream: str) -> Subject:
    return Subject(f"{instance}:{run}/stream:{stream}")


def of_product(instance: str, run: int, product: str) -> Subject:
    return Subject(f"{instance}:{run}/product:{product}")


def of_tag(instance: str, run: int, tag: str) -> Subject:
    return Subject(f"{instance}:{run}/tag:{tag}")


def of_number(instance: str, run: int, product: str, number: str) -> Subject:
    return Subject(f"{instance}:{run}/number:{product}.{number}")


@lru_cache(maxsize=AT_ONCE)
def run_of(subject: Subject) -> int | None:
    """The run number a subject is about; None for a service."""
    head = subject.split("/", 1)[0]
    _, _, number = head.partition(":")
    return int(number) if number.isdigit() else None


@lru_cache(maxsize=AT_ONCE)
def part_of(subject: Subject) -> tuple[str, str]:
    """Kind and name of the part: ("stream", "Express"); ("run", "") for the run itself, ("service", name)."""
    head, slash, tail = subject.partition("/")
    if slash:
        kind, _, name = tail.partition(":")
        return kind, name
    kind, _, name = head.partition(":")
    return ("service", name) if kind == "service" else ("run", "")
