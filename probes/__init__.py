"""Probes of the outside services, one folder each, and the simulated world that serves their wire formats."""
