"""The table of docs/equations.md: each equation of MetaWorld-X is at the function that it names."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
while not (ROOT / "pyproject.toml").is_file():
    ROOT = ROOT.parent
_ROW = re.compile(r"^\| (Eq\. \d+) \| `([\w.]+)` \|", re.MULTILINE)
ROWS = _ROW.findall((ROOT / "docs" / "equations.md").read_text())


def _found(name: str):
    """The function or class, or a method, of that full name."""
    parts = name.split(".")
    at = next(n for n, part in enumerate(parts) if part[0].isupper() or n == len(parts) - 1)
    found = importlib.import_module(".".join(parts[:at]))
    for part in parts[at:]:
        found = getattr(found, part)
    return found


def test_the_table_has_every_equation():
    assert {label for label, _ in ROWS} == {f"Eq. {n}" for n in range(1, 14)}


@pytest.mark.parametrize(("label", "name"), ROWS)
def test_an_equation_is_where_the_table_has_it(label, name):
    assert re.search(rf"{re.escape(label)}\b", _found(name).__doc__)


def test_other_papers_equations_are_never_called_by_a_bare_number():
    for path in sorted((ROOT / "src").rglob("*.py")):
        for line in path.read_text().splitlines():
            for number in re.findall(r"\bEq\. ?(\d+)", line):
                assert 1 <= int(number) <= 13, f"{path.name}: {line.strip()}"
                assert not re.search(r"\b(19|20)\d\d\b", line), f"{path.name}: {line.strip()}"
