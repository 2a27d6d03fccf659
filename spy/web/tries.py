"""How often one address may try to log in."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection
from datetime import datetime, timedelta

from starlette.requests import Request

WINDOW = timedelta(minutes=1)
ADDRESSES_AT_MOST = 10_000


class Tries:
    """Counts in memory: a restart forgives."""

    def __init__(self, at_most: int) -> None:
        self.at_most = at_most
        self._of: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, address: str, now: datetime) -> timedelta:
        """Notes one try; more than zero if it is one too many: so long until the next one counts."""
        tries = self._of.setdefault(address, deque())
        self._of.move_to_end(address)
        while tries and tries[0] <= now - WINDOW:
            tries.popleft()
        while len(self._of) > ADDRESSES_AT_MOST:
            self._of.popitem(last=False)
        if len(tries) >= self.at_most:
            return tries[0] + WINDOW - now
        tries.append(now)
        return timedelta(0)


def address_of(request: Request, proxies: Collection[str]) -> str:
    """Who really asks: what a proxy of ours says, and of what anybody else says nothing."""
    told = request.headers.get("x-forwarded-for", "")
    chain = [*(part.strip() for part in told.split(",") if part.strip()), request.client.host if request.client else ""]
    while len(chain) > 1 and chain[-1] in proxies:
        chain.pop()
    return chain[-1]
