"""The recorded status codes, logs and metadata of the upload service."""

from __future__ import annotations

import json

import pytest

from probes.uploads import answer
from tests.support.tree import toml
from tests.support.uploads import DATA


def test_the_table_of_codes_is_the_recorded_one():
    recorded = json.loads((DATA / "dropbox_status_codes.json").read_text())["run_or_file_status"]
    assert dict(answer.CODES) == {int(code): name for code, name in recorded.items()}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("PROCESSING OK", 4999),
        ("4999", 4999),
        ("4999 (PROCESSING_OK)", 4999),
        ("PCL EXPORTING OK BUT DUPLICATION TO HLT/EXPRESS FAILURE", 4311),
        ((DATA / "dropbox_log_samples" / "test002.statusCode").read_text(), 4210),
    ],
)
def test_a_status_is_read_as_name_and_as_number(text, code):
    assert answer.code_of(text) == code


@pytest.mark.parametrize(
    ("code", "status"),
    [(4999, "done"), (2999, "done"), (4311, "done"), (4210, "failed"), (2220, "failed"), (4301, "in_progress")],
)
def test_a_code_is_judged_by_its_last_two_digits(code, status):
    assert answer.status_of(code) == status


def test_the_recorded_log_of_a_failed_export_is_read():
    log = answer.read_log((DATA / "dropbox_log_samples" / "test002.fileLog").read_text())
    assert log.handled
    assert {tag: (found.result, found.since) for tag, found in log.tags.items()} == {"Test2": ("failed", 189023)}
    cycle = answer.read_log((DATA / "dropbox_log_samples" / "globalLog").read_text())
    assert cycle.tags["Test2"].result == "failed"


def test_dependent_tags_of_the_old_style_are_followed():
    log = answer.read_log(
        'Synchronizing since value:100 to "pcl" with run=90\n'
        "going to export input tag i to dest tag A_pcl with destSince 100 in db\n"
        "exportation to pcl done.\n"
        'Synchronizing since value:100 to "hlt" with run=120\n'
        "going to duplicate input tag A_pcl for hlt inputSince 100 to dest tag(s) A_hlt with destSince 120 in db\n"
        "duplication to A_hlt done.\n"
        "done handling x"
    )
    assert {tag: found.result for tag, found in log.tags.items()} == {"A_pcl": "ok", "A_hlt": "shifted"}


DIFFERENT = {
    "CTPPSRPAlignment_real_pcl": "v1 configured, v0 recorded",
    "SiPixelAliHGCombined_pcl": "the variant with the prompt tag",
    "SiPixelLA_pcl": "single-run tag configured, multi-run recorded",
    "SiPixelLAMCS_pcl": "single-run tag configured, multi-run recorded",
    "SiStripLA_pcl": "single-run tag configured, multi-run recorded",
}
"""Products whose configured destination tags are not those of the recorded metadata, and how."""


def recorded_metadata():
    for path in sorted((DATA / "dropbox_metadata_prod").iterdir()):
        content = json.loads(path.read_text())
        yield content["inputTag"], set(content["destinationTags"])


def test_the_configured_destination_tags_are_the_recorded_ones():
    configured = {p["name"]: set(p["destination_tags"]) for p in toml("config.toml")["product"]}
    recorded: dict[str, list[set[str]]] = {}
    for name, tags in recorded_metadata():
        recorded.setdefault(name, []).append(tags)
    different = {name for name, tags in configured.items() if tags not in recorded[name]}
    assert different == set(DIFFERENT)


def test_a_configured_tag_belongs_to_one_product():
    tags = [tag for p in toml("config.toml")["product"] for tag in p["destination_tags"]]
    assert len(tags) == len(set(tags))
