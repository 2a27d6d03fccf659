"""X.509: whom we believe, and who we are."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

from spy.domain.errors import Refused


class Tls:
    """A TLS context whose client certificate is read again when its file changes: grid proxies live for hours.

    `cert` and `key` are PEM files, the same one for a proxy. `authorities` is a bundle or a directory of hashed
    files (the CERN Grid authority is in no usual bundle); None: the system's. `verify=False` believes anybody.
    """

    def __init__(
        self,
        service: str,
        cert: tuple[Path, Path] | None = None,
        authorities: Path | None = None,
        verify: bool = True,
    ) -> None:
        self._service = service
        self._cert = cert
        self._loaded: tuple[int, ...] = ()
        self._lock = threading.Lock()
        self.context = self._trust(authorities, verify)

    def _trust(self, authorities: Path | None, verify: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if authorities is not None:
            try:
                context.load_verify_locations(
                    cafile=None if authorities.is_dir() else str(authorities),
                    capath=str(authorities) if authorities.is_dir() else None,
                )
            except OSError as error:
                raise Refused(self._service, f"certificate authorities {authorities} cannot be read: {error}") from None
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def refresh(self) -> None:
        """Load the client certificate if its files changed; Refused, naming the file, if that is impossible."""
        if self._cert is None:
            return
        try:
            stamp = tuple(path.stat().st_mtime_ns for path in self._cert)
            with self._lock:
                if stamp != self._loaded:
                    self.context.load_cert_chain(*self._cert)
                    self._loaded = stamp
        except OSError as error:
            reason = error.strerror or "no certificate and key in it"
            raise Refused(self._service, f"client certificate {self._cert[0]}, {self._cert[1]}: {reason}") from None
