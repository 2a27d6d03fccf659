"""`/metrics` in the Prometheus text format, by hand: a few gauges need no library."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from spy.store.views import Overview, overview
from spy.store.views.changed import changed_after_lock
from spy.web.source import Source

Sample = tuple[str, float]
"""Labels as `{name="value"}` or empty, and the value."""


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Gauges of the whole in the Prometheus text format."""
        seen = overview(source.store, source.clock(), source.stale_after)
        changed = changed_after_lock(source.store)
        return Response("".join(_text(seen, changed)), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def _text(seen: Overview, changed: int) -> Iterable[str]:
    for name, kind, meaning, samples in _families(seen, changed):
        yield f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
        for labels, value in samples:
            yield f"{name}{labels} {value:.15g}\n"


def _families(seen: Overview, changed: int) -> Iterable[tuple[str, str, str, list[Sample]]]:
    """Name, type, meaning, samples. What is unknown has no sample, instead of a number that lies."""
    yield "spy_live", "gauge", "1 if releases are sent, 0 in shadow mode", [("", seen.mode == "live")]
    yield "spy_halted", "gauge", "1 if live sending is stopped", [("", bool(seen.halt or seen.stop))]
    age = [("", seen.age.total_seconds())] if seen.age is not None else []
    yield "spy_heartbeat_age_seconds", "gauge", "since the agent last took a look in", age
    counts = [(f'{{verdict="{state}"}}', float(number)) for state, number in seen.counts.items()]
    yield "spy_queued_runs", "gauge", "open runs that Tier0 has not locked, by verdict", counts
    frontier = [("", float(seen.frontier.run))] if seen.frontier else []
    yield "spy_frontier_run", "gauge", "lowest open run that Tier0 has not locked", frontier
    meaning = "payloads that changed after the lock of their run, while it is watched"
    yield "spy_payloads_changed_after_lock", "gauge", meaning, [("", float(changed))]
    first_safe = [("", float(seen.first_safe_run))] if seen.first_safe_run is not None else []
    yield "spy_tier0_first_safe_run", "gauge", "Tier0's first condition-safe run", first_safe
    switch = [("", float(seen.prompt_enabled))] if seen.prompt_enabled is not None else []
    yield "spy_tier0_prompt_enabled", "gauge", "Tier0's switch of prompt reconstruction", switch
    lines = [(f'{{probe="{line.probe}",service="{line.service}"}}', line) for line in seen.services]
    yield "spy_probe_ok", "gauge", "1 if the last look was answered", [(k, line.state == "ok") for k, line in lines]
    ages = [(labels, line.age.total_seconds()) for labels, line in lines if line.age is not None]
    yield "spy_probe_good_age_seconds", "gauge", "since the last good look", ages
    sent = [(labels, float(line.requests)) for labels, line in lines]
    yield "spy_probe_requests_total", "counter", "requests sent to the service", sent
