"""What the processes say while they run: one line per event on standard error, for people or as JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from spy.cli.printing import clean
from spy.clock import iso

_QUIET = ("apscheduler", "httpx", "httpcore", "alembic", "uvicorn", "asyncio")
"""Others' loggers: only their warnings."""


class OneLine(logging.Formatter):
    """One line per record, for people or as JSON: time in UTC, level, what, and a crash's traceback folded."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        at = iso(datetime.fromtimestamp(record.created, UTC).replace(microsecond=0))
        words = record.getMessage()
        if record.exc_info:
            words += " | " + self.formatException(record.exc_info)
        if self.as_json:
            told = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": words}
            return json.dumps(told, ensure_ascii=False)
        return f"{at} {record.levelname.lower():<7} {record.name}: {clean(words)}"


def log_to_errors(as_json: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(as_json))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def take_over(name: str) -> None:
    """Have another library's lines look like ours: it has put its own handlers there."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
