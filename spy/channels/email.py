"""Mail through an SMTP relay, with a deadline for the whole conversation."""

from __future__ import annotations

import re
import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from spy.channels.post import Mail
from spy.domain.errors import DeliveryError

_ADDRESS = re.compile(r"[^\s,;:<>()\"\\@]+@[0-9A-Za-z.-]+", re.ASCII)
_NAME = re.compile(r"[0-9A-Za-z._-]+", re.ASCII)
_BREAK = re.compile(r"[\r\n\v\f\x00\x1c-\x1e\x85\u2028\u2029]")


class Email:
    """One SMTP relay. A resend has the same Message-ID, so retrying is always safe.

    4xx, a refused connection, a hang or a cut connection: retry. 5xx: a person must act, the second channel is used.
    """

    def __init__(self, host: str, port: int, sender: str, instance: str, deadline: timedelta) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._domain = sender.rpartition("@")[2]
        self._instance = instance
        self._deadline_s = deadline.total_seconds()
        self._target = f"smtp {host}:{port}"

    def send(self, mail: Mail) -> None:
        """Returns once the relay took the mail; DeliveryError with the SMTP code otherwise."""
        content = self._build(mail).as_bytes()
        try:
            with self._conversation() as smtp:
                smtp.sendmail(self._sender, [mail.to], content)
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = refused.recipients[mail.to]
            raise self._refusal(code, words) from None
        except smtplib.SMTPResponseException as answer:
            raise self._refusal(answer.smtp_code, answer.smtp_error) from None
        except (smtplib.SMTPException, OSError) as problem:
            raise DeliveryError(self._target, f"no answer: {_line(str(problem)) or type(problem).__name__}") from None

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """A connected relay that is cut off at the deadline.

        smtplib's time-out is per socket operation, so that one byte now and then would hold us for ever.
        """
        smtp = smtplib.SMTP(timeout=self._deadline_s, local_hostname=self._domain)
        cut = threading.Timer(self._deadline_s, _cut, (smtp,))
        cut.daemon = True
        cut.start()
        try:
            code, words = smtp.connect(self._host, self._port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, words)
            yield smtp
            # The mail is taken: whatever happens now must not make it look refused.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            cut.cancel()
            smtp.close()

    def _refusal(self, code: int, words: bytes | str) -> DeliveryError:
        text = _line(words.decode("utf-8", "replace") if isinstance(words, bytes) else words)
        # Codes outside 4xx and 5xx are no refusal by the standard, such as the -1 of a garbled answer.
        return DeliveryError(self._target, f"{code} {text}", retry=not 500 <= code < 600, code=code)

    def _build(self, mail: Mail) -> EmailMessage:
        if not _ADDRESS.fullmatch(mail.to):
            raise self._unsendable("To", "exactly one address")
        for name, value in (("Message-ID", mail.id), ("References", mail.thread)):
            if not _NAME.fullmatch(value):
                raise self._unsendable(name, "letters, digits, '.', '_' and '-'")
        if _BREAK.search(mail.subject):
            raise self._unsendable("Subject", "one line")
        message = EmailMessage(policy=policy.SMTP)
        for name, value in self._headers(mail).items():
            message[name] = value
        message.set_content(mail.text, cte="quoted-printable")
        if mail.html:
            message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        return message

    def _headers(self, mail: Mail) -> dict[str, str]:
        root = f"<{mail.thread}@{self._domain}>"
        return {
            "From": self._sender,
            "To": mail.to,
            "Subject": mail.subject,
            "Date": format_datetime(mail.written_at.astimezone(UTC)),
            "Message-ID": f"<{mail.id}@{self._domain}>",
            "In-Reply-To": root,
            "References": root,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "List-Id": f"<spy-{self._instance}.{self._domain}>",
        }

    def _unsendable(self, header: str, expected: str) -> DeliveryError:
        return DeliveryError(self._target, f"mail not sent: header {header} must hold {expected}", retry=False)


def _cut(smtp: smtplib.SMTP) -> None:
    if isinstance(smtp.sock, socket.socket):
        with suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
