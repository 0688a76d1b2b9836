"""Stage cache: each stage leaves a record, and is skipped while its inputs are unchanged."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metaworldx.core.errors import UserError
from metaworldx.core.files import read_json, write_text

FOLDER = "stages"


@dataclass(frozen=True)
class Done:
    """Record of a completed stage.

    Attributes:
      digest: of its inputs: its settings, and the digests of the stages it depends on.
      seconds: duration.
      result: JSON data.
    """

    digest: str
    seconds: float
    result: dict[str, Any]


def stage(
    folder: Path,
    name: str,
    inputs: dict[str, Any],
    work: Callable[[], dict[str, Any]],
    tell: Callable[[str], Any],
    files: str | None = None,
    reuse: Path | None = None,
) -> Done:
    """Runs a stage, or returns its record if it was completed with the same inputs.

    The record is written last and atomically: an interrupted stage is repeated, by work that
    resumes from existing files.

    Args:
      inputs: JSON data that determines the stage.
      work: runs it and returns its result, JSON data.
      files: subfolder of the run with the stage's files, if any.
      reuse: another run, whose stage is copied if its inputs are the same.
    """
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    path = folder / FOLDER / f"{name}.json"
    if path.is_file():
        mark = _read(path)
        if mark.get("digest") == digest:
            tell(f"{name}: kept")
            return Done(digest, float(mark["seconds"]), mark["result"])
        raise UserError(
            f"{folder} holds a run whose stage {name} had other settings; give another --out"
        )
    if reuse is not None and _taken_over(reuse, folder, name, digest, files):
        mark = _read(path)
        tell(f"{name}: taken over from {reuse}")
        return Done(digest, float(mark["seconds"]), mark["result"])
    tell(f"{name} ...")
    begun = time.monotonic()
    # The same as when read later: tuples become lists.
    result = json.loads(json.dumps(work()))
    seconds = time.monotonic() - begun
    mark = {"digest": digest, "seconds": seconds, "result": result}
    write_text(path, json.dumps(mark, indent=1) + "\n")
    tell(f"{name}: {seconds:.0f} s")
    return Done(digest, seconds, result)


def _taken_over(reuse: Path, folder: Path, name: str, digest: str, files: str | None) -> bool:
    """Copies another run's stage, its record last; False if it has none with these inputs.

    This run's files of the stage stay until the copy is complete.
    """
    mark = reuse / FOLDER / f"{name}.json"
    if not mark.is_file() or _read(mark).get("digest") != digest:
        return False
    if files is not None:
        if not (reuse / files).is_dir():
            return False
        part = folder / f"{files}.part"
        shutil.rmtree(part, ignore_errors=True)
        try:
            shutil.copytree(reuse / files, part)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            why = error.strerror or str(error)[:200]
            raise UserError(f"cannot copy {reuse / files} to {folder / files}: {why}") from None
        shutil.rmtree(folder / files, ignore_errors=True)
        part.rename(folder / files)
    write_text(folder / FOLDER / mark.name, mark.read_text())
    return True


def _read(path: Path) -> dict[str, Any]:
    hint = "remove it to do the stage again"
    mark = read_json(path, "mark of a stage", hint)
    seconds = mark.get("seconds")
    timed = isinstance(seconds, (int, float)) and 0 <= seconds < 1e12
    if not timed or not isinstance(mark.get("result"), dict):
        raise UserError(f"{path} is no mark of a stage: it holds no result and seconds; {hint}")
    return mark
