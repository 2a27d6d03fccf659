"""Read models: what the page, the API and the command line show. Queries only, nothing is decided here."""

from spy.store.views.act_list import Audited, WantedActs, act_page, audit_page
from spy.store.views.acts import ActsNow, Proposal, acts_now
from spy.store.views.alert_list import About, Alert, alerts
from spy.store.views.chunk_list import ChunkDetail, ChunkLine, chunk_detail, chunk_page
from spy.store.views.compared import Compared, Vote, compared
from spy.store.views.decided import Decision, brief, decision_at, decisions_after, last_decision_id, shown
from spy.store.views.decision_list import Wanted, decision_page
from spy.store.views.delivery_list import Status, delivery_page
from spy.store.views.detail import Message, Move, RunDetail, facts_of_run, run_detail
from spy.store.views.evidence_list import evidence_page, fact_page
from spy.store.views.facts import heartbeat
from spy.store.views.mark import change_mark
from spy.store.views.numbers import NumberLine, NumberPoint, product_numbers
from spy.store.views.paging import EXAMINED, Page, Position
from spy.store.views.product_list import ProductInRun, ProductLine, product_lines, product_page, products_of_run
from spy.store.views.product_trouble import LATE_AFTER, Kind, Trouble, troubles
from spy.store.views.ready import Readiness, first_unready_run, readiness
from spy.store.views.run_index import Choices, RunIndex, WantedRuns
from spy.store.views.run_window import Cell, GridRun, RunWindow, newest_change, run_choices, run_window
from spy.store.views.runs import RunLine, run_lines
from spy.store.views.saved import (
    PUBLISHED_2024,
    Cause,
    Delay,
    Latency,
    ProductLatency,
    RunSaved,
    Saved,
    Share,
    Span,
    Spread,
    StateTime,
    saved,
)
from spy.store.views.service_line import ServiceLine
from spy.store.views.service_list import Watched, services
from spy.store.views.shift import Entry, Handover, handover, shift_log
from spy.store.views.summary import Overview, overview
from spy.store.views.timeline import Happened, Lane, timeline
from spy.store.views.trends import Regret, Trends, trends
from spy.store.views.votes import RuleVotes, Votes

__all__ = [
    "EXAMINED",
    "LATE_AFTER",
    "PUBLISHED_2024",
    "About",
    "ActsNow",
    "Alert",
    "Audited",
    "Cause",
    "Cell",
    "Choices",
    "ChunkDetail",
    "ChunkLine",
    "Compared",
    "Decision",
    "Delay",
    "Entry",
    "GridRun",
    "Handover",
    "Happened",
    "Kind",
    "Lane",
    "Latency",
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
    "Regret",
    "RuleVotes",
    "RunDetail",
    "RunIndex",
    "RunLine",
    "RunSaved",
    "RunWindow",
    "Saved",
    "ServiceLine",
    "Share",
    "Span",
    "Spread",
    "StateTime",
    "Status",
    "Trends",
    "Trouble",
    "Vote",
    "Votes",
    "Wanted",
    "WantedActs",
    "WantedRuns",
    "Watched",
    "act_page",
    "acts_now",
    "alerts",
    "audit_page",
    "brief",
    "change_mark",
    "chunk_detail",
    "chunk_page",
    "compared",
    "decision_at",
    "decision_page",
    "decisions_after",
    "delivery_page",
    "evidence_page",
    "fact_page",
    "facts_of_run",
    "first_unready_run",
    "handover",
    "heartbeat",
    "last_decision_id",
    "newest_change",
    "overview",
    "product_lines",
    "product_numbers",
    "product_page",
    "products_of_run",
    "readiness",
    "run_choices",
    "run_detail",
    "run_lines",
    "run_window",
    "saved",
    "services",
    "shift_log",
    "shown",
    "timeline",
    "trends",
    "troubles",
]
