"""The one way to a watched database: read-only, under a deadline, with errors that say whether asking again helps."""

from spy.database.asking import ask, close_database, reading
from spy.database.door import Hangs
from spy.database.engine import open_database
from spy.database.failures import is_missing
from spy.database.moments import as_stored, utc

__all__ = ["Hangs", "as_stored", "ask", "close_database", "is_missing", "open_database", "reading", "utc"]
