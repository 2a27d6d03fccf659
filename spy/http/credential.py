"""When what we prove ourselves with ends, for people to see in time. Read, never checked: the service does that."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from spy.domain.errors import SourceError
from spy.domain.link import Credential, Link
from spy.http.client import Http
from spy.http.tokens import ClientCredentials, FileToken

NO_END = "it tells no end"


def link_of(ask: Http, now: datetime) -> Link:
    """Never raises: what cannot be read is a `problem`."""
    left = ask.breaker.left_s
    kind, until, problem = _credential(ask, now)
    return Link(kind, True, now + timedelta(seconds=left) if left > 0 else None, until, problem)


def _credential(ask: Http, now: datetime) -> tuple[Credential, datetime | None, str]:
    if isinstance(ask.auth, ClientCredentials):
        left = ask.auth.left_s
        return Credential.FETCHED, None if left is None else now + timedelta(seconds=left), "none was fetched yet"
    if isinstance(ask.auth, FileToken):
        return Credential.TOKEN, *_end_of_token(ask.auth)
    if ask.cert is not None:
        return Credential.CERTIFICATE, *_end_of_certificate(ask.cert[0])
    return Credential.NONE, None, ""


def _end_of_token(file: FileToken) -> tuple[datetime | None, str]:
    """By its own words (RFC 7519, `exp`), where it is one that has words."""
    try:
        _, payload, _ = file.token().split(".")
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(float(told["exp"]), UTC), ""
    except SourceError as unreadable:
        return None, unreadable.what
    except (binascii.Error, ValueError, TypeError, KeyError, OverflowError):
        return None, NO_END


def _end_of_certificate(path: Path) -> tuple[datetime | None, str]:
    """The earliest end in the file: a proxy does not outlive the certificate that it stands for."""
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as unreadable:
        return None, f"the file cannot be read: {getattr(unreadable, 'strerror', None) or 'no certificate in it'}"
    return min(certificate.not_valid_after_utc for certificate in found), ""
