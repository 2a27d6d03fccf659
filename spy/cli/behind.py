"""Which facts of which service stand behind a derived value: what an expert wants to see of it.

`placement` and its like are comparisons that the rules make; the facts that they compare were told by a service, have
an age, and are found here again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from spy.domain.evidence import Evidence, Scope
from spy.domain.product import Product
from spy.domain.subject import Subject, of_number, of_product, of_run, of_stream, of_tag

_INTERVAL = ("since_run", "since_lumi", "since_time", "payload_hash", "inserted_at")
_HARVEST = ("harvest_sample", "harvest_read", "pede_exit_code", "db_updated", "db_update_vetoed", "entries")
_UPLOAD = ("upload_status", "upload_code", "uploaded_at", "upload_elsewhere")
_KIND: dict[Scope, tuple[str, ...]] = {
    Scope.STREAM: ("stream_done",),
    Scope.PRODUCT: (*_HARVEST, *_UPLOAD),
    Scope.TAG: ("mapped", "upload_result", "upload_since", *_INTERVAL),
}
BEHIND: Mapping[str, Mapping[Scope, tuple[str, ...]]] = {
    "placement": {
        Scope.RUN: ("run_start", "run_end", "last_lumi"),
        Scope.TAG: ("mapped", "time_type", "synchronization", *_INTERVAL, "upload_result"),
    },
    "no_payload": _KIND,
    "no_payload_accepted": _KIND,
    "upload_result": {Scope.PRODUCT: _UPLOAD, Scope.TAG: ("mapped", "upload_result", "upload_since")},
    "waits_for": {Scope.RUN: ("run_ended",), Scope.PRODUCT: ("harvest_sample", "upload_status")},
    "settled": {Scope.RUN: ("streams",), Scope.STREAM: ("producers", "stream_done")},
    "missing_streams": {Scope.RUN: ("run_class", "streams", "producers")},
    "class_has_set": {Scope.RUN: ("run_class",)},
    "endless_lower_run": {Scope.RUN: ("run_ended",)},
    "odd_numbers": {Scope.PRODUCT: ("harvest_sample",), Scope.NUMBER: ("number",)},
    "odd_payload": {Scope.TAG: ("mapped", "payload_hash"), Scope.NUMBER: ("number",)},
    "before_lock": {Scope.RUN: ("run_end",)},
    "uncovered_online_tags": {
        Scope.RUN: ("run_class", "run_end", "fill", "fill_ended", "fill_end"),
        Scope.TAG: ("online_since", "online_job_start"),
    },
}
"""Derived name to the facts that it is made of, by what they are about."""


def behind(
    names: Iterable[str],
    known: Mapping[tuple[Subject, str], Evidence],
    instance: str,
    run: int,
    product: Product | None,
) -> list[Evidence]:
    """The facts behind some derived values, each once; of tags that do not feed the run only that they do not."""
    found: dict[tuple[Subject, str], Evidence] = {}
    for name in names:
        for scope, facts in BEHIND.get(name, {}).items():
            for subject in _subjects(scope, known, instance, run, product):
                keys = [(subject, fact) for fact in facts if (subject, fact) in known]
                mapped = known.get((subject, "mapped"))
                if mapped is not None and mapped.value is False:
                    keys = [(subject, "mapped")]
                found |= {key: known[key] for key in keys}
    return list(found.values())


def _subjects(
    scope: Scope, known: Mapping[tuple[Subject, str], Evidence], instance: str, run: int, product: Product | None
) -> Iterator[Subject]:
    if scope is Scope.RUN:
        yield of_run(instance, run)
    elif scope is Scope.PRODUCT and product:
        yield of_product(instance, run, product.name)
    elif scope is Scope.TAG and product:
        yield from (of_tag(instance, run, tag) for tag in product.destination_tags)
    elif scope is Scope.TAG:
        # About the run as a whole only online tags say anything.
        yield from dict.fromkeys(subject for subject, name in known if name == "online_since")
    elif scope is Scope.NUMBER and product:
        yield from (of_number(instance, run, product.name, number.name) for number in product.numbers)
    elif scope is Scope.STREAM:
        every = dict.fromkeys(subject for subject, name in known if "/stream:" in subject and name == "producers")
        wanted = [of_stream(instance, run, name) for name in product.streams] if product else list(every)
        yield from (subject for subject in wanted if subject in every)
