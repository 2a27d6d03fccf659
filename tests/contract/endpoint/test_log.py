"""Logs: the last line that matches counts, and what is not plainly readable is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from spy.domain.errors import Unreadable
from tests.support.endpoint import plain, told

LOG = r"""
name = "aligner"
service = "tracker"
every = "5m"
stale_after = "16m"
path = "aligner.log"
lines = '^(?P<at>\S+) run=(?P<run>\w+) (?P<state>\w+) bad=(?P<bad>\S*)'
where = "state != 'retried'"
[read]
run = { group = "run", kind = "int" }
state = { group = "state", kind = "string" }
bad = { group = "bad", kind = "int" }
at = { group = "at", kind = "time" }
[[fact]]
name = "aligned"
kind = "bool"
scope = "run"
value = "state == 'done' && bad == 0"
as_of = "at"
max_age = "1d"
text = "the aligner is done with the run"
"""
OLD = "2026-06-01T10:00:00Z run=398600 failed bad=7\n"
DONE = "2026-06-01T11:00:00Z run=398600 done bad=0\n"


@pytest.mark.parametrize(
    ("log", "value"),
    [
        (OLD + DONE, True),
        (DONE + OLD, False),
        (OLD + DONE.replace("\n", "\r\n") + "garbage\n", True),
        (DONE + DONE.replace("done", "retried"), True),
        (DONE + OLD.replace("398600", "398601"), True),
        ("2026-06-01T10:00:00Z run=x failed bad=7\n" + DONE, True),
        (DONE + "2026-06-01T10:00:00Z run=x failed bad=7\n", "line 1 cannot be judged"),
        (DONE + DONE.replace("=0", "=1_0"), "bad: '1_0' in group bad is no int"),
        (DONE + DONE.replace("=0", "="), "bad: '' in group bad is no int"),
        (DONE.replace("Z", ""), "of unclear age"),
        (DONE.replace("06-01", "05-30"), "older than"),
        (DONE + OLD.strip(), "the last line has no end yet"),
        (DONE + "2026-06-0", True),
        ("", "no line matches"),
    ],
)
def test_the_last_line_of_the_run_counts_and_no_earlier_one_stands_in_for_it(log: str, value: Any) -> None:
    found = told(plain(log), LOG)["398600"]["aligned"]
    assert found is value or (isinstance(value, str) and value in str(found))


def test_a_login_page_is_no_log() -> None:
    with pytest.raises(Unreadable, match="HTML page instead of a log"):
        told(plain("<!DOCTYPE html>\n" + DONE), LOG)


def test_a_broken_expression_or_a_missing_group_is_refused() -> None:
    from spy.domain.errors import ConfigError
    from tests.support.endpoint import probe_of

    with pytest.raises(ConfigError, match=r"lines: '\(' is no regular expression"):
        probe_of(LOG, lines="(")
    with pytest.raises(ConfigError, match=r"read.bad.group: lines has no group 'bad', did you mean 'bat'\?"):
        probe_of(LOG, lines=r"(?P<at>\S+) (?P<run>\w+) (?P<state>\w+) (?P<bat>\S+)")
    with pytest.raises(ConfigError, match=r"read\.bad: needs group and no at, as lines"):
        probe_of(LOG.replace('{ group = "bad"', '{ at = "/bad"'))
    with pytest.raises(ConfigError, match="lines: a log has neither rows nor paging"):
        probe_of(LOG, rows="/data")
