"""The upload log over real HTTP: what became of each file and each of its tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from probes.simulation.truth import TagResult
from tests.support.uploads import BEAM, ECAL, END, PRODUCTS, RUN, Tag, facts, look, open_run, upload


def test_a_good_upload_is_told_per_product_and_per_tag(http, world):
    world.uploads = [upload()]
    seen = look(http)
    assert facts(seen, ECAL) == {
        "upload_status": "done",
        "upload_code": 4999,
        "uploaded_at": END + timedelta(hours=4),
        "upload_hash": world.uploads[0].file_hash,
    }
    assert facts(seen, "EcalPedestals_prompt") == {"upload_result": "ok", "upload_since": RUN}
    assert facts(seen, BEAM) == {"upload_status": "none"}
    assert facts(seen, "BeamSpotObjects_PCL_byLumi_v0_prompt") == {"upload_result": "none"}
    assert not any(e.final for e in seen)


def test_a_since_that_was_moved_forward_is_shifted_though_the_file_says_ok(http, world):
    moved = TagResult("EcalPedestals_prompt", "shifted", RUN + 5)
    world.uploads = [upload(ECAL, moved, TagResult("EcalPedestals_express", "ok", RUN), first_safe=RUN + 5)]
    world.tags["EcalPedestals_express"] = Tag("run", "any")
    seen = look(http)
    assert facts(seen, ECAL)["upload_status"] == "done"
    assert facts(seen, "EcalPedestals_prompt") == {"upload_result": "shifted", "upload_since": RUN + 5}
    assert facts(seen, "EcalPedestals_express") == {"upload_result": "ok", "upload_since": RUN}


def test_of_a_lumi_since_only_the_run_half_moves(http, world):
    since = (RUN + 2) << 32 | 35
    world.uploads = [upload(BEAM, TagResult("BeamSpotObjects_PCL_byLumi_v0_prompt", "shifted", since))]
    seen = facts(look(http), "BeamSpotObjects_PCL_byLumi_v0_prompt")
    assert seen == {"upload_result": "shifted", "upload_since": since}


def test_a_tag_skipped_by_the_pcl_rule_is_seen_though_the_log_does_not_name_it(http, world):
    skipped = TagResult("EcalPedestals_prompt", "skipped", RUN, lands=False)
    world.uploads = [upload(ECAL, skipped, TagResult("EcalPedestals_express", "ok", RUN))]
    seen = look(http)
    assert facts(seen, ECAL)["upload_status"] == "done"
    assert facts(seen, "EcalPedestals_prompt") == {"upload_result": "skipped"}
    assert facts(seen, "EcalPedestals_express")["upload_result"] == "ok"


def test_a_tag_that_the_metadata_of_the_file_do_not_name_was_not_served_though_the_file_says_ok(http, world):
    other = TagResult("EcalPedestals_prompt", "ok", RUN, lands=False, named="EcalPedestals_prompt_test")
    world.uploads = [upload(ECAL, other, TagResult("EcalPedestals_express", "ok", RUN))]
    seen = look(http)
    assert facts(seen, ECAL)["upload_status"] == "done"
    assert facts(seen, ECAL)["upload_elsewhere"] == "EcalPedestals_prompt_test"
    assert facts(seen, "EcalPedestals_prompt") == {"upload_result": "elsewhere"}
    assert facts(seen, "EcalPedestals_express")["upload_result"] == "ok"


def test_a_failed_export_is_told_with_its_code(http, world):
    failed = [TagResult(tag, "failed", RUN, lands=False) for tag in PRODUCTS[ECAL].destination_tags]
    world.uploads = [upload(ECAL, *failed, code=4210)]
    seen = look(http)
    assert (facts(seen, ECAL)["upload_status"], facts(seen, ECAL)["upload_code"]) == ("failed", 4210)
    assert facts(seen, "EcalPedestals_prompt")["upload_result"] == "failed"


@pytest.mark.parametrize("code", [100, 1000, 4000, 4201, 4410])
def test_a_file_in_progress_makes_no_promise_about_its_tags(http, world, asked, code):
    world.uploads = [upload(code=4210, hours=1), upload(code=code, hours=2, number=2)]
    status = facts(look(http), ECAL)["upload_status"]
    if code == 4410:
        assert status == "failed"
        return
    assert status == "in_progress"
    assert facts(look(http), "EcalPedestals_prompt") == {"upload_result": "in_progress"}
    assert [path for path, _ in asked] == ["searchUserLog"] * 2


def test_the_newest_file_of_a_product_counts(http, world):
    world.uploads = [upload(hours=5, number=2), upload(hours=1, code=4910)]
    assert facts(look(http), ECAL)["upload_status"] == "done"


def test_files_of_other_runs_and_products_do_not_count(http, world):
    world.uploads = [upload(run=RUN + 1), upload(name="EcalPedestals_pcl_test")]
    world.uploads.append(replace(upload(number=3), file_name=f"XRun{RUN}@{ECAL}@uuid"))
    assert facts(look(http), ECAL) == {"upload_status": "none"}


def test_a_run_that_goes_on_is_not_asked_about(http, asked):
    seen = look(http, open_run(end=None))
    assert facts(seen, ECAL) == {"upload_status": "none"}
    assert asked == []


def test_one_search_per_run_and_each_finished_log_once(http, world, asked):
    world.uploads = [upload()]
    first = look(http)
    again = look(http, open_run(known=first))
    assert [path for path, _ in asked] == ["searchUserLog", "getFileLog", "searchUserLog"]
    assert {e.key: e.value for e in again} == {e.key: e.value for e in first}
    assert asked[0][1]["fileName"] == f"Run{RUN}@"
    assert (asked[0][1]["beginDate"], asked[0][1]["endDate"]) == ("2026-06-01", "2026-06-02")


def test_a_second_harvest_is_read_anew(http, world, asked):
    world.uploads = [upload()]
    first = look(http)
    shifted = [TagResult(tag, "shifted", RUN + 3) for tag in PRODUCTS[ECAL].destination_tags]
    world.uploads.append(upload(ECAL, *shifted, hours=5, number=2))
    assert facts(look(http, open_run(known=first)), "EcalPedestals_prompt")["upload_result"] == "shifted"


def test_a_file_that_was_handled_once_more_is_read_anew(http, world):
    world.uploads = [upload()]
    first = look(http)
    shifted = [TagResult(tag, "shifted", RUN + 3) for tag in PRODUCTS[ECAL].destination_tags]
    world.uploads = [upload(ECAL, *shifted, hours=5)]
    assert world.uploads[0].file_hash == facts(first, ECAL)["upload_hash"]
    assert facts(look(http, open_run(known=first)), "EcalPedestals_prompt")["upload_result"] == "shifted"
