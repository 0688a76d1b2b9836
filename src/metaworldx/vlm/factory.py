"""Teachers by name, each with its fallbacks."""

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
    """The teacher of that name, followed by its fallbacks.

    Args:
      first: one of TEACHERS. `cached` as the first teacher rejects damaged files.
      cache: folder of cached answers; None uses the shipped ones.
      settings: of Gemini.

    Raises:
      UserError: unknown teacher, or a missing folder.
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
