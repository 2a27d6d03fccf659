"""The page of what other rules change: one file, nothing from outside, every word of a source escaped."""

import re
from datetime import UTC, datetime

from spy.replay.compare import Comparison
from spy.replay.difference import Difference, Turn
from spy.replay.page import html

BEGIN, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
EVIL = """<script>alert("x")</script>' onload='x"""


def page(*runs):
    return html(Comparison("cafe", BEGIN, END, 1, runs), "What changes")


def one(turn=Turn.EARLIER, **more):
    return Difference(398600, turn, BEGIN, BEGIN, -1.5, **more)


def test_words_of_sources_are_escaped_wherever_they_stand():
    told = page(one(reasons=(EVIL,), products=(EVIL,), detectors=(EVIL,), owners=(EVIL,)))
    assert told.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#x27; onload=&#x27;x") == 4
    assert "<script" not in told
    assert "onload='" not in told


def test_nothing_is_fetched_and_no_script_may_run():
    told = page(one())
    assert "default-src 'none'" in told
    assert re.findall(r"(?:src|href)\s*=|url\(|@import|https?://", told) == []


def test_runs_that_change_are_listed_with_their_reasons_and_the_others_are_not():
    told = page(one(reasons=("settled: not done: Express",), before_release=True), one(Turn.SAME))
    assert told.count("<tr id=") == 1
    for words in ("settled: not done: Express", "ready 1.5 h earlier", "before it was released", "-1.5", "of 2 runs"):
        assert words in told


def test_where_nothing_changes_the_page_says_so():
    assert "No run would have become ready at another moment." in page(one(Turn.SAME))
