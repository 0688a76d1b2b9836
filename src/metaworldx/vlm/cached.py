"""Cached teacher: answers from one JSON file per task, recorded or written by hand.

| key | |
|---|---|
| `format` | `metaworldx-guidance-1` |
| `task`, `text` | the environment's id (empty for a free text), and the task in words |
| `teacher` | the teacher's name; the author's for hand-written files |
| `relevance`, `stages`, `confidence` | the answer, as `schema.guidance_from` reads it |

Environments that differ in the robot alone share an answer: a task without its own file uses that
of another robot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metaworldx.core.assets import asset_root
from metaworldx.core.errors import UserError
from metaworldx.core.files import write_text
from metaworldx.vlm.base import TeacherUnavailable
from metaworldx.vlm.schema import Guidance, InvalidResponse, Question, guidance_from

FORMAT = "metaworldx-guidance-1"
SHIPPED = "cached (a general vision-language model, shipped)"
"""Name of the teacher of the shipped files; see `assets/guidance/README.md`."""
_LARGEST = 1_000_000


def shipped_guidance() -> Path:
    """The folder of the shipped answers."""
    return asset_root() / "guidance"


def file_of(question: Question, folder: Path) -> Path:
    """File of a question's answer: named by the task's id, or by a digest of the text.

    The digest includes the scene, if any: the same text may need another answer after part of the
    task is done.
    """
    if question.task:
        return folder / f"{question.task}.json"
    words = "\n".join(" ".join(t.lower().split()) for t in (question.text, question.scene) if t)
    return folder / f"text-{hashlib.sha256(words.encode()).hexdigest()[:16]}.json"


def kept_file(question: Question, folder: Path) -> Path:
    """Existing file for a question: its own, else one of the same task with another robot.

    An environment's id is `ROBOT-TASK-VERSION`.
    """
    own = file_of(question, folder)
    _, _, task = question.task.partition("-")
    if own.exists() or not task:
        return own
    alike = (path for path in folder.glob("*.json") if _is_of(path, task))
    return min(alike, default=own)


def _is_of(path: Path, task: str) -> bool:
    robot, _, rest = path.stem.partition("-")
    return rest == task and not robot.startswith(".")


def write_guidance(question: Question, found: Guidance, path: Path) -> None:
    """Writes an answer atomically."""
    data = found.as_data()
    kept = {name: data[name] for name in ("teacher", "relevance", "stages", "confidence")}
    about = {"format": FORMAT, "task": question.task, "text": question.text}
    write_text(path, json.dumps({**about, **kept}, indent=1) + "\n")


def read_guidance(path: Path, experts: Mapping[str, str]) -> Guidance:
    """The answer in a file.

    Raises:
      UserError: missing file, or invalid content, in one line.
    """
    data = _data_in(path)
    return _answer_in(path, data, experts, f"cached ({data['teacher'][:80]})")


def _data_in(path: Path) -> dict[str, Any]:
    """A file's JSON object, with checked format and teacher."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST:,} bytes")
        data: Any = json.loads(path.read_text())
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"it has no format {FORMAT}")
        if not isinstance(data.get("teacher"), str):
            raise ValueError("it names no teacher")
        return data
    except FileNotFoundError:
        raise UserError(f"no answer is kept in {path}") from None
    except (OSError, ValueError, RecursionError) as error:
        why = str(error).splitlines() or [type(error).__name__]
        raise UserError(f"{path} cannot be read as an answer: {why[0][:120]}") from None


def _answer_in(
    path: Path, data: Mapping[str, Any], experts: Mapping[str, str], who: str
) -> Guidance:
    try:
        return guidance_from(data, experts, who, f"kept from {data['teacher'][:200]}")
    except InvalidResponse as error:
        raise UserError(f"{path} holds no usable answer: {error}") from None


class CachedTeacher:
    """Teacher that answers from cached files."""

    name = "cached"

    def __init__(self, folder: Path, lenient: bool = True):
        """Cache in a folder.

        Args:
          lenient: a damaged file counts as missing instead of bad input.
        """
        self._folder, self._lenient = folder, lenient

    def ask(self, question: Question) -> Guidance:
        """The cached answer.

        Raises:
          TeacherUnavailable: no cached answer, or its file is damaged.
          UserError: its file is damaged, unless lenient.
        """
        path = kept_file(question, self._folder)
        try:
            return read_guidance(path, question.experts)
        except UserError as error:
            if path.exists() and not self._lenient:
                raise
            raise TeacherUnavailable(str(error)) from None


class ShippedTeacher:
    """Teacher with the shipped answers: HumanoidBench's tasks with the shipped pool's experts."""

    name = "cached"

    def ask(self, question: Question) -> Guidance:
        """The shipped answer for a whole task.

        Raises:
          TeacherUnavailable: another question, or an expert that the answer lacks.
        """
        path = kept_file(question, shipped_guidance())
        if not path.is_file():
            about = question.task or "a task in other words"
            raise TeacherUnavailable(f"no answer about {about} comes with the package")
        try:
            data = _data_in(path)
            found = _answer_in(path, data, question.experts, SHIPPED)
        except UserError as error:
            raise TeacherUnavailable(str(error)) from None
        strange = sorted(set(question.experts) - set(data["relevance"]))
        if strange:
            # It would get relevance 0 without ever having been rated.
            raise TeacherUnavailable(
                f"the answers that come with the package know no {strange[0]!r}"
            )
        return found
