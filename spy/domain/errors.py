"""Errors, one family; each knows whether trying again makes sense.

SpyError
├── ConfigError           refuses to start; every mistake with file, key, what was found, what is allowed
├── SourceError           a watched service; .service, .retry
│   ├── NoAnswer          time-out, refused, reset, 5xx, 429          retry
│   ├── Refused           401, 403, expired certificate, ORA-1017     a person must act
│   └── Unreadable        an answer that is not what the schema says  retry, kept for inspection
├── StoreError            our own database cannot be written: decide and send nothing
│   └── BackupError           a backup file that is damaged, in the way or not writable: name another
├── ActError              a human act that is not possible; says why
├── Denied                a caller without the right; says which right
└── DeliveryError         .target, .retry, .retry_after
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


class SpyError(Exception):
    """Everything this program raises on purpose."""


class ConfigError(SpyError):
    """The configuration is wrong. `mistakes` holds one sentence each, all found at once."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class SourceError(SpyError):
    """A watched service gave nothing usable."""

    retry = True

    def __init__(self, service: str, what: str, retry_after: timedelta | None = None) -> None:
        self.service = service
        self.what = what
        self.retry_after = retry_after
        super().__init__(f"{service}: {what}")


class NoAnswer(SourceError):
    """Time-out, refused, reset, overloaded or broken inside: the value is unknown, ask again."""


class Refused(SourceError):
    """Credentials or permissions: asking again does not help until a person acts."""

    retry = False


class Unreadable(SourceError):
    """An answer that its schema does not allow. `sample` is its beginning, for inspection."""

    def __init__(self, service: str, what: str, sample: str = "") -> None:
        super().__init__(service, what)
        self.sample = sample[:500]


class StoreError(SpyError):
    """Our own database cannot be read or written."""


class BackupError(StoreError):
    """The file of a backup is not what it must be. The sentence names it."""


class ActError(SpyError):
    """A human act that cannot be done, with the reason and what is possible instead."""


class Denied(SpyError):
    """Somebody may not do this; the sentence names what it takes."""


class DeliveryError(SpyError):
    """A message was not accepted. `ambiguous`: it may have been; ask before sending it again."""

    def __init__(
        self,
        target: str,
        what: str,
        *,
        retry: bool = True,
        ambiguous: bool = False,
        retry_after: timedelta | None = None,
        code: int | None = None,
        disable: bool = False,
    ) -> None:
        self.target = target
        self.what = what
        self.retry = retry
        self.ambiguous = ambiguous
        self.retry_after = retry_after
        self.code = code
        self.disable = disable
        super().__init__(f"{target}: {what}")
