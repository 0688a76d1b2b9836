"""Settings as nested frozen dataclasses: the one reader of what files and `--set` say of them."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from metaworldx.core.errors import UserError, nearest

T = TypeVar("T")
LARGEST = 3.4028235e38
"""The greatest number that float32 holds; settings have none beyond."""
_LARGEST_DRAWN = 1e100
"""The greatest that a report draws."""
_WANTED = {
    float: "a number",
    int: "an integer",
    str: "a text",
    bool: "true or false",
    dict: "an object",
    tuple: "a list",
    NoneType: "null",
}


def from_data(
    cls: type[T], data: Any, kind: str = "", *, path: str = "", lenient: bool = False
) -> T:
    """JSON data as a `cls`: texts, numbers, lists, dicts, `X | None`, and dataclasses of these.

    Args:
      cls: a type, or a dataclass, which may say more of its fields by a method
        `field_types(data)`: the types of those that other fields decide.
      kind: what is read, for messages, e.g. `setting`: "unknown setting 'bach'; did you mean ...".
      path: the place of `data` in its file, e.g. `tasks[0].rows`.
      lenient: unknown entries are passed over, null is an entry that is left out, and a number
        that is huge or not finite counts as null.

    Raises:
      UserError: something there is unknown, missing, or of another type.
    """
    return _Reader(kind, lenient).value(cls, data, path)


def to_data(config: Any) -> Any:
    """A dataclass, or what it holds, as JSON data: tuples are lists."""
    if dataclasses.is_dataclass(config):
        return {f.name: to_data(getattr(config, f.name)) for f in dataclasses.fields(config)}
    if isinstance(config, Mapping):
        return {name: to_data(value) for name, value in config.items()}
    return [to_data(value) for value in config] if isinstance(config, list | tuple) else config


def with_changes(config: T, changes: Mapping[str, Any], kind: str = "setting") -> T:
    """The same settings with others over them.

    Args:
      changes: by name, dotted in nested parts, e.g. `agent.planner.samples`.

    Raises:
      UserError: an unknown name, or a value of another type.
    """
    data = to_data(config)
    for name, value in changes.items():
        *parts, last = name.split(".")
        inner = data
        for part in parts:
            if not isinstance(inner.get(part), dict):
                inner[part] = {}
            inner = inner[part]
        inner[last] = to_data(value)
    return from_data(type(config), data, kind)


def flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested data as values by dotted names."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        found |= (
            flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
        )
    return found


def renamed(changes: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Changes under new names.

    Args:
      names: new ones by old ones; one that ends in a dot (`planner.`) stands for all within.
    """
    found = {}
    for name, value in changes.items():
        old = next((o for o in names if name == o or (o[-1] == "." and name.startswith(o))), "")
        found[names[old] + name[len(old) :] if old else name] = value
    return found


def parse_setting(text: str) -> tuple[str, Any]:
    """`NAME=VALUE` as name and value; a VALUE that is not JSON is a string.

    Raises:
      UserError: no `=`.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"setting {text!r}; must be NAME=VALUE, e.g. epoch_rounds=100")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Many `NAME=VALUE` as changes; an object is the values within it."""
    found: dict[str, Any] = {}
    for name, value in map(parse_setting, texts):
        found |= flat({name: value})
    return found


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
      UserError: no such file, or none that can be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no file of settings {path}: there is no such file") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise UserError(f"{path} is no file of settings: it cannot be read ({why})") from None


@dataclass(frozen=True)
class _Reader:
    kind: str
    lenient: bool

    def value(self, hint: Any, data: Any, path: str) -> Any:
        if hint is Any:
            return data
        if get_origin(hint) in (Union, UnionType):
            return self._optional(hint, data, path)
        if dataclasses.is_dataclass(hint):
            return self._struct(hint, data, path)
        if get_origin(hint) is Literal:
            # The dataclass itself tells which there are.
            hint = type(get_args(hint)[0])
        kind = get_origin(hint) or hint
        if not self._fits(kind, data):
            raise UserError(f"{self._place(path)} is {_short(data)}; needs {_wanted(hint)}")
        if kind is tuple:
            inner = get_args(hint)[0]
            return tuple(self.value(inner, each, f"{path}[{i}]") for i, each in enumerate(data))
        if kind is dict:
            inner = (*get_args(hint), Any, Any)[1]
            return {name: self.value(inner, x, f"{path}.{name}") for name, x in data.items()}
        return kind(data) if kind in (int, float) else data

    def _optional(self, hint: Any, data: Any, path: str) -> Any:
        inner = next(arg for arg in get_args(hint) if arg is not NoneType)
        if data is None or (self.lenient and _is_number(data) and not self._is_finite(data)):
            return None
        if not dataclasses.is_dataclass(inner) and not self._fits(get_origin(inner) or inner, data):
            wanted = _wanted(inner) if self.lenient else f"{_wanted(inner)} or null"
            raise UserError(f"{self._place(path)} is {_short(data)}; needs {wanted}")
        return self.value(inner, data, path)

    def _fits(self, kind: Any, data: Any) -> bool:
        if kind is float:
            return _is_number(data) and self._is_finite(data)
        if kind is int:
            whole = self.lenient and isinstance(data, float) and self._is_finite(data)
            return type(data) is int or (whole and data == round(data))
        return isinstance(data, (list, tuple) if kind is tuple else kind)

    def _is_finite(self, data: float) -> bool:
        # Compared and not converted: an integer may be too large for a float.
        largest = _LARGEST_DRAWN if self.lenient else LARGEST
        return -largest <= data <= largest

    def _struct(self, cls: Any, data: Any, path: str) -> Any:
        if not isinstance(data, dict):
            raise UserError(f"{self._place(path)} is {_short(data)}; needs an object")
        hints = _hints(cls)
        if not self.lenient:
            for name in data:
                if name not in hints:
                    raise UserError(nearest(self._kind(path), name[:60], hints))
        hints = {**hints, **cls.field_types(data)} if hasattr(cls, "field_types") else hints
        found = {}
        for field in dataclasses.fields(cls):
            place = f"{path}.{field.name}" if path else field.name
            given = field.name in data and not (self.lenient and data[field.name] is None)
            if given:
                found[field.name] = self.value(hints[field.name], data[field.name], place)
            elif field.default is field.default_factory is dataclasses.MISSING:
                raise UserError(f"{self._place(place)} is missing")
        try:
            return cls(**found)
        except UserError as error:
            raise UserError(f"{path}: {error}" if self.lenient and path else str(error)) from None

    def _kind(self, path: str) -> str:
        """What the entries of a part are, e.g. `planner setting`."""
        return f"{path.rpartition('.')[2]} {self.kind}".strip()

    def _place(self, path: str) -> str:
        if self.lenient or not path:
            return path or self.kind or "the whole"
        parent, _, name = path.rpartition(".")
        return f"{self._kind(parent)} {name}"


@cache
def _hints(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _is_number(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool)


def _wanted(hint: Any) -> str:
    return _WANTED.get(get_origin(hint) or hint, str(hint))


def _short(data: Any) -> str:
    shown = repr(data)
    return shown if len(shown) <= 40 else f"{shown[:40]}..."
