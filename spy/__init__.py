"""The calibration-readiness spy agent: watches, decides, releases."""

__version__ = "0.1.0"
