"""Replaced, partial and misplaced payloads, upload order and announced updates, by the oracle, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.judge import judge
from tests.oracle.order import in_upload_order
from tests.oracle.scenario_file import read
from tests.oracle.spans import NEVER
from tests.oracle.test_truth import HOUR, hours, plain, truth, with_product

STRIPS, BEAM, PEDESTALS = "SiStripBadStrip_pcl", "BeamSpotObjectHP_ByLumi", "EcalPedestals_pcl"


def again(at: str, **more: Any) -> list[dict[str, Any]]:
    return [{"at": at, **more}]


def released(*messages: tuple[str, str, str]) -> dict[str, Any]:
    """Kind, when it was written, when it was accepted: as full hours of the first day."""
    rows = [
        {
            "id": str(number),
            "chunk": "600",
            "kind": kind,
            "at": f"2026-06-01T{at}:00Z",
            "accepted_at": f"2026-06-01T{ok}:00Z",
        }
        for number, (kind, at, ok) in enumerate(messages)
    ]
    return {"messages": rows, "final": {}}


def test_a_part_of_a_lumi_tag_is_not_in_place_and_the_whole_after_it_is() -> None:
    part = with_product(BEAM, lumis=200)
    assert truth(part).right == NEVER
    assert truth(with_product(BEAM, lumis=200, again=again("12h"))).right.first() == 12 * HOUR
    assert truth(with_product(STRIPS, lumis=200)).right.first() == 10 * HOUR, "a run tag begins at the run"


def test_what_a_person_puts_there_is_not_the_runs_own_until_the_loop_uploads_once_more() -> None:
    by_hand = again("20h", by="person") + again("30h")
    right = truth(with_product(STRIPS, again=by_hand)).right
    assert (20 * HOUR - 1 in right, 20 * HOUR in right, 30 * HOUR in right) == (True, False, True)


def test_a_file_that_went_elsewhere_is_never_right() -> None:
    assert truth(with_product(PEDESTALS, upload="elsewhere")).right == NEVER


def test_a_message_on_a_payload_that_was_replaced_meanwhile_is_wrong() -> None:
    scenario = with_product(STRIPS, again=again("11h30m")) | {
        "until": "12h10m",
        "fault": [{"service": "receiver", "kind": "down", "from": "9h", "to": "12h"}],
    }
    assert judge(scenario, released(("release", "10:05", "12:00"))) == [
        "wrong: 600 was released at 12h00m on a payload that was replaced at 11h30m"
    ]
    assert judge(scenario, released(("release", "11:40", "12:00"))) == []


def test_an_accepted_release_whose_payload_is_replaced_is_taken_back() -> None:
    off = [{"at": "9h", "enabled": False}]
    scenario = with_product(STRIPS, again=again("12h")) | {"switch": off, "until": "20h"}
    assert judge(scenario, released(("release", "10:00", "10:00"))) == [
        "missing: no withdrawal of 600, which stopped being right at 12h00m"
    ]
    assert judge(scenario, released(("release", "10:00", "10:00"), ("withdraw", "12:01", "12:01"))) == []
    same = with_product(STRIPS, again=again("12h", payload="same")) | {"switch": off, "until": "20h"}
    assert judge(same, released(("release", "10:00", "10:00"))) == []


@pytest.mark.parametrize(("done", "uploaded"), [("12h", 12), ("30h", 21), (None, 21)])
def test_uploads_wait_for_the_lower_run_at_most_18_hours_after_its_end(done: str | None, uploaded: float) -> None:
    scenario = plain()
    above = {**scenario["run"][0], "number": 601, "start": "3h", "end": "4h"}
    scenario["run"][0] |= {"express_done": done} if done else {}
    if done is None:
        del scenario["run"][0]["express_done"]
    _, second = in_upload_order(read(scenario | {"run": [scenario["run"][0], above]}).runs)
    assert {c.attempted for c in second.calibrations} == {uploaded * HOUR}


RANGE = {"who": "w", "why": "y", "at": "2h", "from_run": 600, "to_run": 601, "until": "40h"}


def kept(**more: Any) -> list[dict[str, Any]]:
    keeps = {**RANGE, "do": "keep_back", "until_tag": "EcalPedestals_prompt", **more}
    return [keeps, {**RANGE, "do": "waive", "rule": "calibration", "product": PEDESTALS}]


def test_a_run_of_the_range_is_kept_back_until_its_manual_update_or_the_end_of_the_act() -> None:
    by_hand = with_product(PEDESTALS, again=again("20h", by="person"))
    assert truth(by_hand | {"act": kept()}).right == hours(20, 40)
    assert truth(plain() | {"act": kept()}).right.first() == 40 * HOUR
    assert truth(plain() | {"act": kept(from_run=601)}).right.first() == 10 * HOUR, "it is below the range"


def test_what_was_there_before_the_act_is_not_what_was_announced() -> None:
    early = with_product(PEDESTALS, again=again("11h", by="person"))
    assert truth(early | {"act": kept(at="12h")}).right.first() == 10 * HOUR
    assert 13 * HOUR not in truth(early | {"act": kept(at="12h")}).right


def test_a_tag_of_the_fill_is_right_when_the_fill_is_over() -> None:
    tag = "LHCInfoPerFill_endFill_Run3_v2"
    agent = {"class": {"collisions": {"online_tags": [tag]}}, "online_tag": [{"tag": tag, "after_fill": True}]}
    needs = plain() | {"agent": agent}
    assert truth(needs).right.first() == 10 * HOUR
    assert truth(needs | {"fill": [{"number": 11200, "end": "20h5m"}]}).right.first() == 20 * HOUR + 11 * 60
    assert truth(needs | {"fill": [{"number": 11200}]}).right == NEVER
