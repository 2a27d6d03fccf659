"""From a run to what its sources say themselves, and to everything that is recorded about it as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from dash import html

from dashboard.marks import folded, row, table
from dashboard.settings import Settings
from spy.domain.subject import part_of
from spy.store.views import RunDetail

JSON = {
    "this run": "/api/v1/runs/{run}",
    "its decisions": "/api/v1/decisions?run={run}",
    "its evidence": "/api/v1/evidence?run={run}",
    "its timeline": "/api/v1/runs/{run}/timeline",
    "its products": "/api/v1/runs/{run}/products",
    "its release": "/api/v1/chunks/{run}",
    "its messages": "/api/v1/deliveries?chunk={run}",
    "acts on it": "/api/v1/acts?run={run}",
}


def sources_part(detail: RunDetail, config: Settings) -> list[Any]:
    run = str(detail.line.run)
    parts: list[Any] = [html.P(["At the sources: ", *_separated(_links(config.links.run, run))], className="sources")]
    if not config.links.run:
        parts = []
    rows = [
        row(html.Th(name, scope="row"), _cell(config.links.upload, hashes), _cell(config.links.tag, tags))
        for name, hashes, tags in _products(detail, config)
    ]
    if rows and (config.links.tag or config.links.upload):
        inside = table(("Calibration", "Newest upload", "Destination tags"), rows, "Links of each calibration")
        parts.append(folded("sources", "Uploads and tags of each calibration, at their sources", inside))
    json = [html.A(name, href=path.format(run=run)) for name, path in JSON.items()]
    return [*parts, html.P(["As JSON: ", *_separated(json)], className="sources")]


def _products(detail: RunDetail, config: Settings) -> Iterable[tuple[str, list[str], list[str]]]:
    """Name, hash of the newest uploaded file, destination tags; those that the run needs first."""
    hashes = {part_of(e.subject)[1]: e.value for e in detail.evidence if e.name == "upload_hash"}
    needed = [*detail.line.required, *sorted(set(detail.line.products) - set(detail.line.required))]
    for name in needed:
        if (product := config.products.get(name)) is not None:
            told = hashes.get(name)
            yield name, [told] if isinstance(told, str) and told else [], list(product.destination_tags)


def _cell(templates: Mapping[str, str], names: list[str]) -> Any:
    links = [
        html.Div([html.Code(name[:12] if len(name) == 40 else name), " ", *_separated(_links(templates, name))])
        for name in names
    ]
    return links or "none"


def _links(templates: Mapping[str, str], value: str) -> list[html.A]:
    """Whatever a source called a thing, it stays one part of the address."""
    filled = quote(value, safe="")
    return [
        html.A(title, href=_filled(template, filled), target="_blank", rel="noreferrer noopener")
        for title, template in templates.items()
    ]


def _filled(template: str, value: str) -> str:
    for name in ("run", "tag", "hash"):
        template = template.replace(f"{{{name}}}", value)
    return template


def _separated(items: list[html.A]) -> list[Any]:
    return [piece for number, item in enumerate(items) for piece in ((", ", item) if number else (item,))]
