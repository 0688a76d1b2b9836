"""Whom to ask: the teachers in the order of their fallback, by name."""

from __future__ import annotations

from pathlib import Path

from metaworldx.core.errors import UserError, check_known
from metaworldx.vlm.base import FallbackTeacher, Teacher
from metaworldx.vlm.cached import CachedTeacher, ShippedTeacher
from metaworldx.vlm.gemini.teacher import GeminiSettings, GeminiTeacher
from metaworldx.vlm.offline.teacher import OfflineTeacher

TEACHERS = ("gemini", "cached", "offline")


def teachers_from(
    first: str = "gemini", cache: Path | None = None, settings: GeminiSettings | None = None
) -> FallbackTeacher:
    """The teacher of that name, and after it those that it falls back to.

    Args:
      first: one of TEACHERS. `cached`, asked for by name, passes over no damaged file.
      cache: folder of kept answers; None takes those that come with the package.
      settings: of Gemini.

    Raises:
      UserError: unknown teacher, or a folder that is not there.
    """
    check_known("teacher", first, TEACHERS)
    if cache is not None and not cache.is_dir():
        raise UserError(f"no folder of kept answers {cache} (metaworldx vlm cache makes one)")
    chosen: list[Teacher] = []
    for name in TEACHERS[TEACHERS.index(first) :]:
        if name == "gemini":
            chosen.append(GeminiTeacher(settings or GeminiSettings()))
        elif name == "cached":
            lenient = first != name
            chosen.append(ShippedTeacher() if cache is None else CachedTeacher(cache, lenient))
        elif name == "offline":
            chosen.append(OfflineTeacher())
    return FallbackTeacher(chosen)
