"""Outbox rows: what goes to Tier0, and the mails that a decision causes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spy import __version__
from spy.agent.settings import Settings
from spy.channels.letter import blocked_letter, overtaken_letter
from spy.channels.message import Kind, Notice, cloud_event, event_id
from spy.channels.post import Mail
from spy.domain.act import Act
from spy.domain.product import Product
from spy.domain.verdict import State, Verdict

TIER0 = "tier0"
"""Name of the one webhook recipient; part of every message id."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with the revision under which it was recorded."""

    verdict: Verdict
    revision: int
    at: datetime


def webhook_row(
    settings: Settings,
    judged: Judged,
    kind: Kind,
    fence: int,
    rulebook: str,
    now: datetime,
    act: Act | None = None,
    withdraws: str = "",
) -> dict[str, Any]:
    """One message to Tier0, as it will be signed and sent however often."""
    verdict = judged.verdict
    # Without a predicted lock (the run has no end) only holds are possible, and they carry their own end.
    lock = verdict.deadline or (act.until if act and act.until else now + settings.lock_after)
    expires_at = act.until if act and kind is Kind.HOLD else None
    notice = Notice(
        source=settings.source,
        chunk=verdict.chunk,
        kind=kind,
        revision=judged.revision,
        fence_token=fence,
        recipient=_told(kind, withdraws, act),
        verdict=verdict.state,
        decided_at=judged.at,
        not_after=max(lock, expires_at) if expires_at else lock,
        reasons=verdict.reasons,
        payload_hashes=verdict.payload_hashes,
        expected_lock_at=verdict.deadline,
        expires_at=expires_at,
        withdraws=withdraws,
        who=act.who if act else "",
        why=act.why if act else "",
        rulebook=rulebook,
        program=__version__,
        links={"page": f"{settings.page_url}/run/{verdict.chunk.run}"},
    )
    body = cloud_event(notice).decode("ascii")
    return _row(notice.id, str(kind), verdict, TIER0, judged.revision, body, now, fence, not_after=notice.not_after)


def _told(kind: Kind, withdraws: str, act: Act | None) -> str:
    """The recipient's part of the id: two holds, or two withdrawals, of one revision are two messages."""
    if kind is Kind.RELEASE:
        return TIER0
    return f"{TIER0} {withdraws}" if kind is Kind.WITHDRAW else f"{TIER0} act {act.id if act else 0}"


def blocked_rows(
    settings: Settings, judged: Judged, products: Mapping[str, Product], fence: int, now: datetime
) -> list[dict[str, Any]]:
    """One plain mail per blocked chunk and owner; to the crew where it is nobody's calibration."""
    verdict = judged.verdict
    bad = [products[name] for name in verdict.required if verdict.products.get(name) is State.BLOCKED]
    addressed: list[tuple[str, Product | None]] = [(to, product) for product in bad for to in product.owners]
    if not addressed:
        addressed = [(to, None) for to in settings.crew]
    rows: dict[str, dict[str, Any]] = {}
    for to, product in addressed:
        letter = blocked_letter(
            verdict,
            product,
            to=to,
            instance=settings.instance,
            since=judged.at,
            now=now,
            page_url=_page(settings, verdict),
        )
        rows.setdefault(to, _mail_row(settings, letter, "blocked", judged, now, fence))
    return list(rows.values())


def overtaken_rows(settings: Settings, judged: Judged, kept: str, fence: int, now: datetime) -> list[dict[str, Any]]:
    """One plain mail per overtaken chunk to each of the crew, with what was missing."""
    letters = [
        overtaken_letter(
            judged.verdict,
            to=to,
            instance=settings.instance,
            lock_seen_at=now,
            now=now,
            page_url=_page(settings, judged.verdict),
            kept=kept,
        )
        for to in settings.crew
    ]
    return [_mail_row(settings, letter, "overtaken", judged, now, fence) for letter in letters]


def alarm_rows(
    settings: Settings,
    judged: Judged,
    what: str,
    headline: str,
    text: str,
    fence: int,
    now: datetime,
    owners: Iterable[str] = (),
    about: str = "",
) -> list[dict[str, Any]]:
    """A plain mail to the crew, and the owners, about what no rule covers; one per chunk (or `about`) and `what`."""
    subject = f"[spy {settings.instance}] run {judged.verdict.chunk}: {headline}"
    where = f"Instance: {settings.instance}\nRun: {judged.verdict.chunk}\nPage: {_page(settings, judged.verdict)}\n"
    thread = f"run-{judged.verdict.chunk.run}.{settings.instance}"
    letters = [
        Mail(to, subject, f"{text}\n\n{where}", "", thread, now) for to in dict.fromkeys([*settings.crew, *owners])
    ]
    return [_mail_row(settings, letter, what, judged, now, fence, about) for letter in letters]


def _page(settings: Settings, verdict: Verdict) -> str:
    return f"{settings.page_url}/run/{verdict.chunk.run}"


def _mail_row(
    settings: Settings, mail: Mail, what: str, judged: Judged, now: datetime, fence: int, about: str = ""
) -> dict[str, Any]:
    # The id leaves the revision out: one mail per chunk, reason and person, however often the verdict changes.
    mail_id = event_id(settings.source, about or str(judged.verdict.chunk), what, mail.to)
    body = mail.with_id(mail_id).to_bytes().decode("ascii")
    return _row(mail_id, "mail", judged.verdict, mail.to, judged.revision, body, now, fence, subject=mail.subject)


def _row(
    message_id: str,
    kind: str,
    verdict: Verdict,
    recipient: str,
    revision: int,
    body: str,
    now: datetime,
    fence: int,
    **more: Any,
) -> dict[str, Any]:
    return {
        "id": message_id,
        "kind": kind,
        "chunk": str(verdict.chunk),
        "recipient": recipient,
        "revision": revision,
        "body": body,
        "status": "pending",
        "created_at": now,
        "due_at": now,
        "fence": fence,
        **more,
    }
