"""A webhook whose endpoint does what a test says, and what one attempt makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from spy.channels.signature import Secret
from spy.channels.webhook import Webhook
from spy.domain.errors import DeliveryError
from tests.support.peer import Act, Acting, Peer, http_answer

ID = "c6575205-52e0-5f0f-8002-3af14174a9b1"
BODY = b'{"specversion":"1.0"}'
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
KEY_TEXT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = Secret.parse(KEY_TEXT)
RECEIPT = {"id": ID, "outcome": "recorded", "blocked_by": None}


def answering(status: int, content: object = "", **headers: str) -> Act:
    body = content if isinstance(content, str) else json.dumps(content)

    def act(peer: Peer) -> None:
        peer.read_request()
        peer.send(http_answer(status, body, **headers))

    return act


def problem(status: int, name: str, **headers: str) -> Act:
    return answering(status, {"type": f"urn:readiness:problem:{name}", "detail": f"because of {name}"}, **headers)


@contextmanager
def webhook(*acts: Act, deadline_s: float = 10.0) -> Iterator[tuple[Webhook, Acting]]:
    with Acting(*acts) as server:
        url = f"{server.url}/v1/decisions"
        hook = Webhook(url, KEY, deadline=timedelta(seconds=deadline_s), clock=lambda: NOW)
        try:
            yield hook, server
        finally:
            hook.close()


def failure(act: Act, *, deadline_s: float = 10.0, ask: bool = False) -> DeliveryError:
    """The error of one attempt; there was exactly one connection, so nothing was retried behind our back."""
    with webhook(act, deadline_s=deadline_s) as (hook, server):
        with pytest.raises(DeliveryError) as caught:
            hook.ask(ID) if ask else hook.send(ID, BODY)
        assert server.connections == 1
    return caught.value
