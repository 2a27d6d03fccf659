"""A manual update that was announced for a range of runs: whether it is there for one of them.

What a person put into a tag looks like any other interval. It is told from the loop's own payload by the upload log of
the run in which it begins: no file of that run came at the time when the interval was inserted.
"""

from __future__ import annotations

from datetime import datetime

from spy.agent.board import Board
from spy.domain.act import Act
from spy.domain.evidence import Value
from spy.domain.product import Products
from spy.domain.subject import of_product, of_tag
from spy.rules.situation import SETTLE_GRACE, is_of_upload


def is_there(board: Board, act: Act, run: int, products: Products) -> bool:
    """Whether a run would be reconstructed with an interval of the awaited tag put there by hand after the act.

    Everything that is not known counts as no: the run stays kept back, until the act's own end.
    """
    begins = _told(board, run, act.until_tag, "since_run")
    inserted = _told(board, run, act.until_tag, "inserted_at")
    if not isinstance(begins, int) or not isinstance(inserted, datetime):
        return False
    if not act.concerns(begins) or begins > run or inserted < act.at:
        return False
    return _is_no_upload_of(board, begins, act.until_tag, inserted, products)


def _is_no_upload_of(board: Board, run: int, tag: str, inserted: datetime, products: Products) -> bool:
    """The log of the run in which the interval begins was read since, and no file of it made this interval."""
    product = next((p for p in products.values() if tag in p.destination_tags), None)
    if product is None:
        return False
    status = board.latest((of_product(board.instance, run, product.name), "upload_status"))
    if status is None or status.value is None:
        return False
    read_at = max(status.seen_at, board.renewed.get(status.source, status.seen_at))
    if read_at < inserted + SETTLE_GRACE:
        return False
    if status.value == "none":
        return True
    uploaded = board.latest((of_product(board.instance, run, product.name), "uploaded_at"))
    if uploaded is None or not isinstance(uploaded.value, datetime):
        return False
    return is_of_upload(inserted, uploaded.value) is False


def _told(board: Board, run: int, tag: str, name: str) -> Value | None:
    evidence = board.latest((of_tag(board.instance, run, tag), name))
    return evidence.value if evidence else None
