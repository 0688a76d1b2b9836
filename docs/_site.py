"""Pages that follow the source: API, commands, settings; and links that leave `docs/`.

A hook of mkdocs. The build fails on a public symbol without a docstring or without a page, and on
a setting that its class does not describe.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from zlib import decompress

import griffe
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
PACKAGE = "metaworldx"
_LINK = re.compile(r"(!?\[[^\]]*\]\()(\.\./[^)#\s]+)((?:#[^)\s]*)?\))")


# ---- events of mkdocs


def on_config(config):
    """Adds the generated and dated pages to the navigation."""
    for part in config.nav:
        for name, entries in part.items():
            if name == "API":
                entries += [{package.path: _page_of(package)} for package in _packages()]
            if name in ("Decisions", "Log"):
                folder = Path(config.docs_dir) / name.lower()
                entries += [
                    f"{name.lower()}/{path.name}"
                    for path in sorted(folder.glob("*.md"))
                    if path.name != "index.md"
                ]
    return config


def on_files(files, config):
    """Adds the pages that are written from the source, and linked files outside `docs/`."""
    _check_documented()
    pages = {"cli.md": _commands(), "settings.md": _settings()}
    pages |= {"api/index.md": _api_index()} | {_page_of(p): _api(p) for p in _packages()}
    for uri, text in pages.items():
        files.append(File.generated(config, uri, content=text))
    for target in _linked_outside(Path(config.docs_dir)):
        uri = f"repository/{target.relative_to(ROOT)}"
        files.append(File.generated(config, uri, abs_src_path=str(target)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Leads links that leave `docs/` to the copies of their targets, and those of copies back."""
    docs, uri = Path(config.docs_dir), page.file.src_uri
    copied = uri.startswith("repository/")
    folder = (ROOT / uri.removeprefix("repository/") if copied else docs / uri).parent
    up = "../" * uri.count("/")

    def led(match: re.Match) -> str:
        target = Path(os.path.normpath(folder / match[2]))
        if copied and target.is_relative_to(docs):
            return f"{match[1]}{up}{target.relative_to(docs)}{match[3]}"
        if not copied and _outside(folder, match[2], docs):
            return f"{match[1]}{up}repository/{target.relative_to(ROOT)}{match[3]}"
        return match[0]

    return _LINK.sub(led, _named(markdown) if uri == "migration.md" else markdown)


def on_post_build(config):
    """Fails if a public symbol has no page.

    Raises:
      PluginError: names the symbols.
    """
    data = (Path(config.site_dir) / "objects.inv").read_bytes().split(b"\n", 4)[4]
    there = {line.split(" ")[0] for line in decompress(data).decode().splitlines()}
    missing = sorted({symbol.path for symbol in _symbols()} - there)
    if missing:
        raise PluginError(f"public symbols without a page: {', '.join(missing)}")


# ---- links


def _outside(folder: Path, link: str, docs: Path) -> Path | None:
    """The file outside `docs/` that a relative link leads to, or None."""
    target = Path(os.path.normpath(folder / link))
    if target.is_relative_to(docs) or not target.is_relative_to(ROOT):
        return None
    return target if target.is_file() else None


def _linked_outside(docs: Path) -> list[Path]:
    """Files outside `docs/` that its pages link to, and those that linked pages show."""
    found: dict[Path, None] = {}
    for page in sorted(docs.rglob("*.md")):
        for match in _LINK.finditer(page.read_text()):
            target = _outside(page.parent, match[2], docs)
            if target is not None:
                found[target] = None
    for page in [path for path in found if path.suffix == ".md"]:
        for link in re.findall(r"\]\(([^):#\s]+)\)", page.read_text()):
            target = Path(os.path.normpath(page.parent / link))
            if target.is_file() and not target.is_relative_to(docs):
                found[target] = None
    return list(found)


def _named(markdown: str) -> str:
    """Tables of names with links to where a name of the last column is defined, if in one place."""
    symbols = [symbol for symbol in _symbols() if not symbol.is_module]
    paths = {s.name: s.path for s in symbols}
    for name in [s.name for s in symbols if sum(s.name == each.name for each in symbols) > 1]:
        paths.pop(name, None)

    def led(match: re.Match) -> str:
        path = paths.get(match[1])
        return f"| [`{match[1]}`][{path}] |" if path else match[0]

    return re.sub(r"\| `(\w+)` \|$", led, markdown, flags=re.MULTILINE)


