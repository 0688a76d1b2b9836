"""Result files: written whole or not at all, and read back with damage told in one line."""

from __future__ import annotations

import json
import reprlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metaworldx.errors import UserError


def check_writable(path: Path) -> None:
    """Makes the folder of `path`; raises UserError if a file there cannot be written."""
    if path.is_dir():
        raise UserError(f"cannot write {path}: it is a folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from None


def write_text(path: Path, text: str) -> None:
    """Writes a text file that appears whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file that appears whole or not at all."""
    check_writable(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_object(path: Path, hint: str = "") -> dict[str, Any]:
    """The JSON object in a file.

    Args:
      hint: what can be done about a damaged one, put at the end of the message.

    Raises:
      UserError: it cannot be read, is no JSON, or holds something else.
    """
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
    else:
        if isinstance(data, dict):
            return data
        why = f"it holds a JSON {type(data).__name__}, no object"
    raise UserError(f"{path} cannot be read: {why}{hint and f'; {hint}'}")


def check_same_run(folder: Path, begun: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Checks that the run in a folder was begun with the settings that are wanted now.

    Raises:
      UserError: it was not; names the first setting that is another.
    """
    # What was begun comes from a file, and may be of any length and depth.
    short = reprlib.Repr()
    short.maxstring = short.maxother = 200
    for name, value in wanted.items():
        if begun.get(name) != value:
            raise UserError(
                f"{folder} holds a run with another {name} ({short.repr(begun.get(name))}, not "
                f"{short.repr(value)}); give another --out"
            )
