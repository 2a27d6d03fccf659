"""A real SMTP server that keeps what it accepts."""

from __future__ import annotations

import socket
import threading
from asyncio import AbstractServer
from collections.abc import Callable, Coroutine
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import BaseThreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class AnyPort(BaseThreadedController):
    """Takes a port that the kernel chose; aiosmtpd's own controller must be told one, which another may take first."""

    def __init__(self, handler: object) -> None:
        # The greeting names no host of ours, which would be a look-up.
        super().__init__(handler, server_hostname="smtp.example.invalid")
        self.socket = socket.create_server((HOST, 0))
        self.port: int = self.socket.getsockname()[1]

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        return cast(
            Coroutine[Any, Any, AbstractServer], self.loop.create_server(self._factory_invoker, sock=self.socket)
        )

    def _trigger_server(self) -> None:
        with socket.create_connection((HOST, self.port), timeout=5.0) as trigger:
            trigger.recv(1024)


class Mailbox:
    """Listens on a free port of loopback while entered. `answer` says the SMTP reply to an envelope, and may refuse."""

    host = HOST

    def __init__(self, answer: Callable[[Envelope], str] = lambda envelope: "250 OK") -> None:
        self.answer = answer
        self.envelopes: list[Envelope] = []
        """Accepted ones, oldest first."""
        self._arrived = threading.Condition()
        self._controller = AnyPort(self)
        self.port = self._controller.port

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self.answer(envelope)
        if reply.startswith("2"):
            with self._arrived:
                self.envelopes.append(envelope)
                self._arrived.notify_all()
        return reply

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, parsed."""
        parsed = (message_from_bytes(cast(bytes, e.content), policy=policy.default) for e in list(self.envelopes))
        return list(parsed)

    def wait_for(self, count: int, timeout_s: float = 10.0) -> list[EmailMessage]:
        """The messages, once there are so many; fails the test when they do not come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.envelopes) >= count, timeout_s):
                raise AssertionError(f"{len(self.envelopes)} of {count} mails arrived in {timeout_s} s")
        return self.messages

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
