"""Stages that are done once: each leaves a mark, and is skipped while its inputs are the same."""

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
    """A stage's mark.

    Attributes:
      digest: of what went in: its settings, and the digests of the stages it builds on.
      seconds: that it took.
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
    """Does a stage, or takes its mark if it was done with the same inputs.

    The mark is written last, whole or not at all: a stage that was cut short is done again (by
    work that itself goes on from what it finds).

    Args:
      inputs: JSON data that decides what the stage does.
      work: does it and gives its result, JSON data.
      files: the folder of the run in which the stage leaves files, if it does.
      reuse: another run, whose stage is taken over if its inputs were the same.
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
    # What was written is what is read later: tuples become lists here and there alike.
    result = json.loads(json.dumps(work()))
    seconds = time.monotonic() - begun
    mark = {"digest": digest, "seconds": seconds, "result": result}
    write_text(path, json.dumps(mark, indent=1) + "\n")
    tell(f"{name}: {seconds:.0f} s")
    return Done(digest, seconds, result)


def _taken_over(reuse: Path, folder: Path, name: str, digest: str, files: str | None) -> bool:
    """Copies another run's stage here, its mark last; False if it has none of these inputs.

    What this run has of the stage stays until the copy is whole.
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
