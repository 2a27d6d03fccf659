"""What each role may do."""

from __future__ import annotations

import pytest

from spy.domain.act import Do
from spy.domain.caller import NEEDS, Caller, Means, Reach, Role
from spy.domain.errors import Denied


def test_every_act_says_what_it_needs():
    assert set(NEEDS) == set(Do)
    assert Role.VIEWER not in NEEDS.values()


@pytest.mark.parametrize("do", Do)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_those_below_it_may(role, do):
    caller = Caller("sam", role, Means.SESSION)
    if list(Role).index(role) >= list(Role).index(NEEDS[do]):
        caller.must_be_allowed(do)
    else:
        with pytest.raises(Denied, match=f"needs the role {NEEDS[do]}; sam is {role}"):
            caller.must_be_allowed(do)


def test_a_token_that_does_not_reach_acts_does_none_whatever_its_role():
    with pytest.raises(Denied, match="does not reach acts; it reaches read"):
        Caller("x", Role.ADMIN, Means.TOKEN, "x", frozenset({Reach.READ})).must_be_allowed(Do.STOP)


def test_to_keep_something_from_going_out_needs_no_more_than_to_let_something_go():
    order = list(Role)
    for holds, lets in ((Do.STOP, Do.RESUME), (Do.KEEP_BACK, Do.WAIVE), (Do.WITHDRAW, Do.REQUEUE)):
        assert order.index(NEEDS[holds]) <= order.index(NEEDS[lets])
