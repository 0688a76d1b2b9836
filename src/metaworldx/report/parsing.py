"""Parsing of JSON data into frozen dataclasses, with errors that name the field."""

from __future__ import annotations

import dataclasses
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from metaworldx.core.errors import UserError

_WANTED = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bool: "true or false",
    dict: "an object",
    tuple: "a list",
}
_LARGEST = 1e100
"""Largest number that charts can draw without overflow."""


def parsed(kind: Any, data: Any, where: str = "") -> Any:
    """`data` as a `kind`: text, number, truth, `X | None`, tuple, dict, or a dataclass of these.

    Keys that a dataclass lacks are passed over. A number that is huge or not finite counts as
    null.

    Args:
      where: path of `data` in its file, e.g. `tasks[0].rows`.

    Raises:
      UserError: something there is of another shape.
    """
    if kind is Any:
        return data
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        inner = next(arg for arg in get_args(kind) if arg is not NoneType)
        if data is None or (_is_number(data) and _finite(data) is None):
            return None
        return parsed(inner, data, where)
    if origin is tuple:
        _check(isinstance(data, list), tuple, data, where)
        inner = get_args(kind)[0]
        return tuple(parsed(inner, each, f"{where}[{i}]") for i, each in enumerate(data))
    if origin is dict:
        _check(isinstance(data, dict), dict, data, where)
        inner = get_args(kind)[1]
        return {key: parsed(inner, each, f"{where}.{key}") for key, each in data.items()}
    if dataclasses.is_dataclass(kind):
        return _struct(kind, data, where)
    if kind is float:
        _check(_is_number(data) and _finite(data) is not None, float, data, where)
        return float(data)
    if kind is int:
        whole = _is_number(data) and _finite(data) is not None and data == round(data)
        _check(whole, int, data, where)
        return int(data)
    _check(isinstance(data, kind), kind, data, where)
    return data


def _struct(kind: Any, data: Any, where: str) -> Any:
    _check(isinstance(data, dict), dict, data, where)
    found = {}
    for field in dataclasses.fields(kind):
        place = f"{where}.{field.name}" if where else field.name
        if data.get(field.name) is not None:
            found[field.name] = parsed(_hints(kind)[field.name], data[field.name], place)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UserError(f"{place} is missing")
    try:
        return kind(**found)
    except UserError as error:
        raise UserError(f"{where}: {error}" if where else str(error)) from None


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _is_number(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool)


def _finite(data: float) -> float | None:
    return float(data) if -_LARGEST <= data <= _LARGEST else None


def _check(holds: bool, kind: type, data: Any, where: str) -> None:
    if holds:
        return
    shown = repr(data)
    shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
    raise UserError(f"{where or 'the whole'} is {shown}; needs {_WANTED[kind]}")
