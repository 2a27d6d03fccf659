"""What is wrong in an answer of Tier0 is unreadable, and never read as data."""

from __future__ import annotations

import pytest

from probes.tier0 import answer
from spy.domain.errors import Unreadable
from tests.support.tier0 import read


@pytest.mark.parametrize(
    "wrong",
    [
        "", "404616", "[404616]", "null", '{"result": 404616}', '{"desc": []}', '{"result": [404616',
        '{"result": []}', '{"result": [1, 2]}', '{"result": ["404616"]}', '{"result": [404616.0]}',
        '{"result": [true]}', '{"result": [NaN]}', '{"result": [-1]}', '{"result": [0]}', '{"result": [[404616]]}',
        "<html><title>Sign in</title></html>",
    ],
)  # fmt: skip
def test_what_is_no_run_number_is_unreadable(wrong: str) -> None:
    with pytest.raises(Unreadable):
        answer.first_safe_run(read(wrong))


@pytest.mark.parametrize("wrong", ["1", "0", '"true"', "null", "[]", '"false"'])
def test_what_is_no_flag_is_unreadable_and_never_false(wrong: str) -> None:
    with pytest.raises(Unreadable):
        answer.flag(read(f'{{"result": [{wrong}]}}'))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"run": 398601, "stream": "Express", "alca_skim": null}', "asked for run 398600, found run 398601"),
        ('{"run": "398600", "stream": "Express", "alca_skim": null}', "expected a run number"),
        ('{"run": 398600, "stream": null, "alca_skim": null}', "expected a text in stream"),
        ('{"run": 398600, "stream": "Express&run=1", "alca_skim": null}', "expected a name in stream"),
        ('{"run": 398600, "stream": "Express"}', "without alca_skim"),
        ('{"run": 398600, "stream": "Express", "alca_skim": ["PromptCalibProd"]}', "expected a text or null"),
        ('{"run": 398600, "stream": "Express", "alca_skim": "PromptCalibProd x"}', "expected names in alca_skim"),
        ('"Express"', "expected rows"),
        (
            '{"run": 398600, "stream": "E", "alca_skim": null}, {"run": 398600, "stream": "E", "alca_skim": null}',
            "twice",
        ),
    ],
)
def test_an_express_row_that_is_wrong_is_unreadable(row: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        answer.express_config(read(f'{{"result": [{row}]}}'), 398600)


def test_a_status_of_the_frame_other_than_100_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="X-Rest-Status 403"):
        answer.flag(read('{"result": [true]}', **{"x-rest-status": "403"}))
