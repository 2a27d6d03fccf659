"""Read models: what the page, the API and the command line show. Queries only, nothing is decided here."""

from spy.store.views.acts import ActsNow, Proposal, acts_now
from spy.store.views.decided import Decision, brief, decision_at, decisions_after, last_decision_id, shown
from spy.store.views.detail import Message, Move, RunDetail, run_detail
from spy.store.views.numbers import NumberLine, NumberPoint, product_numbers
from spy.store.views.ready import Readiness, first_unready_run, readiness
from spy.store.views.runs import RunLine, run_lines
from spy.store.views.saved import (
    PUBLISHED_2024,
    Cause,
    Delay,
    ProductLatency,
    RunSaved,
    Saved,
    Share,
    Span,
    Spread,
    saved,
)
from spy.store.views.service_line import ServiceLine, services
from spy.store.views.shift import Entry, Handover, handover, shift_log
from spy.store.views.summary import Overview, overview

__all__ = [
    "PUBLISHED_2024",
    "ActsNow",
    "Cause",
    "Decision",
    "Delay",
    "Entry",
    "Handover",
    "Message",
    "Move",
    "NumberLine",
    "NumberPoint",
    "Overview",
    "ProductLatency",
    "Proposal",
    "Readiness",
    "RunDetail",
    "RunLine",
    "RunSaved",
    "Saved",
    "ServiceLine",
    "Share",
    "Span",
    "Spread",
    "acts_now",
    "brief",
    "decision_at",
    "decisions_after",
    "first_unready_run",
    "handover",
    "last_decision_id",
    "overview",
    "product_numbers",
    "readiness",
    "run_detail",
    "run_lines",
    "saved",
    "services",
    "shift_log",
    "shown",
]