# ---- the API


@cache
def _package() -> griffe.Module:
    found = griffe.load(
        PACKAGE,
        search_paths=[ROOT / "src"],
        extensions=griffe.load_extensions(str(ROOT / "docs" / "_names.py")),
        allow_inspection=False,
    )
    assert isinstance(found, griffe.Module)
    return found


def _public(parent: griffe.Object) -> list[griffe.Object]:
    members = parent.members.items()
    return [m for name, m in members if not name.startswith("_") and not m.is_alias]


@cache
def _modules() -> tuple[griffe.Module, ...]:
    """All public modules, packages too, sorted by path."""

    def below(module):
        yield module
        for member in _public(module):
            if member.is_module:
                yield from below(member)

    return tuple(sorted(below(_package()), key=lambda module: module.path))


def _packages() -> list[griffe.Module]:
    return [module for module in _modules() if module.is_package or module.is_subpackage]


def _page_of(package: griffe.Module) -> str:
    return f"api/{package.path}.md"


def _symbols() -> list[griffe.Object]:
    """Public modules, their public classes, functions and constants, and what packages export."""
    found: list[griffe.Object] = list(_modules())
    for module in _modules():
        found += [m for m in _public(module) if not m.is_module and m.name != "log"]
    for package in _packages():
        exported = [_package()[path.removeprefix(f"{PACKAGE}.")] for _, path in _exports(package)]
        found += [symbol for symbol in exported if symbol not in found]
    return found


def _check_documented() -> None:
    """PluginError if a public module, class, function or method has no docstring."""
    bare = []
    for symbol in _symbols():
        if not symbol.is_attribute and not symbol.docstring:
            bare.append(symbol.path)
        if symbol.is_class:
            bare += [m.path for m in _public(symbol) if _is_method(m) and not _described(symbol, m)]
    if bare:
        raise PluginError(f"public symbols without a docstring: {', '.join(sorted(bare))}")


def _is_method(member: griffe.Object) -> bool:
    return member.is_function or (member.is_attribute and "property" in member.labels)


def _described(cls: griffe.Object, member: griffe.Object) -> bool:
    """Whether a method, or the one of a base class that it stands in for, has a docstring."""
    bases = [base.members.get(member.name) for base in cls.mro()]
    return any(each is not None and each.docstring for each in (member, *bases))


def _summary(symbol: griffe.Object) -> str:
    return symbol.docstring.value.split("\n\n")[0].replace("\n", " ") if symbol.docstring else ""


def _api_index() -> str:
    rows = [
        f"| [`{package.path}`]({package.path}.md) | {_summary(package)} |"
        for package in _packages()
    ]
    head = "# API\nWritten from the docstrings, one page a package. Names with `_` are private.\n"
    return "\n".join([head, "| package | holds |", "|---|---|", *rows, ""])


def _api(package: griffe.Module) -> str:
    """A package's page: what it exports, then module after module."""
    lines = [f"::: {package.path}", "    options: {members: false, heading_level: 1}"]
    exports = _exports(package)
    if exports:
        lines += ["", "| exported | from |", "|---|---|"]
        lines += [f"| [`{name}`][{path}] | `{path.rpartition('.')[0]}` |" for name, path in exports]
    own = [m.path for m in _public(package) if not m.is_module and m.name != "log"]
    own += [path for _, path in exports if "._" in path]
    modules = [m.path for m in _public(package) if m.is_module and m not in _packages()]
    own += sorted(modules)
    lines += [line for path in own for line in ("", f"::: {path}")]
    return "\n".join([*lines, ""])


def _exports(package: griffe.Module) -> list[tuple[str, str]]:
    """Names in a package's `__all__`, each with the path of what it stands for."""
    names = sorted(name for name in package.exports or () if isinstance(name, str))
    found = []
    for name in names:
        member = package.members.get(name)
        if member is None:
            raise PluginError(f"{package.path} exports {name}, which it neither has nor imports")
        found.append((name, member.final_target.path if member.is_alias else member.path))
    return found


# ---- commands


