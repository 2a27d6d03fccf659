"""The log of the conditions upload service (drop box)."""
