"""The upload service's rules, against the outcomes that its own test expects."""

from __future__ import annotations

import json

import pytest

from probes.uploads.synchronization import FAIL, SYNCHRONIZE, synchronize
from tests.support.uploads import DATA

FIRST, SAFE = 100, 500
SINCES = {  # since asked for and last since in the tag
    "d0": (FIRST, None),
    "d0 again": (FIRST, FIRST),
    "since not in file": (FIRST - 1, None),
    "d0+st0": (FIRST + 200, FIRST),
    "d0+st1 (< last)": (FIRST + 50, FIRST + 200),
    "d0+st1": (FIRST + 50, FIRST + 200),
    "d0+st0 again": (FIRST + 200, FIRST + 200),
    "1": (1, None),
    "1 again": (1, 1),
    "1 (file starting later)": (1, None),
    "200": (200, 1),
    "< F": (SAFE - 1, FIRST),
    ">= F": (SAFE, FIRST),
    "> last": (FIRST + 1, FIRST),
    "<= last": (FIRST, FIRST),
}
"""What the recorded cases say in words."""


@pytest.mark.parametrize(
    ("synchronization", "asked", "expected", "accepted"),
    json.loads((DATA / "synchronization_expected.json").read_text())["cases"],
)
def test_every_recorded_case_comes_out_as_expected(synchronization, asked, expected, accepted):
    since, last = SINCES[asked]
    starts_later = asked in ("since not in file", "1 (file starting later)")
    done = synchronize(synchronization, since, SAFE, last=last, first_in_file=FIRST if starts_later else None)
    assert done.action in expected.split("/")
    assert (done.action != FAIL) is accepted
    assert done.since == (SAFE if done.action == SYNCHRONIZE else since)


def test_of_a_lumi_only_the_run_half_moves_and_a_time_never():
    since = (398600 << 32) | 35
    assert synchronize("prompt", since, 398605, last=0, base="lumi").since == (398605 << 32) | 35
    assert synchronize("prompt", 7113674196864991232, 398605, last=0, base="time").since == 7113674196864991232