def _commands() -> str:
    """Every command's `--help`."""
    from metaworldx.cli import COMMANDS, main

    lines = ["# Commands", "Written from `--help`. `python -m metaworldx` is the same command."]
    lines += ["Commands that print tables take `--json`. Bad input is one line on stderr and exit"]
    lines += ["status 2; 1 says that a check found a difference.", ""]
    lines += ["| command | does |", "|---|---|"]
    lines += [
        f"| [`{name}`](#{name.replace(' ', '-')}) | {does} |" for name, does in COMMANDS.items()
    ]
    for name in COMMANDS:
        lines += ["", f"## {name}", "", "```text", _help(main, name), "```"]
    return "\n".join([*lines, ""])


def _help(main, name: str) -> str:
    said = io.StringIO()
    wide = {"COLUMNS": "100", "NO_COLOR": "1"}
    before = {key: os.environ.get(key) for key in wide}
    os.environ.update(wide)
    try:
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            main([*name.split(), "--help"])
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})
    text = re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()).strip()
    if not text:
        raise PluginError(f"metaworldx {name} --help printed nothing")
    return "\n".join(line.rstrip() for line in text.splitlines())


# ---- settings


def _settings() -> str:
    """Every configuration's fields, defaults and descriptions."""
    found = [s for s in _symbols() if s.is_class and s.name.endswith(("Config", "Settings"))]
    lines = ["# Settings", "Written from the configuration classes. A default of `-` has to be"]
    lines += ["given. What presets change stands at the end.", ""]
    lines += ["| class | holds |", "|---|---|"]
    lines += [f"| [`{cls.name}`](#{cls.name.lower()}) | {_summary(cls)} |" for cls in found]
    for cls in found:
        lines += ["", f"## {cls.name}", f"[`{cls.path}`][{cls.path}]. {_summary(cls)}", ""]
        lines += ["| setting | type | default | meaning |", "|---|---|---|---|"]
        lines += [_setting(cls, field) for field in _fields(cls)]
    return "\n".join([*lines, *_presets(), ""])


def _presets() -> list[str]:
    """What every preset has other than its class's defaults."""
    lines = []
    for presets in [s for s in _symbols() if s.name == "PRESETS"]:
        for name, config in import_module(presets.parent.path).PRESETS.items():
            usual, own = _flat(type(config)()), _flat(config)
            lines += ["", f"## Preset {name} of {type(config).__name__}", ""]
            lines += ["| setting | default | here |", "|---|---|---|"]
            lines += [
                f"| `{key}` | `{usual.get(key, '-')}` | `{value}` |"
                for key, value in own.items()
                if usual.get(key) != value
            ]
    return lines


def _flat(config, before: str = "") -> dict[str, object]:
    """Fields of a configuration, those of its parts by dotted names."""
    if not (dataclasses.is_dataclass(config) or isinstance(config, dict)):
        return {before.rstrip("."): config}
    fields = config if isinstance(config, dict) else vars(config)
    return {k: v for n, each in fields.items() for k, v in _flat(each, f"{before}{n}.").items()}


def _fields(cls: griffe.Object) -> list[griffe.Object]:
    """Fields of a configuration, those of its bases first."""
    found = {}
    for each in (*reversed(cls.mro()), cls):
        for member in _public(each):
            # A ClassVar has a value of the class alone.
            settable = {"instance-attribute", "property"} & member.labels == {"instance-attribute"}
            if member.is_attribute and settable and member.annotation:
                found[member.name] = member
    return list(found.values())


def _setting(cls: griffe.Object, field: griffe.Object) -> str:
    default = "-" if field.value is None else str(field.value)
    default = re.sub(r"^field\(default_factory=(.*)\)$", r"\1()", default)
    cells = (f"`{field.name}`", f"`{field.annotation}`", f"`{default}`", _meaning(cls, field.name))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _meaning(cls: griffe.Object, name: str) -> str:
    """What a class or a base of it says of a field; one line may tell of all that end alike."""
    for each in (cls, *cls.mro()):
        own = each.members.get(name)
        if own is not None and own.docstring:
            return _summary(own)
        for section in each.docstring.parse("google", warnings=False) if each.docstring else ():
            if section.kind is not griffe.DocstringSectionKind.attributes:
                continue
            for item in section.value:
                names = re.split(r",\s", item.name)
                if name in names or any(n[:1] == "*" and name.endswith(n[1:]) for n in names):
                    return item.description.replace("\n", " ")
    raise PluginError(f"{cls.path} does not describe its setting {name}")
