"""The form of acts shows to each person what that one may do, and who may do the rest."""

from __future__ import annotations

import pytest

from dashboard.act import Choices, act_page
from spy.domain.act import Do
from spy.domain.caller import NEEDS, Caller, Means, Role
from tests.support.now_shown import parts, text


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_what_one_may_not_do_is_shown_with_the_role_that_may(role):
    page = act_page("?do=resume", Caller("sam", role, Means.SESSION), Choices((), (), ()))
    (what,) = [part for part in parts(page) if getattr(part, "id", "") == "act-do"]
    options = {option["value"]: option for option in getattr(what, "options", ())}
    assert set(options) == set(map(str, Do))
    for do, needed in NEEDS.items():
        option, may = options[str(do)], role.covers(needed)
        assert option["disabled"] is not may
        assert (f"needs the role {needed}" in text(option["label"])) is not may
    assert getattr(what, "value", "") == ("resume" if role.covers(Role.EXPERT) else None)
