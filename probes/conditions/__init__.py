"""The conditions database: which payload is valid for which run."""
