"""Tier0's data service: what it knows, expects, has done and has locked."""
