"""What a calibration that is not there yet waits for: docs/rules.md."""

from __future__ import annotations

from spy.clock import iso
from spy.domain.evidence import Fact, Kind, Scope
from spy.domain.product import Product
from spy.domain.verdict import Seen
from spy.rules.situation import LowerRun
from spy.rules.view import View

FACT = Fact("waits_for", Kind.STRING, Scope.PRODUCT, "what a waiting calibration waits for")


def waits_for(view: View, product: Product) -> Seen:
    """What has not happened yet, in the order of the chain; an earlier run's uploads where those stand before ours."""
    own = view.situation.product(product.name)
    if view.of_run("run_ended").value is not True:
        return _said(view, product, "run", "the run is still being taken")
    if view.fact(own, "harvest_sample").value is not True:
        return _said(view, product, "harvest", "not harvested yet")
    if (lower := _stands_before(view)) is not None:
        return _said(view, product, f"run {lower.number}", f"harvested; {_until(view, lower)}")
    return _said(view, product, "upload", "harvested, not uploaded yet")


def _stands_before(view: View) -> LowerRun | None:
    """The lowest run that still holds our uploads: Tier0 goes through its runs in order and stops at the first."""
    for lower in view.situation.lower_runs:
        if not lower.is_uploaded or lower.is_settled:
            continue
        if lower.end is None:
            return lower
        let_go = lower.end + view.situation.upload_order_timeout
        if view.situation.now < let_go:
            view.wake(let_go)
            return lower
    return None


def _until(view: View, lower: LowerRun) -> str:
    waits = f"Tier0 uploads in run order, so it waits until run {lower.number} is finished"
    if lower.end is None:
        return f"{waits}, which has no end yet"
    return f"{waits}, at the latest until {iso(lower.end + view.situation.upload_order_timeout)}"


def _said(view: View, product: Product, value: str, note: str) -> Seen:
    about, now = view.situation.product(product.name), view.situation.now
    return Seen(FACT.name, value, "derived", about, now, None, note)
