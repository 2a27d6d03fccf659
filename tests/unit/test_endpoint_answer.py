"""Typed variables out of any JSON: what is there, what is not, and what only looks like it."""

from datetime import UTC, datetime

import pytest

from probes.endpoint.answer import BadPointer, Missing, Pointer, Reading, rows_of, typed, variables
from spy.domain.evidence import Kind

NO_VALUES: tuple[object, ...] = (None, {}, [])
# RFC 6901, section 5, with its own answers.
DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_a_pointer_finds_what_its_standard_says(text: str, found: object) -> None:
    assert Pointer.of(text).found_in(DOCUMENT) == found


def test_an_escaped_tilde_before_a_one_is_no_slash() -> None:
    assert Pointer.of("/~01").found_in({"~1": "right", "/": "wrong"}) == "right"


@pytest.mark.parametrize(
    "text", ["/none", "/foo/2", "/foo/-", "/foo/-1", "/foo/00", "/foo/٠", "/foo/0/x", "/ /x", "/foo/" + "9" * 5000]
)
def test_a_pointer_to_nothing_is_missing_with_its_place(text: str) -> None:
    assert Pointer.of(text).found_in(DOCUMENT) == Missing(f"nothing at {text}")


@pytest.mark.parametrize("text", ["foo", "foo/0", "#/foo", "/foo~", "/foo~2"])
def test_what_is_no_pointer_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(BadPointer, match="is no JSON pointer") as wrong:
        Pointer.of(text)
    assert repr(text) in str(wrong.value)


@pytest.mark.parametrize(
    ("found", "kind", "value"),
    [
        (1, Kind.INT, 1),
        (1, Kind.DOUBLE, 1.0),
        (0.5, Kind.DOUBLE, 0.5),
        (False, Kind.BOOL, False),
        ("", Kind.STRING, ""),
        ("2026-06-01T12:00:00+02:00", Kind.TIME, datetime(2026, 6, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_value_of_the_declared_kind_is_read(found: object, kind: Kind, value: object) -> None:
    assert (typed(found, kind), type(typed(found, kind))) == (value, type(value))


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ("1", Kind.INT),
        (1.0, Kind.INT),
        (True, Kind.INT),
        (2**63, Kind.INT),
        (True, Kind.DOUBLE),
        (2**53 + 1, Kind.DOUBLE),
        (float("nan"), Kind.DOUBLE),
        (0, Kind.BOOL),
        ("true", Kind.BOOL),
        (1, Kind.STRING),
        ("2026-06-01T12:00:00", Kind.TIME),
        ("0001-01-01T00:00:00+14:00", Kind.TIME),
        ("yesterday", Kind.TIME),
        (1780300800, Kind.TIME),
        *[(found, kind) for found in NO_VALUES for kind in Kind],
    ],
)
def test_what_only_looks_like_the_declared_kind_is_no_value(found: object, kind: Kind) -> None:
    assert typed(found, kind) is None


def test_a_wrong_type_is_missing_with_what_stood_there_and_leaves_the_others_readable() -> None:
    read = {"state": Reading(Pointer.of("/state"), Kind.STRING), "bad": Reading(Pointer.of("/bad"), Kind.INT)}
    assert variables({"state": "done", "bad": None}, read) == {
        "state": "done",
        "bad": Missing("None at /bad is no int"),
    }


def test_an_empty_list_of_rows_is_an_answer_and_what_is_no_list_is_none() -> None:
    at = Pointer.of("/rows")
    assert rows_of({"rows": []}, at) == []
    assert rows_of({"rows": {}}, at) == Missing("an object at /rows is no list")
    assert rows_of({}, at) == Missing("nothing at /rows")
