"""Answers kept in files: one JSON file a task, recorded from another teacher or written by hand.

| key | |
|---|---|
| `format` | `metaworldx-guidance-1` |
| `task`, `text` | the environment's id (empty for a free text), and the task in words |
| `teacher` | who answered, for hand-written files who wrote them |
| `relevance`, `stages`, `confidence` | the answer, as `guidance.guidance_from` reads it |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metaworldx.errors import UserError
from metaworldx.files import write_text
from metaworldx.vlm.guidance import BadAnswer, Guidance, Question, guidance_from
from metaworldx.vlm.teacher import NoAnswer

FORMAT = "metaworldx-guidance-1"
_LARGEST = 1_000_000


def file_of(question: Question, folder: Path) -> Path:
    """Where a question's answer is kept: by the task's id, or by a digest of the text."""
    if question.task:
        return folder / f"{question.task}.json"
    words = " ".join(question.text.lower().split())
    return folder / f"text-{hashlib.sha256(words.encode()).hexdigest()[:16]}.json"


def write_guidance(question: Question, found: Guidance, path: Path) -> None:
    """Keeps an answer, whole or not at all."""
    data = found.as_data()
    kept = {name: data[name] for name in ("teacher", "relevance", "stages", "confidence")}
    about = {"format": FORMAT, "task": question.task, "text": question.text}
    write_text(path, json.dumps({**about, **kept}, indent=1) + "\n")


def read_guidance(path: Path, experts: Mapping[str, str]) -> Guidance:
    """The answer in a file.

    Raises:
      UserError: no such file, or one that holds something else, told in one line.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST:,} bytes")
        data: Any = json.loads(path.read_text())
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"it has no format {FORMAT}")
        origin = data.get("teacher")
        if not isinstance(origin, str):
            raise ValueError("it names no teacher")
        return guidance_from(data, experts, f"cached ({origin[:80]})")
    except FileNotFoundError:
        raise UserError(f"no answer is kept in {path}") from None
    except BadAnswer as error:
        raise UserError(f"{path} holds no usable answer: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        why = str(error).splitlines() or [type(error).__name__]
        raise UserError(f"{path} cannot be read as an answer: {why[0][:120]}") from None


class CachedTeacher:
    """Answers what has been answered before."""

    name = "cached"

    def __init__(self, folder: Path, lenient: bool = True):
        """Reads answers from a folder.

        Args:
          lenient: a damaged file is no answer; otherwise it is bad input.
        """
        self._folder, self._lenient = folder, lenient

    def ask(self, question: Question) -> Guidance:
        """The kept answer.

        Raises:
          NoAnswer: none is kept, or its file is damaged.
          UserError: its file is damaged, for one that is not lenient.
        """
        path = file_of(question, self._folder)
        try:
            return read_guidance(path, question.experts)
        except UserError as error:
            if path.exists() and not self._lenient:
                raise
            raise NoAnswer(str(error)) from None
