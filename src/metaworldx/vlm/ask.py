"""Whom to ask: the teachers in the order of their fallback, by name."""

from __future__ import annotations

from pathlib import Path

from metaworldx.errors import check_known
from metaworldx.vlm.cached import CachedTeacher
from metaworldx.vlm.gemini import GeminiSettings, GeminiTeacher
from metaworldx.vlm.offline import OfflineTeacher
from metaworldx.vlm.teacher import InTurn, Teacher

TEACHERS = ("gemini", "cached", "offline")


def teachers_from(
    first: str = "gemini", cache: Path | None = None, settings: GeminiSettings | None = None
) -> InTurn:
    """The teacher of that name, and after it those that it falls back to.

    Args:
      first: one of TEACHERS.
      cache: folder of kept answers; None has none.
      settings: of Gemini.

    Raises:
      UserError: unknown teacher.
    """
    check_known("teacher", first, TEACHERS)
    chosen: list[Teacher] = []
    for name in TEACHERS[TEACHERS.index(first) :]:
        if name == "gemini":
            chosen.append(GeminiTeacher(settings or GeminiSettings()))
        elif name == "cached" and cache is not None:
            chosen.append(CachedTeacher(cache))
        elif name == "offline":
            chosen.append(OfflineTeacher())
    return InTurn(chosen)
