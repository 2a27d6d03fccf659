"""The numbers of a product and its payload, held against the configuration's limits and against earlier runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spy.domain.evidence import Fact, Kind, Scope
from spy.domain.number import SIZE, Held, Number, hold, hold_size, told
from spy.domain.product import Base, Product
from spy.domain.subject import of_number
from spy.domain.verdict import Seen
from spy.rules.calibration import payload_hashes
from spy.rules.view import View

DERIVED: tuple[Fact, ...] = (
    Fact("has_numbers", Kind.BOOL, Scope.PRODUCT, "whether the configuration names numbers of the product"),
    Fact("odd_numbers", Kind.STRING, Scope.PRODUCT, "numbers beyond their limits or their band; empty: none"),
    Fact("odd_payload", Kind.STRING, Scope.PRODUCT, "repeated, odd_size, unjustified, with commas; empty: none"),
)


def has_numbers(view: View, product: Product) -> Seen:
    return _said(view, product, "has_numbers", bool(product.numbers), "by configuration")


def odd_numbers(view: View, product: Product) -> Seen:
    """Unknown as soon as one number is, unless another one is known to be odd."""
    odd, notes, unknown = [], [], []
    for number in product.numbers:
        seen = value_of(view, product, number)
        if not isinstance(seen.value, float):
            unknown.append(f"{number.name}: {seen.note}")
            continue
        held = held_against(view, product, number, seen.value)
        odd += [number.name] if held.is_odd else []
        notes.append(told(number, held))
    if unknown and not odd:
        return _said(view, product, "odd_numbers", None, "; ".join([*unknown, *notes]))
    return _said(view, product, "odd_numbers", ",".join(odd), "; ".join([*notes, *unknown]))


def value_of(view: View, product: Product, number: Number) -> Seen:
    situation = view.situation
    about = of_number(situation.instance, situation.chunk.run, product.name, number.name)
    return view.fact(about, "number")


def held_against(view: View, product: Product, number: Number, value: float) -> Held:
    part = ("number", f"{product.name}.{number.name}")
    earlier = view.earlier.values(view.situation.chunk.run, part, "number", view.of_run("run_class").value)
    return hold(number, value, earlier)


def odd_payload(view: View, product: Product) -> Seen:
    """Asked of a payload that is in place. Known bad wherever one part is, else unknown as soon as one part is."""
    odd: list[str] = []
    notes: list[str] = []
    unknown: list[str] = []
    asked = (*_repeated(view, product), *_odd_size(view, product), *_unjustified(view, product))
    for name, is_so, note in asked:
        odd += [name] if is_so else []
        (unknown if is_so is None else notes).append(note)
    value = None if unknown and not odd else ",".join(dict.fromkeys(odd))
    return _said(view, product, "odd_payload", value, "; ".join([*unknown, *notes]))


Answer = tuple[str, bool | None, str]
"""Kind of oddity, whether it is so (None: unknown), and the comparison."""


def _repeated(view: View, product: Product) -> Iterator[Answer]:
    """An upload that brings what was made for an earlier run. Of a lumi tag the hash covers its sinces too, which are
    never those of another run.
    """
    if product.base is Base.LUMI:
        yield "repeated", False, "payloads of lumi sections are not compared with earlier ones"
        return
    hashes = payload_hashes(view, product)
    if not hashes:
        yield "repeated", None, "what prompt reconstruction would read is not known"
    for tag, payload_hash in hashes.items():
        before = view.earlier.run_with_payload(view.situation.chunk.run, tag, payload_hash)
        note = f"{tag}: the payload made for run {before} again" if before else f"{tag}: a payload of its own"
        yield "repeated", before is not None, note


def _odd_size(view: View, product: Product) -> Iterator[Answer]:
    """Only Run tags tell the size of the payload that was made for a run."""
    situation, run_class = view.situation, view.of_run("run_class").value
    for tag in payload_hashes(view, product) if product.base is Base.RUN else ():
        seen = view.fact(situation.tag(tag), "payload_bytes")
        if not isinstance(seen.value, int):
            yield "odd_size", None, f"size of the payload in {tag}: {seen.note}"
            continue
        earlier = view.earlier.values(situation.chunk.run, ("tag", tag), "payload_bytes", run_class)
        held = hold_size(seen.value, earlier)
        yield "odd_size", held.is_odd, f"{tag}: {told(SIZE, held)}"


def _unjustified(view: View, product: Product) -> Iterator[Answer]:
    """A payload that exists though the fit had no reason to make one: presence is not quality."""
    for number in product.numbers:
        if number.justifies is None:
            continue
        seen = value_of(view, product, number)
        if not isinstance(seen.value, float):
            yield "unjustified", None, f"{number.name}: {seen.note}"
            continue
        is_low = seen.value < number.justifies
        yield "unjustified", is_low, f"{number.name} ({seen.value:.6g}) >= {number.justifies:.6g}"


def _said(view: View, product: Product, name: str, value: bool | str | None, note: str) -> Seen:
    return Seen(name, value, "derived", view.situation.product(product.name), view.situation.now, None, note)


OF_PRODUCT: dict[str, Callable[[View, Product], Seen]] = {
    "has_numbers": has_numbers,
    "odd_numbers": odd_numbers,
    "odd_payload": odd_payload,
}
