"""Deliver what is queued: claim, look once more, send with no transaction open, write down what came of it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from spy.channels.message import with_fence
from spy.channels.post import Mail, Post
from spy.channels.webhook import Known, Reply, next_try
from spy.domain.errors import DeliveryError, SpyError
from spy.domain.release import MOVES, Stage
from spy.store import decisions, outbox
from spy.store.engine import writing

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=5)
"""A receiver that comes back gets its messages soon: nothing that a release waits for is put off longer."""
RECHECK = timedelta(minutes=1)
"""How soon a message that may not go now is looked at again."""
_NO_LONGER = ("withdrawn", "expired", "superseded")
"""What the receiver may have done with a release since it took it."""


class Sender(Protocol):
    """The webhook of one receiver."""

    def send(self, message_id: str, body: bytes) -> Reply: ...

    def ask(self, message_id: str) -> Known | None: ...


@dataclass(frozen=True, slots=True)
class Deliverer:
    store: Engine
    webhook: Sender | None
    """None: shadow mode without a receiver; then there is nothing but mail to deliver."""
    post: Post
    may_send: Callable[[Any, datetime], str]
    """Last-moment check of one release: why it must not go now, or nothing."""
    jitter: Callable[[], float] = lambda: 0.0
    """0 to 1; spreads retries."""
    clock: Callable[[], datetime] | None = None
    """Time within a pass, which may take minutes; None: it stands still, as in virtual time."""

    def deliver(self, now: datetime, fence: int) -> int:
        """One pass over what is due; the number of messages after which the plan may be another one."""
        with writing(self.store) as connection:
            kinds = ("mail",) if self.webhook is None else ("release", "hold", "withdraw", "mail")
            rows = outbox.claim(connection, now, fence, kinds)
        return sum([self._alone(row, self.clock() if self.clock else now, fence) for row in rows])

    def _alone(self, row: Any, now: datetime, fence: int) -> bool:
        """One message; a defect of ours in it must not keep back what stands behind it."""
        with writing(self.store) as connection:
            if not outbox.renew(connection, row.id, fence, now):
                return False
        try:
            return self._one(row, now, fence)
        except SpyError:
            raise
        except Exception as defect:
            log.exception("message %s", row.id)
            # What was being sent may have arrived; a mail has its Message-ID.
            status = "pending" if row.kind == "mail" else "ambiguous"
            self._later(row, now, fence, f"{type(defect).__name__}: {defect}", LONGEST_WAIT, status)
            return False

    def _one(self, row: Any, now: datetime, fence: int) -> bool:
        if row.kind == "mail":
            return self._mail(row, now, fence)
        if row.status in ("ambiguous", "sending"):
            # The last attempt may have arrived (or its sender died in it): ask, never guess.
            known = self._asked(row, now, fence)
            if known is not None:
                return known
        if row.not_after is not None and now >= row.not_after:
            return self._finish(row, now, fence, "refused", "its time is over: Tier0's own lock", Stage.REFUSED)
        not_now = self.may_send(row, now) if row.kind == "release" else ""
        if not_now:
            # Nothing was tried, so the attempt that the claim counted is given back.
            self._later(row, now, fence, not_now, RECHECK, attempts=row.attempts)
            return True
        return self._send(row, now, fence)

    def _send(self, row: Any, now: datetime, fence: int) -> bool:
        with writing(self.store) as connection:
            self._stage(connection, row, Stage.SENT, now, fence, "sending")
        assert self.webhook is not None
        try:
            reply = self.webhook.send(row.id, self._body(row, fence))
        except DeliveryError as failed:
            return self._failed(row, now, fence, failed)
        blocked = f"; waits for run {reply.blocked_by}" if reply.blocked_by is not None else ""
        return self._accepted(row, now, fence, f"{reply.outcome}{blocked}", reply.status)

    def _body(self, row: Any, fence: int) -> bytes:
        """The stored bytes; a message of an earlier leader that surely never arrived gets our token first."""
        body = with_fence(row.body, fence)
        if body != row.body:
            with writing(self.store) as connection:
                outbox.rewrite(connection, row.id, fence, body)
        return body.encode("ascii")

    def _accepted(self, row: Any, now: datetime, fence: int, what: str, code: int | None = None) -> bool:
        after = Stage.WITHDRAWN if row.kind == "withdraw" else Stage.ACCEPTED
        return self._finish(row, now, fence, "acked", what, after, acked_at=now, last_code=code)

    def _failed(self, row: Any, now: datetime, fence: int, failed: DeliveryError) -> bool:
        """A failed attempt: surely not there, perhaps there, or refused for good."""
        if failed.ambiguous:
            return self._ambiguous(row, now, fence, failed.what, failed)
        if not failed.retry:
            return self._finish(row, now, fence, "refused", failed.what, Stage.REFUSED, last_code=failed.code)
        self._later(row, now, fence, failed.what, self._wait(row, failed), "pending", failed.code, Stage.QUEUED)
        return False

    def _ambiguous(self, row: Any, now: datetime, fence: int, what: str, failed: DeliveryError) -> bool:
        self._later(row, now, fence, what, self._wait(row, failed), "ambiguous", failed.code, Stage.AMBIGUOUS)
        return False

    def _asked(self, row: Any, now: datetime, fence: int) -> bool | None:
        """What the receiver knows about an attempt of unknown outcome; None: nothing, so it may be sent again."""
        assert self.webhook is not None
        try:
            known = self.webhook.ask(row.id)
        except DeliveryError as failed:
            return self._ambiguous(row, now, fence, f"asked, no answer: {failed.what}", failed)
        if known is None:
            with writing(self.store) as connection:
                self._stage(connection, row, Stage.QUEUED, now, fence, "asked: it did not arrive")
            return None
        if known.body_sha256 != hashlib.sha256(row.body.encode("ascii")).hexdigest():
            return self._finish(
                row, now, fence, "refused", "the receiver holds another message under this id", Stage.REFUSED
            )
        what = f"asked: {known.state}"
        if row.kind == "release" and known.state in _NO_LONGER:
            # It arrived, and is not in force any more: what the receiver has done with it since is not our success.
            return self._finish(row, now, fence, "acked", what, Stage.WITHDRAWN, acked_at=now)
        return self._accepted(row, now, fence, what)

    def _wait(self, row: Any, failed: DeliveryError) -> timedelta:
        wait = next_try(row.attempts + 1, self.jitter(), LONGEST_WAIT)
        return max(wait, failed.retry_after) if failed.retry_after else wait

    def _mail(self, row: Any, now: datetime, fence: int) -> bool:
        try:
            self.post.send(Mail.from_bytes(row.body.encode("ascii")))
        except DeliveryError as failed:
            if failed.retry:
                self._later(row, now, fence, failed.what, self._wait(row, failed), "pending", failed.code)
                return False
            return self._finish(row, now, fence, "refused", failed.what, None, last_code=failed.code)
        return self._finish(row, now, fence, "acked", "", None, acked_at=now)

    def _finish(
        self, row: Any, now: datetime, fence: int, status: str, what: str, stage: Stage | None, **more: Any
    ) -> bool:
        """The result and what follows from it for the release: in one transaction, neither without the other."""
        with writing(self.store) as connection:
            owned = outbox.finish(connection, row.id, fence, status, last_error=what, **more)
            if owned and stage is not None:
                self._stage(connection, row, stage, now, fence, what)
        if not owned:
            log.warning("message %s was taken over by somebody else; its result is left to them", row.id)
        return owned

    def _later(
        self,
        row: Any,
        now: datetime,
        fence: int,
        why: str,
        wait: timedelta,
        status: str = "pending",
        code: int | None = None,
        stage: Stage | None = None,
        **more: Any,
    ) -> None:
        due = now + wait
        with writing(self.store) as connection:
            more |= {"due_at": due, "last_error": why, "last_code": code}
            if outbox.finish(connection, row.id, fence, status, **more) and stage is not None:
                self._stage(connection, row, stage, now, fence, why)

    def _stage(self, connection: Connection, row: Any, after: Stage, now: datetime, fence: int, why: str) -> None:
        """Move the chunk's release, where this message is the one that it stands for."""
        release = decisions.releases(connection, [int(row.chunk.split("/")[0])]).get(row.chunk)
        own = release is not None and row.kind == "release" and release.message_id == row.id
        takes_back = release is not None and row.kind == "withdraw" and release.message_id in row.body
        if release is None or not (own or (takes_back and after is Stage.WITHDRAWN)):
            return
        before = Stage(release.stage)
        if after in MOVES[before]:
            decisions.move(connection, row.chunk, before, after, now, why, fence)
        elif after is before:
            decisions.annotate(connection, row.chunk, detail=why)
