"""The simulated destination tags: time base, synchronization, and which of them the prompt global tags map."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from probes.simulation.production import eras
from spy.domain.product import Product

_VERSION = re.compile(r"_v[0-9]+$")


@dataclass(frozen=True, slots=True)
class SimTag:
    name: str
    base: str
    """run | lumi | time"""
    synchronization: str
    """TAG.SYNCHRONIZATION: prompt | hlt | express | pcl | any"""
    record: str
    feeds_prompt: bool


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(files("probes.simulation").joinpath("data/tags.json").read_text("utf-8"))
    return table


def synchronization(tag: str) -> str:
    """By the longest ending of the name that the table knows."""
    ends: Mapping[str, str] = _table()["synchronization"]
    bare = _VERSION.sub("", tag)
    return ends[max((end for end in ends if bare.endswith(end)), key=len)]


def tags_of(products: Mapping[str, Product]) -> dict[str, SimTag]:
    """Every destination tag of every product."""
    return {
        tag: SimTag(
            name=tag,
            base=str(product.base),
            synchronization=synchronization(tag),
            record=product.record,
            feeds_prompt=synchronization(tag) == "prompt" or tag in _table()["also_prompt"],
        )
        for product in products.values()
        for tag in product.destination_tags
    }


def global_tags(tags: Mapping[str, SimTag]) -> dict[str, list[str]]:
    """Each era's prompt global tag to the tags that it maps."""
    feeding = [tag.name for tag in tags.values() if tag.feeds_prompt]
    return {era.prompt_global_tag: feeding for era in eras().values()}
