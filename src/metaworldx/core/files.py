"""Result files, written whole or not at all, and reading files that somebody supplies."""

from __future__ import annotations

import json
import reprlib
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from metaworldx.core.errors import UserError


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


# ---- files that somebody supplies


def read_npz(path: Path, what: str) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file by name; pickled objects are never read.

    Args:
      what: that the file is to be, e.g. `router`, for messages.

    Raises:
      UserError: no such file, none that can be read, no `.npz`, a damaged one, or pickled objects.
    """
    try:
        if not path.exists():
            raise UserError(f"no {what} {path}: there is no such file")
        if path.is_dir():
            raise UserError(f"{path} is no {what}: it is a folder")
        if not zipfile.is_zipfile(path):
            raise UserError(f"{path} is no {what}: it is cut short or no .npz file")
        with np.load(path, allow_pickle=False) as file:
            data = {key: file[key] for key in file.files}
    except UserError:
        raise
    # A damaged archive fails in whatever its bytes happen to reach (zip, zlib, tokenizer, struct);
    # numpy's words are about its own options.
    except Exception as error:
        raise UserError(f"{path} is no {what}: {_why_unread(error)}") from None
    for key, array in data.items():
        # Of an entry that is no array, numpy gives the bytes.
        if not isinstance(array, np.ndarray):
            raise UserError(f"{path} is no {what}: its entry {key[:60]!r} is no array")
    return data


def read_json(path: Path, what: str, hint: str = "") -> dict[str, Any]:
    """The JSON object in a file that somebody may have edited.

    Args:
      what: that the file is to be, e.g. `list of a pool's experts`, for messages.
      hint: what can be done about a damaged one, at the end of messages.

    Raises:
      UserError: no such file, none that can be read, no text, or as `json_object`.
    """
    try:
        return _object_in(path, what)
    except UserError as error:
        raise UserError(f"{error}{hint and f'; {hint}'}") from None


def _object_in(path: Path, what: str) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"no {what} {path}: there is no such file") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no {what}: it cannot be read as text (UTF-8)") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path"
        raise UserError(f"{path} is no {what}: it cannot be read ({why})") from None
    return json_object(text, f"{path} is no {what}: it")


def json_object(text: str, where: str) -> dict[str, Any]:
    """A JSON object that somebody may have edited.

    Args:
      where: what messages begin with.

    Raises:
      UserError: no JSON, nested too deep, or something else than an object.
    """
    try:
        data = json.loads(text)
    except RecursionError:
        raise UserError(f"{where} is nested too deep") from None
    except ValueError as error:
        raise UserError(f"{where} cannot be read as JSON ({error})") from None
    if not isinstance(data, dict):
        raise UserError(f"{where} is no JSON object")
    return data


def about_in(path: Path, data: dict[str, np.ndarray], what: str) -> dict[str, Any]:
    """The JSON object that a file of `read_npz` keeps as `about`.

    Raises:
      UserError: as `json_object`; there is none, or no text.
    """
    text = data.get("about")
    if text is None or text.shape != () or text.dtype.kind != "U":
        raise UserError(f"{path} is no {what}: it has no text 'about'")
    return json_object(str(text), f"{path}: 'about'")


def check_entries(data: dict[str, Any], names: Sequence[str], where: str) -> None:
    """Raises UserError if a JSON object is no object, or lacks one of these entries."""
    if not isinstance(data, dict):
        raise UserError(f"{where} is no object")
    missing = [name for name in names if name not in data]
    if missing:
        raise UserError(f"{where} has no entry {missing[0]!r}")


def _why_unread(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read ({error.strerror})"
    if isinstance(error, ValueError) and "allow_pickle" in str(error):
        return "it holds pickled objects"
    return "it is damaged"


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
