"""A typed client of the agent's API, for programs that ask it: it needs httpx, and nothing else of this program runs.

from spy.client import Spy

with Spy("https://spy.example.org", token="spy_…") as spy:
    if spy.readiness("398600").ready: ...
"""

from spy.client.errors import Problem, Unexpected
from spy.client.site import Spy
from spy.domain.errors import NoAnswer

__all__ = ["NoAnswer", "Problem", "Spy", "Unexpected"]
