"""Files: atomic writing of results, and checked reading of user-supplied files."""

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
    """Writes a text file atomically."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file atomically."""
    check_writable(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


# ---- user-supplied files


def read_npz(path: Path, what: str) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file by name; pickled objects are never read.

    Args:
      what: kind of file, e.g. `router`, for messages.

    Raises:
      UserError: missing or unreadable file, no `.npz`, a damaged one, or pickled objects.
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
    """The JSON object in a user-supplied file.

    Args:
      what: kind of file, e.g. `list of a pool's experts`, for messages.
      hint: remedy for a damaged file, at the end of messages.

    Raises:
      UserError: missing or unreadable file, no text, or as `json_object`.
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
    """The JSON object in a user-supplied text.

    Args:
      where: start of messages.

    Raises:
      UserError: no JSON, nested too deep, or no object.
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
    """The JSON object under `about` in a file read by `read_npz`.

    Raises:
      UserError: missing, no text, or as `json_object`.
    """
    text = data.get("about")
    if text is None or text.shape != () or text.dtype.kind != "U":
        raise UserError(f"{path} is no {what}: it has no text 'about'")
    return json_object(str(text), f"{path}: 'about'")


def check_entries(data: dict[str, Any], names: Sequence[str], where: str) -> None:
    """Raises UserError unless the JSON data is an object with these entries."""
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
    """Checks that a folder's run was started with the current settings.

    Raises:
      UserError: it was not; names the first setting that differs.
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
