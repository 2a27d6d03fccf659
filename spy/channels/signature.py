"""Standard Webhooks 1.0.0, scheme `v1` (HMAC-SHA256), with key rotation: signer and verifier.

The reference library raises on hostile headers and reads base64 leniently, so this is our own; the library serves as
a cross-check in the tests. The asymmetric scheme `v1a` is left out: entries of it are skipped, never trusted.

Source: standard-webhooks specification 1.0.0.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from spy.domain.errors import ConfigError, SpyError

TOLERANCE = timedelta(minutes=5)
MAX_ENTRIES = 10
"""Entries of one signature header; more are refused before any cryptography."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)


class BadSignature(SpyError):
    """A message is not from a holder of one of the keys. The reason is for the log, never for the caller."""


class Secret:
    """The keys of one endpoint, newest first; never shows them: prints as `<secret>`."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = tuple(keys)
        if not self._keys:
            raise ConfigError(["a secret needs at least one key"])
        for key in self._keys:
            if not 24 <= len(key) <= 64:
                raise ConfigError([f"a key has {len(key)} bytes; allowed are 24 to 64 random bytes"])

    @classmethod
    def parse(cls, text: str, where: str = "secret") -> Secret:
        """One `whsec_` + base64 key per line; the first signs alone once the others are gone (rotation)."""
        lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        if not lines:
            raise ConfigError([f"{where}: empty; expected a line such as whsec_<base64 of 24 to 64 random bytes>"])
        keys, mistakes = [], []
        for number, line in lines:
            try:
                keys.append(_key(line))
            except ValueError as problem:
                mistakes.append(f"{where}: line {number}: {problem}")
        if mistakes:
            raise ConfigError(mistakes)
        return cls(keys)

    @classmethod
    def load(cls, path: Path | str) -> Secret:
        """From a file; ConfigError if it cannot be read or holds anything but keys."""
        try:
            text = Path(path).read_text(encoding="ascii")
        except UnicodeDecodeError:
            raise ConfigError([f"{path}: not ASCII; expected lines that begin with whsec_"]) from None
        except OSError as problem:
            raise ConfigError([f"{path}: cannot be read: {problem.strerror}"]) from None
        return cls.parse(text, str(path))

    def signatures(self, message_id: str, timestamp: int, body: bytes) -> list[str]:
        """One `v1,<base64>` entry per key, newest key first."""
        signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
        digests = (hmac.digest(key, signed, hashlib.sha256) for key in self._keys)
        return ["v1," + base64.b64encode(digest).decode() for digest in digests]

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def sign(secret: Secret, message_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The three headers for one attempt. `sent_at` is aware; the id may hold no dot, which separates what is signed."""
    if not _ID.fullmatch(message_id):
        raise ValueError(f"message id {message_id!r}: expected up to 128 letters, digits, '-' and '_'")
    if sent_at.tzinfo is None:
        raise ValueError("the time of an attempt needs a zone")
    timestamp = int(sent_at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(secret.signatures(message_id, timestamp, body)),
    }


def verify(secrets: Iterable[Secret], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The message id, if any entry was made with any trusted key for exactly this body, else BadSignature.

    `headers` has lower-case names. Bytes in, bytes compared: the body is parsed only after this.
    """
    message_id = headers.get("webhook-id", "")
    if not _ID.fullmatch(message_id):
        raise BadSignature("webhook-id missing or malformed")
    timestamp = _fresh(headers.get("webhook-timestamp", ""), now)
    given = _entries(headers.get("webhook-signature", ""))
    for secret in secrets:
        for expected in secret.signatures(message_id, timestamp, body):
            digest = base64.b64decode(expected.removeprefix("v1,"))
            if any(hmac.compare_digest(digest, entry) for entry in given):
                return message_id
    raise BadSignature("no entry was made with a trusted key")


def _fresh(text: str, now: datetime) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise BadSignature("webhook-timestamp missing or not a whole number of seconds")
    if abs(now.timestamp() - int(text)) > TOLERANCE.total_seconds():
        raise BadSignature("webhook-timestamp is more than 5 min away from now")
    return int(text)


def _entries(header: str) -> list[bytes]:
    """Digests of the well-formed `v1` entries; anything else is skipped, so that it cannot hide a good one."""
    parts = header.split(" ")
    if len(parts) > MAX_ENTRIES:
        raise BadSignature(f"more than {MAX_ENTRIES} signatures")
    digests = []
    for part in parts:
        version, _, text = part.partition(",")
        digest = _strict_base64(text) if version == "v1" else None
        if digest is not None and len(digest) == hashlib.sha256().digest_size:
            digests.append(digest)
    return digests


def _strict_base64(text: str) -> bytes | None:
    """None unless the text is the one canonical encoding: foreign characters and loose padding bits are refused."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def _key(line: str) -> bytes:
    if not line.startswith("whsec_"):
        raise ValueError("expected whsec_ and base64; found something else (not shown)")
    key = _strict_base64(line.removeprefix("whsec_"))
    if key is None:
        raise ValueError("what follows whsec_ is not base64")
    if not 24 <= len(key) <= 64:
        raise ValueError(f"the key has {len(key)} bytes; allowed are 24 to 64 random bytes")
    return key
