"""Which tags count for a product: those that the run's prompt global tag reads, and what it means to know nothing."""

from __future__ import annotations

from datetime import datetime

from spy.domain.evidence import Value
from spy.domain.product import Product
from spy.domain.verdict import Seen
from spy.rules.view import View


class NotKnown(Exception):
    """An input is not known; the text says which and why."""


class Unfed(NotKnown):
    """Known: one of several prompt global tags reads none of the product's tags."""


def known(seen: Seen) -> Value:
    if seen.value is None:
        raise NotKnown(f"{seen.name} of {seen.subject.rpartition(':')[2]}: {seen.note}")
    return seen.value


def time(seen: Seen) -> datetime:
    if not isinstance(value := known(seen), datetime):
        raise NotKnown(f"{seen.name} is no time but {value!r}")
    return value


def number(seen: Seen) -> int:
    if not isinstance(value := known(seen), int):
        raise NotKnown(f"{seen.name} is no number but {value!r}")
    return value


def gating_tags(view: View, product: Product) -> tuple[str, ...]:
    """Destination tags that the run's prompt global tag maps: the map decides, never a name's suffix."""
    if (found := view.gating.get(product.name)) is not None:
        return found
    tags = product.destination_tags
    gating = tuple(tag for tag in tags if known(view.fact(view.situation.tag(tag), "mapped")))
    if not gating:
        raise NotKnown("no destination tag feeds the run's prompt global tag")
    several = view.of_run("judged_global_tags").value
    names = several.split(",") if isinstance(several, str) and "," in several else []
    by = {tag: str(known(view.fact(view.situation.tag(tag), "mapped_by"))).split(",") for tag in gating if names}
    for name in names:
        if not any(name in mapping for mapping in by.values()):
            raise Unfed(f"no destination tag feeds {name}, with which Tier0 starts runs of this era")
    return view.gating.setdefault(product.name, gating)
