"""What lies where: the fixed top level, what a package carries, and what no file may contain."""

from __future__ import annotations

import re
from fnmatch import fnmatch

from tests.support.tree import PACKAGES, ROOT, files, is_made, relative, toml

TOP_LEVEL = {
    "spy", "probes", "dashboard", "tests", "config.toml", "pyproject.toml",
    "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "requirements.lock",
    "docs", "bench", "deploy", ".ci", ".gitignore",
}  # fmt: skip

PICTURES = {".png", ".jpg", ".ico", ".woff2", ".db"}

# Put together here, so that this file does not contain what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org"),
        ("security", "debian", "org"), ("crates", "io"), ("proxy", "golang", "org"),
    ]
]  # fmt: skip
MACHINE_PATH = re.compile(
    "|".join(("/" + "work/", "/" + "root/", "/" + "home/[a-z]", r"\." + "pyenv/", "file:" + "///"))
)


def texts():
    for path in files():
        if path.suffix not in PICTURES:
            yield path, path.read_text(encoding="utf-8", errors="replace")


def test_the_top_level_is_the_one_agreed():
    assert {path.name for path in ROOT.iterdir() if not is_made(path.name)} - TOP_LEVEL == set()


def test_no_file_names_a_package_registry():
    found = [(relative(path), host) for path, text in texts() for host in HOSTS if host in text]
    assert found == []


def test_no_file_names_a_folder_of_somebodys_machine():
    found = [
        (relative(path), match.group())
        for path, text in texts()
        if not relative(path).startswith("tests/data/")  # recorded answers say what they say
        for match in MACHINE_PATH.finditer(text)
    ]
    assert found == []


def test_the_packaged_configuration_is_the_one_at_the_top():
    assert (ROOT / "spy/data/config.toml").read_bytes() == (ROOT / "config.toml").read_bytes()


def test_every_file_of_a_package_is_packaged():
    patterns = toml("pyproject.toml")["tool"]["setuptools"]["package-data"]["*"]
    left_out = [
        relative(path)
        for path in files(*PACKAGES)
        if path.suffix != ".py" and not any(fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert left_out == []


def test_every_entry_point_is_there():
    project = toml("pyproject.toml")["project"]
    groups = [project["scripts"], *project["entry-points"].values()]
    missing = [
        target
        for group in groups
        for target in group.values()
        if not (ROOT / (target.partition(":")[0].replace(".", "/") + ".py")).exists()
    ]
    assert missing == []


def test_the_lock_has_a_hash_for_every_package_and_leaves_the_oracle_extra_out():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9-]+)==\S+ .*?((?:\\\n    --hash=sha256:[0-9a-f]{64} ?)+)", text, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[a-z]", text, re.MULTILINE))
    assert "cx-oracle" not in {name for name, _ in packages}


def test_the_lock_names_every_dependency():
    project = toml("pyproject.toml")["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[\[<>=~ ]", text, maxsplit=1)[0].lower() for text in wanted}
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert names - set(locked) == set()
