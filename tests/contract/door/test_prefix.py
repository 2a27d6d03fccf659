"""Behind a reverse proxy under a path prefix, whether the proxy takes the prefix off or not."""

from __future__ import annotations

import pytest

from spy.site import Site, is_private
from tests.contract.door.conftest import Browser

UNDER = pytest.mark.parametrize("prefix", ["/calib"], indirect=True)


@UNDER
def test_the_login_and_the_api_work_under_the_prefix(gate):
    browser = Browser()
    sent = gate.page("/run/398602")
    assert sent.headers["location"] == "/calib/login?next=/run/398602"
    back = gate.come_back(browser, gate.provider.log_in(gate.sent_to(browser, "/run/398602"), "sam"))
    assert back.headers["location"] == "/calib/run/398602"
    assert gate.ask("/api/v1/runs", browser).status_code == 200


@UNDER
def test_a_proxy_that_took_the_prefix_off_is_as_welcome(gate):
    browser = gate.log_in("sam")
    gate.prefix = ""
    assert gate.ask("/api/v1/runs", browser).status_code == 200


@pytest.mark.parametrize(
    ("url", "origin", "prefix", "is_secure"),
    [
        ("https://cms.example.invalid/calib/", "https://cms.example.invalid", "/calib", True),
        ("https://cms.example.invalid:8443", "https://cms.example.invalid:8443", "", True),
        ("http://127.0.0.1:8050", "http://127.0.0.1:8050", "", False),
    ],
)
def test_one_url_says_where_the_page_is(url, origin, prefix, is_secure):
    site = Site.of(url)
    assert (site.origin, site.prefix, site.is_secure) == (origin, prefix, is_secure)
    assert site.url("/login") == f"{origin}{prefix}/login"


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://x.example.invalid", True),
        ("http://127.0.0.1:1", True),
        ("http://x.example.invalid", False),
        ("x", False),
    ],
)
def test_only_https_or_this_machine_is_private(url, private):
    assert is_private(url) is private
