"""Files and functions stay small enough to be read in one go, and names say what a thing is."""

from __future__ import annotations

import ast

from tests.support.tree import parsed, python_files, relative

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 50

LONGER: dict[str, str] = {}
"""Files that may be longer, each with its reason. A file that has become shorter must leave the list."""

NAMELESS = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}
"""Names that say that the thing has no name yet."""

UNFINISHED = ("TODO", "FIXME", "XXX", "NotImplementedError", "noqa")


def lines_of(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(parsed(path)) if isinstance(node, kinds)]


def test_no_file_is_longer_than_one_reading():
    sizes = {relative(path): lines_of(path) for path in python_files("spy", "probes", "dashboard", "tests")}
    long = {name: lines for name, lines in sizes.items() if lines > MOST_LINES_OF_A_FILE}
    assert long.keys() == LONGER.keys(), long


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{relative(path)}:{node.lineno} {node.name} {node.end_lineno - node.lineno + 1} lines"
        for path in python_files()
        if "migrations/versions" not in relative(path)  # written by Alembic, one statement per column
        for node in functions(path)
        if node.end_lineno - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_every_file_has_a_name_of_its_own():
    assert [
        relative(path) for path in python_files("spy", "probes", "dashboard", "tests") if path.stem in NAMELESS
    ] == []


def test_every_module_says_what_it_is():
    files = [path for path in python_files("spy", "probes", "dashboard", "tests") if path.read_text(encoding="utf-8")]
    assert [relative(path) for path in files if not ast.get_docstring(parsed(path))] == []


def test_nothing_is_left_unfinished():
    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(word in line for word in UNFINISHED)
    ]
    assert found == []
