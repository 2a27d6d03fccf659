"""What the webhook makes of every answer, from a real server on loopback: taken, surely not taken, or nobody knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.channels.webhook import Reply, Webhook
from spy.domain.errors import DeliveryError
from tests.support.hooked import BODY, ID, KEY, NOW, RECEIPT, answering, failure, problem, webhook
from tests.support.peer import Act, Acting


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (202, RECEIPT, Reply(202, "recorded", None, "202 recorded")),
        (202, RECEIPT | {"blocked_by": 398599}, Reply(202, "recorded", 398599, "202 recorded")),
        (200, RECEIPT | {"outcome": "duplicate"}, Reply(200, "duplicate", None, "200 duplicate")),
        (202, RECEIPT | {"blocked_by": "soon"}, Reply(202, "recorded", None, "202 recorded")),
    ],
)
def test_a_receipt_means_taken(status: int, content: object, expected: Reply) -> None:
    with webhook(answering(status, content)) as (hook, _):
        assert hook.send(ID, BODY) == expected


def test_a_conflict_that_says_duplicate_means_taken() -> None:
    with webhook(problem(409, "duplicate")) as (hook, _):
        assert hook.send(ID, BODY).outcome == "duplicate"


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, "<html>Please sign in</html>"),
        (200, ""),
        (202, "[1]"),
        (202, RECEIPT | {"id": "another"}),
        (202, {"id": ID}),
        (200, {"id": ID, "outcome": "ok"}),
        (202, "[" * 5000),
        (201, RECEIPT),
        (204, ""),
    ],
)
def test_a_success_without_the_receipt_is_no_success_and_must_be_asked_about(status: int, content: object) -> None:
    error = failure(answering(status, content))
    assert (error.ambiguous, error.retry, error.code) == (True, True, status)


@pytest.mark.parametrize("name", ["stale_epoch", "stale_seq", "too_late", "expired", "withdrawn", "id_reused"])
def test_a_conflict_of_the_contract_is_a_refusal_that_no_retry_changes(name: str) -> None:
    error = failure(problem(409, name))
    assert (error.ambiguous, error.retry, error.disable, error.code) == (False, False, False, 409)
    assert name in error.what


@pytest.mark.parametrize("act", [answering(409, "gone"), problem(409, "news"), answering(409, {"type": "about:blank"})])
def test_any_other_conflict_must_be_asked_about(act: Act) -> None:
    error = failure(act)
    assert (error.ambiguous, error.retry, error.code) == (True, True, 409)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    error = failure(answering(status, "", location="http://127.0.0.1:1/elsewhere"))
    assert (error.ambiguous, error.retry, error.code) == (False, True, status)
    assert "redirect" in error.what


def test_gone_disables_the_endpoint() -> None:
    error = failure(answering(410))
    assert (error.ambiguous, error.retry, error.disable, error.code) == (False, False, True, 410)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 429, 451])
def test_any_other_client_error_was_not_taken_and_is_tried_again(status: int) -> None:
    error = failure(answering(status, "no"))
    assert (error.ambiguous, error.retry, error.disable, error.code) == (False, True, False, status)


@pytest.mark.parametrize("name", ["unknown_run", "not_stopped"])
def test_a_run_that_tier0_does_not_know_yet_is_tried_again(name: str) -> None:
    error = failure(problem(404 if name == "unknown_run" else 422, name))
    assert (error.ambiguous, error.retry) == (False, True)
    assert f"because of {name}" in error.what


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 599])
def test_a_server_error_may_come_after_the_effect(status: int) -> None:
    error = failure(answering(status, "oops"))
    assert (error.ambiguous, error.retry, error.code) == (True, True, status)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("Mon, 01 Jun 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 01 Jun 2026 11:00:00 GMT", timedelta(0)),
        ("-5", None),
        ("soon", None),
        ("1e3", None),
        ("9" * 30, None),
        ("Mon, 99 Jun 2026 12:05:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(status: int, text: str, expected: timedelta | None) -> None:
    assert failure(answering(status, "", retry_after=text)).retry_after == expected


def test_a_refused_connection_was_surely_not_taken(free_port: int) -> None:
    hook = Webhook(f"http://127.0.0.1:{free_port}/x", KEY, deadline=timedelta(seconds=5), clock=lambda: NOW)
    with pytest.raises(DeliveryError, match="not reached") as caught:
        hook.send(ID, BODY)
    hook.close()
    assert (caught.value.ambiguous, caught.value.retry, caught.value.code) == (False, True, None)


def test_a_name_that_nobody_knows_was_surely_not_taken() -> None:
    hook = Webhook("https://receiver.invalid/x", KEY, deadline=timedelta(seconds=5), clock=lambda: NOW)
    with pytest.raises(DeliveryError, match=r"receiver receiver\.invalid: not reached") as caught:
        hook.send(ID, BODY)
    hook.close()
    assert not caught.value.ambiguous


def test_a_failed_tls_handshake_was_surely_not_taken() -> None:
    with Acting(lambda peer: peer.send(b"this is no TLS\r\n" * 4)) as server:
        url = f"https://127.0.0.1:{server.port}/x"
        hook = Webhook(url, KEY, deadline=timedelta(seconds=5), clock=lambda: NOW)
        with pytest.raises(DeliveryError, match="not reached") as caught:
            hook.send(ID, BODY)
        hook.close()
    assert not caught.value.ambiguous
