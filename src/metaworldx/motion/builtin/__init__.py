"""Built-in human motions from published gait data, without downloads."""

from __future__ import annotations

from functools import cache

from metaworldx.core.errors import UserError, nearest
from metaworldx.motion.builtin import carry, crawl, reach, run, sit, stair, stand, walk
from metaworldx.motion.builtin.reach import reach_targets, workspace
from metaworldx.motion.checks import Ground, flat
from metaworldx.motion.clip import Clip

_MAKERS = {
    "stand": stand.clips,
    "walk": walk.clips,
    "run": run.clips,
    "sit": sit.clips,
    "reach": reach.clips,
    "carry": carry.clips,
    "stair": stair.clips,
    "crawl": crawl.clips,
}
SKILLS = tuple(_MAKERS)
"""Skills that have built-in clips."""

_GROUNDS = {"sit": sit.ground, "stair": stair.ground}


def ground_for(clip: Clip) -> Ground:
    """Ground and seat heights (m) of a built-in clip, by world x and y."""
    return _GROUNDS[clip.skill](clip) if clip.skill in _GROUNDS else flat


def place_for(clip: Clip) -> tuple[tuple[float, float, float], int]:
    """Start position of a clip in its task's scene (m), and number of cycles from there."""
    known = any(clip.name == each.name for each in clips_for("stair")) if clip.skill else False
    return stair.place(clip) if known else ((0.0, 0.0, 0.0), 1)


@cache
def _made(skill: str) -> tuple[Clip, ...]:
    return tuple(_MAKERS[skill]())


def clips_for(skill: str) -> list[Clip]:
    """The built-in clips of a skill, H1 at 50 frames per second; cached, takes about a second.

    Raises:
      UserError: unknown skill.
    """
    if skill not in _MAKERS:
        raise UserError(nearest("skill", skill, SKILLS, f"there are {', '.join(SKILLS)}"))
    return list(_made(skill))


__all__ = ["SKILLS", "clips_for", "ground_for", "place_for", "reach_targets", "workspace"]
