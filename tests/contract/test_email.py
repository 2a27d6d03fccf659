"""The mail channel against a real SMTP server, and against servers that refuse, hang and break off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from spy.channels.email import Email
from spy.channels.post import Mail
from spy.clock import monotonic
from spy.domain.errors import DeliveryError
from tests.support.mailbox import Mailbox
from tests.support.peer import Act, Acting, Peer

MAIL = Mail(
    to="strip-calib@example.invalid",
    subject="[spy prod] run 398600 blocked: SiStripBadStrip_pcl, its interval begins at 398605",
    text="Run 398600 is blocked.\n\nSince      2026-06-01 11:48 UTC, 12 min before this mail\n.\nläuft nicht ≠\n",
    html="<p>Run 398600 is blocked.</p>",
    thread="run-398600.prod",
    written_at=datetime(2026, 6, 1, 12, 0, tzinfo=UTC),
    id="c6575205-52e0-5f0f-8002-3af14174a9b1",
)


def channel(port: int, deadline_s: float = 10.0) -> Email:
    return Email("127.0.0.1", port, "spy-agent@spy.example.invalid", "prod", timedelta(seconds=deadline_s))


def delivered(box: Mailbox, mail: Mail = MAIL) -> EmailMessage:
    channel(box.port).send(mail)
    return box.wait_for(1)[-1]


def refusal(port: int, mail: Mail = MAIL, deadline_s: float = 10.0) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel(port, deadline_s).send(mail)
    assert not caught.value.ambiguous  # a resend has the same Message-ID, so there is nothing to ask
    return caught.value


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("From", "spy-agent@spy.example.invalid"),
        ("To", "strip-calib@example.invalid"),
        ("Subject", MAIL.subject),
        ("Date", "Mon, 01 Jun 2026 12:00:00 +0000"),
        ("Message-ID", "<c6575205-52e0-5f0f-8002-3af14174a9b1@spy.example.invalid>"),
        ("In-Reply-To", "<run-398600.prod@spy.example.invalid>"),
        ("References", "<run-398600.prod@spy.example.invalid>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("List-Id", "<spy-prod.spy.example.invalid>"),
        ("MIME-Version", "1.0"),
    ],
)
def test_a_mail_arrives_with_every_header_once(smtp_server: Mailbox, header: str, value: str) -> None:
    assert delivered(smtp_server).get_all(header) == [value]


def test_the_plain_text_comes_first_and_whole(smtp_server: Mailbox) -> None:
    message = delivered(smtp_server)
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content().strip() == MAIL.html


def test_a_mail_without_html_is_plain_text(smtp_server: Mailbox) -> None:
    assert delivered(smtp_server, replace(MAIL, html="")).get_content_type() == "text/plain"


def test_one_envelope_goes_to_one_person_and_is_plain_ascii_on_the_wire(smtp_server: Mailbox) -> None:
    delivered(smtp_server)
    (envelope,) = smtp_server.envelopes
    assert envelope.rcpt_tos == [MAIL.to]
    assert envelope.mail_from == "spy-agent@spy.example.invalid"
    assert isinstance(envelope.content, bytes)
    assert envelope.content.isascii()


def test_a_resend_is_the_same_mail(smtp_server: Mailbox) -> None:
    channel(smtp_server.port).send(MAIL)
    channel(smtp_server.port).send(MAIL)
    smtp_server.wait_for(2)

    def comparable(content: object) -> bytes:
        assert isinstance(content, bytes)
        return re.sub(rb"=====+[0-9]+==", b"boundary", content)

    first, second = (comparable(envelope.content) for envelope in smtp_server.envelopes)
    assert first == second


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"subject": "blocked\r\nBcc: x@y.invalid"}, "Subject"),
        ({"subject": "blocked\nBcc: x@y.invalid"}, "Subject"),
        ({"subject": "blocked\u2028Bcc: x@y.invalid"}, "Subject"),
        ({"subject": "blocked\0"}, "Subject"),
        ({"to": "a@b.invalid\r\nBcc: x@y.invalid"}, "To"),
        ({"to": "a@b.invalid, c@d.invalid"}, "To"),
        ({"to": "a@b.invalid,"}, "To"),
        ({"to": "shift"}, "To"),
        ({"to": "Crew <a@b.invalid>"}, "To"),
        ({"to": ""}, "To"),
        ({"thread": "run\r\nX: y"}, "References"),
        ({"thread": "a> <b"}, "References"),
        ({"id": "1@x> <2"}, "Message-ID"),
        ({"id": ""}, "Message-ID"),
    ],
)
def test_a_line_break_or_a_second_address_in_a_header_sends_nothing(
    smtp_server: Mailbox, change: dict[str, Any], named: str
) -> None:
    error = refusal(smtp_server.port, replace(MAIL, **change))
    assert f"header {named} must hold" in error.what
    assert not error.retry
    assert smtp_server.envelopes == []


@pytest.mark.parametrize(("reply", "retry"), [("451 4.7.1 greylisted", True), ("554 5.7.1 spam", False)])
def test_the_answer_to_the_content_decides(reply: str, retry: bool) -> None:
    with Mailbox(lambda envelope: reply) as box:
        error = refusal(box.port)
    assert (error.code, error.retry) == (int(reply[:3]), retry)
    assert reply[4:] in error.what
    assert box.envelopes == []


def smtp(**replies: str) -> Act:
    """A server that answers a command with the given line, and 250 otherwise."""

    def act(peer: Peer) -> None:
        peer.send(replies.get("banner", "220 smtp.example.invalid ready") + "\r\n")
        while True:
            word = peer.read_line().split(b":")[0].split()[0].decode().lower()
            if replies.get(word) == "close":
                return
            if replies.get(word) == "hang":
                peer.hang()
            peer.send(replies.get(word, "354 go on" if word == "data" else "250 ok") + "\r\n")
            if word == "data" and not replies.get(word, "354").startswith("354"):
                continue
            if word == "data":
                while peer.read_line() != b".\r\n":
                    pass
                if replies.get("dot") in ("close", "hang"):
                    if replies["dot"] == "hang":
                        peer.hang()
                    return
                peer.send("250 taken\r\n")

    return act


@contextmanager
def server(**replies: str) -> Iterator[Acting]:
    with Acting(smtp(**replies)) as scripted:
        yield scripted


@pytest.mark.parametrize(
    ("step", "line", "retry"),
    [
        ("rcpt", "450 4.2.1 greylisted", True),
        ("rcpt", "451 4.7.1 try later", True),
        ("rcpt", "550 5.1.1 no such user", False),
        ("rcpt", "421 4.3.2 going down", True),
        ("mail", "452 4.3.1 disk full", True),
        ("mail", "553 5.7.1 not your sender", False),
        ("data", "451 4.3.0 later", True),
        ("data", "554 5.5.1 no", False),
        ("banner", "421 4.3.2 busy", True),
        ("banner", "554 no service", False),
    ],
)
def test_each_step_of_the_conversation_is_judged_by_its_own_code(step: str, line: str, retry: bool) -> None:
    with server(**{step: line}) as scripted:
        error = refusal(scripted.port)
    assert (error.code, error.retry) == (int(line[:3]), retry)
    assert line[4:] in error.what


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_a_connection_that_breaks_off_is_tried_again(step: str) -> None:
    with server(**{step: "close"}) as scripted:
        error = refusal(scripted.port)
    assert (error.code, error.retry) == (None, True)


@pytest.mark.parametrize("step", ["mail", "dot"])
def test_a_server_that_hangs_is_left_at_the_deadline(step: str) -> None:
    with server(**{step: "hang"}) as scripted:
        began = monotonic()
        error = refusal(scripted.port, deadline_s=0.4)
        assert monotonic() - began < 2.0
    assert error.retry


def test_a_server_that_sends_a_byte_now_and_then_is_left_at_the_deadline() -> None:
    with Acting(lambda peer: peer.drip(b"220-" + b"x" * 400)) as scripted:
        began = monotonic()
        error = refusal(scripted.port, deadline_s=0.4)
        assert monotonic() - began < 2.0
    assert error.retry


def test_a_refused_connection_is_tried_again(free_port: int) -> None:
    error = refusal(free_port)
    assert error.retry
    assert error.target == f"smtp 127.0.0.1:{free_port}"


def test_a_server_that_is_no_smtp_server_is_tried_again() -> None:
    with Acting(lambda peer: peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")) as scripted:
        assert refusal(scripted.port).retry


@pytest.mark.parametrize("reply", ["close", "500 what"])
def test_a_mail_that_was_taken_stays_taken_however_the_goodbye_goes(reply: str) -> None:
    with server(quit=reply) as scripted:
        channel(scripted.port).send(MAIL)


def test_a_goodbye_that_hangs_costs_no_more_than_the_deadline() -> None:
    with server(quit="hang") as scripted:
        began = monotonic()
        channel(scripted.port, deadline_s=0.4).send(MAIL)
        assert monotonic() - began < 2.0
