"""Read models: what the page, the API and the command line show. Queries only, nothing is decided here."""

from spy.store.views.act_list import Audited, WantedActs, act_page, audit_page
from spy.store.views.acts import ActsNow, Proposal, acts_now
from spy.store.views.alert_list import About, Alert, alerts
from spy.store.views.chunk_list import ChunkDetail, ChunkLine, chunk_detail, chunk_page
from spy.store.views.decided import Decision, brief, decision_at, decisions_after, last_decision_id, shown
from spy.store.views.decision_list import Wanted, decision_page
from spy.store.views.delivery_list import Status, delivery_page
from spy.store.views.detail import Message, Move, RunDetail, run_detail
from spy.store.views.evidence_list import evidence_page, fact_page
from spy.store.views.mark import change_mark
from spy.store.views.numbers import NumberLine, NumberPoint, product_numbers
from spy.store.views.paging import EXAMINED, Page, Position
from spy.store.views.product_list import ProductInRun, ProductLine, product_lines, product_page, products_of_run
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
    "EXAMINED",
    "PUBLISHED_2024",
    "About",
    "ActsNow",
    "Alert",
    "Audited",
    "Cause",
    "ChunkDetail",
    "ChunkLine",
    "Decision",
    "Delay",
    "Entry",
    "Handover",
    "Message",
    "Move",
    "NumberLine",
    "NumberPoint",
    "Overview",
    "Page",
    "Position",
    "ProductInRun",
    "ProductLatency",
    "ProductLine",
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
    "Status",
    "Wanted",
    "WantedActs",
    "act_page",
    "acts_now",
    "alerts",
    "audit_page",
    "brief",
    "change_mark",
    "chunk_detail",
    "chunk_page",
    "decision_at",
    "decision_page",
    "decisions_after",
    "delivery_page",
    "evidence_page",
    "fact_page",
    "first_unready_run",
    "handover",
    "last_decision_id",
    "overview",
    "product_lines",
    "product_numbers",
    "product_page",
    "products_of_run",
    "readiness",
    "run_detail",
    "run_lines",
    "saved",
    "services",
    "shift_log",
    "shown",
]
