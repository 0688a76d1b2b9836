"""`constraints.txt`: universal, complete, and within the ranges of `pyproject.toml`."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent
while not (ROOT / "pyproject.toml").exists():
    ROOT = ROOT.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
PYTHONS = ("3.11.0", "3.11.9", "3.12.0", "3.12.9", "3.13.0")


def pins(python: str, platform: str = "linux") -> list[Requirement]:
    """The rows that count on a Python (`major.minor.micro`) of a platform."""
    environment = {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": platform,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[platform],
        "os_name": "posix",
    }
    rows = [Requirement(line) for line in LINES]
    return [row for row in rows if row.marker is None or row.marker.evaluate(environment)]


def asked_for() -> list[Requirement]:
    """The direct dependencies, those of all extras among them."""
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    requirements = [Requirement(text) for texts in lists for text in texts]
    return [each for each in requirements if each.name != PROJECT["name"]]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_every_direct_dependency_is_pinned_once_within_its_range(python, platform):
    rows = pins(python, platform)
    names = Counter(canonicalize_name(row.name) for row in rows)
    assert [name for name, count in names.items() if count > 1] == []
    versions = {canonicalize_name(row.name): next(iter(row.specifier)).version for row in rows}
    for requirement in asked_for():
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not pinned on Python {python}"
        assert requirement.specifier.contains(versions[name]), f"{name}: {versions[name]}"


def test_every_row_is_one_version_and_at_most_a_marker():
    for line in LINES:
        row = Requirement(line)  # an option, as --index-url or --hash, is no requirement
        assert row.url is None, line
        assert not row.extras, line  # pip takes none in constraints
        (specifier,) = row.specifier
        assert specifier.operator == "==", line
        assert not specifier.version.endswith(".*"), line
        assert not Version(specifier.version).local, line
