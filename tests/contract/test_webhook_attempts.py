"""One attempt of the webhook: what goes over the wire, what may break in the middle, and asking afterwards."""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from spy.channels.signature import verify
from spy.channels.webhook import Known, Webhook, next_try
from spy.clock import monotonic
from spy.domain.errors import ConfigError, DeliveryError
from tests.support.hooked import BODY, ID, KEY, KEY_TEXT, NOW, RECEIPT, answering, failure, problem, webhook
from tests.support.peer import Act, Acting, Peer, http_answer


def reset_after_the_request(peer: Peer) -> None:
    peer.read_request()
    peer.reset()


def close_after_the_request(peer: Peer) -> None:
    peer.read_request()


def half_a_body(peer: Peer) -> None:
    peer.read_request()
    peer.send(http_answer(202, json.dumps(RECEIPT))[:-10])


def garbage(peer: Peer) -> None:
    peer.read_request()
    peer.send("SSH-2.0-nonsense\r\n\r\n")


def broken_compression(peer: Peer) -> None:
    peer.read_request()
    peer.send(http_answer(202, json.dumps(RECEIPT), content_encoding="gzip"))


def endless(peer: Peer) -> None:
    peer.read_request()
    peer.send(http_answer(202, "x" * 200_000))


@pytest.mark.parametrize(
    "act", [reset_after_the_request, close_after_the_request, half_a_body, garbage, broken_compression, endless]
)
def test_after_the_request_went_out_no_whole_answer_means_nobody_knows(act: Act) -> None:
    error = failure(act)
    assert (error.ambiguous, error.retry, error.code) == (True, True, None)
    assert "no whole answer" in error.what


def hang(peer: Peer) -> None:
    peer.read_request()
    peer.hang()


def slow_head(peer: Peer) -> None:
    peer.read_request()
    peer.drip(http_answer(202, json.dumps(RECEIPT)))


def slow_body(peer: Peer) -> None:
    peer.read_request()
    whole = http_answer(202, json.dumps(RECEIPT))
    peer.send(whole[:-60])
    peer.drip(whole[-60:])


@pytest.mark.parametrize("act", [hang, slow_head, slow_body])
def test_the_deadline_is_for_the_whole_attempt_however_the_bytes_drip(act: Act) -> None:
    began = monotonic()
    error = failure(act, deadline_s=0.4)
    assert monotonic() - began < 2.0
    assert (error.ambiguous, error.retry) == (True, True)


def test_each_attempt_is_signed_with_its_own_time_and_the_same_id_and_bytes() -> None:
    requests: list[bytes] = []

    def record(peer: Peer) -> None:
        requests.append(peer.read_request())
        peer.send(http_answer(202, json.dumps(RECEIPT)))

    times = iter([NOW, NOW + timedelta(minutes=30)])
    with Acting(record) as server:
        hook = Webhook(f"{server.url}/v1/decisions", KEY, deadline=timedelta(seconds=5), clock=lambda: next(times))
        hook.send(ID, BODY)
        hook.send(ID, BODY)
        hook.close()
    stamps = []
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        assert lines[0] == "POST /v1/decisions HTTP/1.1"
        assert headers["content-type"] == "application/cloudevents+json"
        stamps.append(datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC))
        assert verify([KEY], headers, body, stamps[-1]) == ID
        assert body == BODY
    assert stamps == [NOW, NOW + timedelta(minutes=30)]


def test_a_message_that_was_accepted_and_whose_answer_was_dropped_is_found_by_asking() -> None:
    digest = hashlib.sha256(BODY).hexdigest()
    known = answering(200, {"id": ID, "body_sha256": digest, "state": "recorded"})
    with webhook(close_after_the_request, known) as (hook, _):
        with pytest.raises(DeliveryError) as caught:
            hook.send(ID, BODY)
        assert caught.value.ambiguous
        assert hook.ask(ID) == Known(digest, "recorded")


def test_asking_about_a_message_that_never_came_gives_nothing() -> None:
    with webhook(problem(404, "unknown_decision")) as (hook, _):
        assert hook.ask(ID) is None


@pytest.mark.parametrize(
    "act",
    [
        answering(404, "no such page"),
        problem(404, "not_found"),
        answering(500, "oops"),
        answering(200, "<html>"),
        answering(200, {"id": ID, "state": "recorded"}),
        answering(200, {"id": "another", "state": "recorded", "body_sha256": "0" * 64}),
        answering(200, {"id": ID, "state": "recorded", "body_sha256": "0" * 63}),
        answering(302, "", location="/login"),
        close_after_the_request,
    ],
)
def test_an_answer_that_does_not_tell_is_not_taken_for_no(act: Act) -> None:
    error = failure(act, ask=True)
    assert (error.ambiguous, error.retry) == (True, True)


@pytest.mark.parametrize(
    "act", [answering(401, "no"), answering(500, KEY_TEXT[:20] + "\r\n" + "x" * 9000), reset_after_the_request]
)
def test_no_key_and_no_signature_reach_a_message_a_traceback_or_a_log(
    act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = failure(act)
    shown = "".join(traceback.format_exception(error)) + caplog.text + repr(vars(error))
    for secret in (KEY_TEXT, "MfKQ9r8", "v1,"):
        assert secret not in shown
    assert len(error.what) < 300
    assert error.what.isprintable()


@pytest.mark.parametrize(
    "url", ["ftp://x.invalid/", "/v1/decisions", "http://u:hunter2@x.invalid/", "http://x/?a=b", ""]
)
def test_a_url_that_cannot_be_one_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Webhook(url, KEY, deadline=timedelta(seconds=5), clock=lambda: NOW)
    assert "hunter2" not in str(caught.value)


def test_an_in_process_receiver_fails_in_the_same_words() -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("dropped") if request.method == "POST" else httpx.ConnectError("down")

    hook = Webhook(
        "http://receiver.invalid/v1/decisions",
        KEY,
        deadline=timedelta(seconds=5),
        clock=lambda: NOW,
        transport=httpx.MockTransport(lost),
    )
    with pytest.raises(DeliveryError, match="no whole answer") as sent:
        hook.send(ID, BODY)
    with pytest.raises(DeliveryError, match="not reached") as asked:
        hook.ask(ID)
    hook.close()
    assert (sent.value.ambiguous, asked.value.ambiguous) == (True, True)


def test_the_waits_between_attempts_follow_the_table_and_never_shrink() -> None:
    waits = [next_try(n, 0.0).total_seconds() for n in range(15)]
    hours = [h * 3600 for h in (2, 5, 10, 14, 20, 24, 24, 24)]
    assert waits == [0, 1, 5, 15, 60, 300, 1800, *hours]
    assert next_try(0, 1.0) == timedelta(0)
    assert next_try(5, 1.0) == timedelta(seconds=330)
    assert next_try(9, 0.0, longest=timedelta(minutes=5)) == timedelta(minutes=5)
