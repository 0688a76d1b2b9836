"""README and documentation: short, and true of the files, commands and modules they speak of."""

import re
import shlex
from pathlib import Path

import pytest

from baseline_tables import composed_table, experts_table
from metaworldx.cli import COMMANDS, _main
from metaworldx.cli._options import read_options
from metaworldx.core.errors import UserError
from metaworldx.core.files import read_json

ROOT = next(p for p in Path(__file__).resolve().parents if (p / "mkdocs.yml").is_file())
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
MIGRATION = ROOT / "docs" / "migration.md"
GENERATED = ("docs/cli.md", "docs/settings.md", "docs/api/index.md")

_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def _named(page):
    return str(page.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=_named)


def _sentences(text):
    """The sentences of a page's paragraphs and lists, without code, tables and titles."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for line in text.splitlines() if not re.match(r"\s{4}\S|[#|!<]", line)]
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", "\n".join(lines))
    parts = re.split(r"(?<=[.!?:;])\s+|\n\s*(?:[-*]|\d+\.)\s|\n\n", text)
    return [part for part in parts if re.search(r"\w", part)]


def test_the_readme_is_short():
    assert len(README.read_text().splitlines()) <= 130


@every_page
def test_sentences_are_short(page):
    lengths = [len(sentence.split()) for sentence in _sentences(page.read_text())]
    assert not lengths or sum(lengths) / len(lengths) < 25


@every_page
def test_links_and_pictures_are_there(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:|#", target):
            continue
        path = (page.parent / target.partition("#")[0]).resolve()
        known = any(path == ROOT / generated for generated in GENERATED)
        assert known or path.exists(), f"{_named(page)} links to {target}"


# ---- commands


def _command_lines(text):
    """Command lines of a page: those in blocks, and those within a sentence."""
    for line in text.splitlines():
        if re.match(r"\s*metaworldx (?!--)", line):
            yield line.strip()
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from (code for code in _INLINE.findall(prose) if code.startswith("metaworldx "))


@pytest.mark.parametrize("page", [p for p in PAGES if p != MIGRATION], ids=_named)
def test_commands_parse(page, monkeypatch, capsys):
    def only_read(command, name, args):
        read_options(command, name, args)
        return lambda: 0

    monkeypatch.setattr(_main, "read_options", only_read)
    for line in _command_lines(page.read_text()):
        if "my_pkg" in line:  # The tutorial's own test runs it.
            continue
        args = shlex.split(line, comments=True)[1:]
        if args[0] == "COMMAND" or (args[0] not in COMMANDS and len(args) == 1):
            continue
        try:
            _main._run(args)
        except SystemExit as stopped:
            assert not stopped.code, line
        except UserError as error:
            # A sentence may name a command without what it needs.
            assert re.match("needs |Missing from", str(error)), f"{line}: {error}"


# ---- modules and files


def _exists(dotted):
    """Whether a dotted path is a module of the package, or a name in one."""
    here = ROOT / "src"
    parts = dotted.split(".")
    for at, part in enumerate(parts):
        if (here / part).is_dir():
            here = here / part
            continue
        module = here / f"{part}.py"
        if module.is_file():
            rest = parts[at + 1 :]
        else:
            module, rest = here / "__init__.py", parts[at:]
        text = module.read_text() if module.is_file() else ""
        return module.is_file() and (not rest or re.search(rf"\b{rest[0]}\b", text) is not None)
    return True


@pytest.mark.parametrize("page", [p for p in PAGES if p != MIGRATION], ids=_named)
def test_modules_are_there(page):
    for dotted in re.findall(r"\bmetaworldx(?:\.\w+)+", page.read_text()):
        assert _exists(dotted), f"{_named(page)} names {dotted}"


@every_page
def test_files_are_there(page):
    folders = "src/|tests/|assets/|experiments/|benchmarks/|docs/"
    for path in re.findall(rf"`(?:python )?((?:{folders})[\w./-]+)", page.read_text()):
        if page == MIGRATION or page.name == "regressions.md":
            continue
        assert (ROOT / path).exists(), f"{_named(page)} names {path}"


def test_new_names_of_the_migration_are_there():
    rows = re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \|$", MIGRATION.read_text(), re.MULTILINE)
    source = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    defined = set(re.findall(r"^(?:class|def) (\w+)", source, re.MULTILINE))
    defined |= set(re.findall(r"^(\w+)(?::[^=\n]+)? = ", source, re.MULTILINE))
    assert len(rows) > 250
    gone = [new for _, new in rows if not (_exists(f"metaworldx.{new}") or new in defined)]
    assert not gone


# ---- the site


def test_the_navigation_leads_to_pages_that_are_there():
    pages = re.findall(r"([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert {"equations.md", "glossary.md", "extending/task.md"} <= set(pages)
    for page in pages:
        assert f"docs/{page}" in GENERATED or (ROOT / "docs" / page).is_file(), page


def test_tables_are_those_of_the_kept_results():
    kept = ROOT / "experiments" / "results" / "floors"
    experts = experts_table(read_json(kept / "experts.json", "measurement")["parts"])
    assert experts.strip() in (ROOT / "docs" / "results" / "experts.md").read_text()
    page = (ROOT / "docs" / "results" / "composition.md").read_text()
    for task in ("h1-door", "h1-push"):
        table = composed_table(task, read_json(kept / f"{task}.json", "measurement")["parts"])
        assert table.strip() in page
