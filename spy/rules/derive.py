"""Facts about the run as a whole that no single source tells: settled, declared, its class's set, its deadline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from spy.clock import iso
from spy.domain.evidence import Fact, Kind, Scope, Value
from spy.domain.product import Product, Required
from spy.domain.subject import Subject
from spy.domain.verdict import Seen
from spy.rules import calibration, numbers, online
from spy.rules.view import View

DERIVED: tuple[Fact, ...] = (
    Fact("run", Kind.INT, Scope.RUN, "the run's number"),
    Fact("settled", Kind.BOOL, Scope.RUN, "run_stream_done of every stream that declares a producer"),
    Fact(
        "missing_streams",
        Kind.STRING,
        Scope.RUN,
        "expected streams and required producers not declared; never known bad, only unknown",
    ),
    Fact("class_has_set", Kind.BOOL, Scope.RUN, "whether the configuration has a required set for the run's class"),
    Fact("endless_lower_run", Kind.INT, Scope.RUN, "a lower run without stop time while newer runs are taken; 0: none"),
    Fact("before_lock", Kind.BOOL, Scope.RUN, "true until the predicted lock; past it unknown, never false"),
    *online.DERIVED,
    *calibration.DERIVED,
    *numbers.DERIVED,
)


def derived(view: View, name: str, value: Value | None, note: str = "", subject: Subject | None = None) -> Seen:
    return Seen(name, value, "derived", subject or view.situation.run, view.situation.now, None, note)


def lookup(view: View, name: str, product: Product | None) -> Seen:
    """The value of a rule's variable, for the run or for one product of it."""
    if (of_run := _OF_RUN.get(name)) is not None:
        return view.once(name, of_run)
    if product is not None:
        if (of_product := _OF_PRODUCT.get(name)) is not None:
            return view.once_of(product, name, of_product)
        own = view.situation.product(product.name)
        if (own, name) in view.situation.evidence or name in _PRODUCT_ONLY:
            return view.fact(own, name)
    return view.of_run(name)


_PRODUCT_ONLY = frozenset(
    {"harvest_sample", "pede_exit_code", "db_updated", "db_update_vetoed", "entries", "upload_status"}
)
"""Never looked for at the run when the product has none."""


def required_set(view: View) -> Required | None:
    """The set of the run's class; None while the class is unknown or has none."""
    run_class = view.of_run("run_class").value
    return view.classes.get(run_class) if isinstance(run_class, str) else None


def knows_what_is_declared(view: View) -> bool:
    """False where a class asks only for what the run declares, and that is unknown."""
    needed = required_set(view)
    return needed is None or not needed.only_where_declared or view.of_run("producers").value is not None


def required_products(view: View) -> tuple[str, ...]:
    """Names of the products that gate this run."""
    needed = required_set(view)
    if needed is None:
        return ()
    if not needed.only_where_declared or not knows_what_is_declared(view):
        # Who knows no declaration cannot leave anything out.
        return needed.products
    declared = set(declared_producers(view))
    return tuple(name for name in needed.products if view.products[name].producer in declared)


def declared_streams(view: View) -> tuple[str, ...] | None:
    """Express streams of the run, once two equal, non-empty answers after its end agree."""
    streams = view.of_run("streams")
    evidence = view.situation.evidence.get((view.situation.run, "streams"))
    if not isinstance(streams.value, str) or evidence is None or not evidence.final:
        return None
    return tuple(part for part in streams.value.split(",") if part)


def declared_producers(view: View) -> tuple[str, ...]:
    producers = view.of_run("producers").value
    return tuple(producers.split(",")) if isinstance(producers, str) else ()


def is_settled(view: View) -> Seen:
    streams = declared_streams(view)
    if streams is None:
        why = (
            view.of_run("streams").note
            or "the declared streams are not confirmed by two equal answers after the run's end"
        )
        return derived(view, "settled", None, why)
    waiting, unknown, counted = [], [], 0
    for stream in streams:
        producers = view.fact(view.situation.stream(stream), "producers")
        if producers.value is None:
            unknown.append(f"{stream}: {producers.note}")
            continue
        if producers.value == "":
            continue
        counted += 1
        done = view.fact(view.situation.stream(stream), "stream_done")
        if done.value is None:
            unknown.append(f"{stream}: {done.note}")
        elif done.value is False:
            waiting.append(stream)
    if unknown:
        return derived(view, "settled", None, "; ".join(unknown))
    if not counted:
        return derived(view, "settled", None, "no stream declares a producer")
    note = f"not done: {', '.join(waiting)}" if waiting else f"done: all {counted} streams with a producer"
    return derived(view, "settled", not waiting, note)


def missing_streams(view: View) -> Seen:
    needed, streams = required_set(view), declared_streams(view)
    if needed is None:
        return derived(view, "missing_streams", None, f"no set for class {view.of_run('run_class').value or 'unknown'}")
    if streams is None:
        return derived(view, "missing_streams", None, is_settled(view).note)
    if (producers_now := view.of_run("producers")).value is None:
        return derived(view, "missing_streams", None, f"declared producers unknown: {producers_now.note}")
    missing = [f"stream {name}" for name in needed.expected_streams if name not in streams]
    producers = declared_producers(view)
    absent = [name for name in required_products(view) if view.products[name].producer not in producers]
    missing += [f"{view.products[name].producer} of {name}" for name in absent]
    if missing:
        return derived(view, "missing_streams", None, f"Tier0 does not declare {', '.join(missing)}")
    return derived(view, "missing_streams", "", f"declared: {', '.join(streams)}")


def class_has_set(view: View) -> Seen:
    run_class = view.of_run("run_class")
    if run_class.value is None:
        return derived(view, "class_has_set", None, f"class unknown: {run_class.note}")
    has_set = run_class.value in view.classes
    note = f"class {run_class.value} has {'a' if has_set else 'no'} required set"
    return derived(view, "class_has_set", has_set, note)


def endless_lower_run(view: View) -> Seen:
    endless = [lower.number for lower in view.situation.lower_runs if not lower.has_ended]
    ended = view.of_run("run_ended").value is True
    number = endless[0] if endless and (ended or view.situation.newer_runs_exist) else 0
    note = f"run {number} has no stop time; Tier0 can lock nothing behind it" if number else ""
    return derived(view, "endless_lower_run", number, note)


def lock_time(view: View, end: datetime) -> datetime:
    """When Tier0's own clock would lock the run, a hold that it accepted included."""
    own = end + view.situation.lock_after
    return max(own, view.situation.held_until) if view.situation.held_until else own


def before_lock(view: View) -> Seen:
    end = view.of_run("run_end").value
    if not isinstance(end, datetime):
        return derived(view, "before_lock", True, "the run has no end yet")
    lock, first = lock_time(view, end), view.situation.locked_first
    told = f"{iso(lock)} (dataset {first} first)" if first else iso(lock)
    if view.situation.now < lock:
        view.wake(lock)
        return derived(view, "before_lock", True, f"predicted lock {told}")
    return derived(view, "before_lock", None, f"the predicted lock {told} has passed and Tier0 shows no sign of it")


_OF_PRODUCT = calibration.OF_PRODUCT | numbers.OF_PRODUCT
_OF_RUN: dict[str, Callable[[View], Seen]] = {
    "run": lambda view: derived(view, "run", view.situation.chunk.run),
    "settled": is_settled,
    "missing_streams": missing_streams,
    "class_has_set": class_has_set,
    "endless_lower_run": endless_lower_run,
    "before_lock": before_lock,
    "uncovered_online_tags": lambda view: online.uncovered(view, required_set(view)),
}
