"""Every operation of the API asked once on the store of `a_night`: what the examples of its document show."""

from __future__ import annotations

from typing import Any

import httpx

KEEP = {"do": "keep_back", "chunk": "398603", "why": "strip noise is being looked at", "until": "6h", "who": "ana"}
ASKED: dict[str, tuple[str, dict[str, Any] | None]] = {
    "GET /api/v1/readiness": ("/api/v1/readiness?limit=1", None),
    "GET /api/v1/readiness/{chunk}": ("/api/v1/readiness/398602", None),
    "GET /api/v1/first-unready-run": ("/api/v1/first-unready-run", None),
    "GET /api/v1/runs": ("/api/v1/runs?limit=1", None),
    "GET /api/v1/runs/{run}": ("/api/v1/runs/398602", None),
    "GET /api/v1/runs/{run}/timeline": ("/api/v1/runs/398602/timeline", None),
    "GET /api/v1/runs/{run}/products": ("/api/v1/runs/398602/products", None),
    "GET /api/v1/chunks": ("/api/v1/chunks?limit=1", None),
    "GET /api/v1/chunks/{chunk}": ("/api/v1/chunks/398600", None),
    "GET /api/v1/decisions": ("/api/v1/decisions?run=398602&limit=1", None),
    "GET /api/v1/changes": ("/api/v1/changes?after=8&follow=false", None),
    "GET /api/v1/evidence": ("/api/v1/evidence?run=398602&limit=1", None),
    "GET /api/v1/evidence/history": ("/api/v1/evidence/history?subject=prod:398602&name=run_end", None),
    "GET /api/v1/products": ("/api/v1/products", None),
    "GET /api/v1/products/{name}": ("/api/v1/products/SiStripBadStrip_pcl?limit=1", None),
    "GET /api/v1/services": ("/api/v1/services", None),
    "GET /api/v1/trends": ("/api/v1/trends?limit=1", None),
    "GET /api/v1/alerts": ("/api/v1/alerts", None),
    "GET /api/v1/deliveries": ("/api/v1/deliveries?limit=1", None),
    "POST /api/v1/acts": ("/api/v1/acts", KEEP),
    "GET /api/v1/acts": ("/api/v1/acts?limit=1", None),
    "POST /api/v1/acts/{number}/extend": ("/api/v1/acts/1/extend", {"until": "12h", "why": "not yet", "who": "ana"}),
    "POST /api/v1/acts/{number}/end": ("/api/v1/acts/2/end", {"why": "the noise is understood", "who": "ana"}),
    "POST /api/v1/proposals/{number}": ("/api/v1/proposals/1?who=ben", None),
    "GET /api/v1/audit": ("/api/v1/audit?limit=1", None),
    "GET /api/v1/me": ("/api/v1/me", None),
    "GET /health/live": ("/health/live", None),
    "GET /health/ready": ("/health/ready", None),
    "GET /metrics": ("/metrics", None),
}
"""In this order: acts change what is asked after them."""


def asked(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """Path and body that were sent, and the answer; lists that are long are cut after their first entry."""
    found: dict[str, dict[str, Any]] = {}
    for name, (path, body) in ASKED.items():
        method = name.partition(" ")[0]
        if name == "POST /api/v1/proposals/{number}":
            client.post("/api/v1/acts", json={"do": "stop", "why": "Tier0 is being updated", "who": "ana"})
        answer = client.request(method, path, json=body)
        assert answer.is_success, f"{name}: {answer.text}"
        found[name] = ({"body": body} if body else {}) | {"answer": _told(answer)}
    return found


def _told(answer: httpx.Response) -> Any:
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "text/event-stream":
        _, event, *_ = answer.text.split("\n\n")  # the first part says when to come back
        return dict(line.split(": ", 1) for line in event.splitlines())
    return _cut(answer.json()) if kind == "application/json" else _first_lines(answer.text)


def _cut(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _cut(value) for key, value in told.items()}
    return [_cut(value) for value in told[:1]] if isinstance(told, list) else told


def _first_lines(text: str) -> str:
    return "".join(line + "\n" for line in text.splitlines()[:6])
