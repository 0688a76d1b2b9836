"""Unit check of a motion: whether the root's path has the same unit as the bones.

A supporting foot or hand rests on the ground, so in the body's frame it moves backwards at the
body's velocity. If the path has another unit, no foot ever rests, but at some other scale of the
path feet rest most of the time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaworldx.motion.human_skeleton import HumanMotion

FASTEST_M_S = 13.0
"""Maximum speed of a person: sprinters reach 12.4 m/s, as does a fall from 8 m."""
_HIGHEST_M = 20.0
"""Maximum distance of a recorded floor from z = 0."""
_SUPPORTS = tuple(
    f"{side}_{part}" for side in ("left", "right") for part in ("ankle", "toe", "knee", "wrist")
)
_SCALES = np.concatenate([np.geomspace(0.0005, 0.6, 60), np.geomspace(1.7, 2000.0, 60)])
_WINDOW_S, _LONG_S = 0.08, 0.5
# Supports slide when mostly as fast as this, and with another scale by less than this share.
_SLIDES_M_S, _BETTER = 0.6, 0.3
# The same while the body moves most: slower slides count if that scale is sharply the best, and
# far faster ones where nothing but a path of nearly no length would do.
_SLOW_M_S, _FAR_BETTER, _SHARP, _NEAR_SCALE = 0.06, 0.16, 2.0, 0.1
_FAST_M_S, _FARTHEST_BETTER = 3.0, 0.1
_FREE_FALL_M_S2, _ABOUT_M_S2, _JUMP_M_S = 9.81, 5.0, 6.0
_LEAST_FRAMES, _LEAST_S = 3, 0.25
"""Shorter motions need not have a resting foot."""


class Slide(NamedTuple):
    """Speed of the slowest support at scale 1, at the best other scale, and at scale 0."""

    own: float
    scale: float
    scaled: float
    nothing: float


def speed_problem(motion: HumanMotion) -> str | None:
    """Message if the body moves faster than a person can, else None.

    Judged over the whole motion: a few frames that jump do not indicate a wrong unit.
    """
    speed = _speed(motion, 1)
    if speed <= FASTEST_M_S:
        return None
    return f"the pelvis moves at {speed:.3g} m/s, and people run at {FASTEST_M_S:g} at most"


def ground_problem(motion: HumanMotion) -> str | None:
    """Message if the ground is too far from the recorded floor, else None."""
    ground = float(np.percentile(motion.positions[..., 2].min(axis=1), 10.0))
    if abs(ground) <= _HIGHEST_M:
        return None
    where = "above" if ground > 0.0 else "below"
    return f"the feet are {abs(ground):.3g} m {where} the origin"


def slide_problem(motion: HumanMotion) -> str | None:
    """Message if feet slide that would rest at another scale of the path, else None."""
    found = next((each for each in slides(motion) if each is not None), None)
    if found is None:
        return None
    return (
        f"no foot ever rests: the slowest moves at {found.own:.2g} m/s, and would at "
        f"{found.scaled:.2g} if the body's path were {found.scale:.2g} times as long"
    )


def slides(motion: HumanMotion) -> tuple[Slide | None, Slide | None]:
    """Slides explained by another scale of the path: over all frames, and while the body moves."""
    step = max(1, min(round(_WINDOW_S * motion.fps), (motion.frames - 1) // 2))
    pelvis = motion.positions[:, 0]
    names = [name for name in _SUPPORTS if name in motion.joints]
    own = motion.positions[:, [motion.index(name) for name in names]] - pelvis[:, None]
    seconds = step / motion.fps
    path = (pelvis[step:] - pelvis[:-step]) / seconds
    limbs = (own[step:] - own[:-step]) / seconds
    carried = ~_falls(pelvis, step, seconds)
    if carried.sum() < _LEAST_FRAMES or motion.duration_s < _LEAST_S:
        return None, None
    path, limbs = path[carried], limbs[carried]
    whole = _slide(path, limbs)
    explained = whole.own > _SLIDES_M_S and whole.scaled < _BETTER * whole.own
    if explained and whole.scale < _NEAR_SCALE:
        # A path that only shakes, as cameras' estimates do, is none of another unit.
        explained = _speed(motion, max(1, round(_LONG_S * motion.fps))) > _SLIDES_M_S
    speed = np.linalg.norm(path, axis=1)
    moves = speed >= np.median(speed)
    part = _slide(path[moves], limbs[moves])
    sharp = (
        part.own > _SLOW_M_S
        and part.scaled < _FAR_BETTER * part.own
        and part.nothing > _SHARP * part.scaled
        and part.scale > _NEAR_SCALE
    )
    fast = part.own > _FAST_M_S and part.scaled < _FARTHEST_BETTER * part.own
    return (whole if explained else None), (part if sharp or fast else None)


def _slide(path: np.ndarray, limbs: np.ndarray) -> Slide:
    """Slide from the pelvis' velocities `[N, 3]` and the limbs' relative ones, `[N, L, 3]`."""

    def slowest(scale: float) -> float:
        return float(np.median(np.linalg.norm(scale * path[:, None] + limbs, axis=-1).min(axis=1)))

    found = [slowest(scale) for scale in _SCALES]
    best = int(np.argmin(found))
    return Slide(slowest(1.0), float(_SCALES[best]), found[best], slowest(0.0))


def _falls(pelvis: np.ndarray, step: int, seconds: float) -> np.ndarray:
    """Steps in which the body is in free flight, without support, `[T - step]`."""
    out = np.zeros(len(pelvis) - step, bool)
    height = pelvis[:, 2]
    if len(height) > 2 * step:
        bent = height[2 * step :] - 2.0 * height[step:-step] + height[: -2 * step]
        falls = np.abs(bent / seconds**2 + _FREE_FALL_M_S2) < _ABOUT_M_S2
        # No jump is so fast; a squat in another unit is.
        falls &= np.abs(height[2 * step :] - height[: -2 * step]) < 2.0 * seconds * _JUMP_M_S
        out[: len(falls)] |= falls
        out[-len(falls) :] |= falls
    return out


def _speed(motion: HumanMotion, step: int) -> float:
    """Median speed of the pelvis over `step` frames, m/s."""
    step = min(step, motion.frames - 1)
    moved = motion.positions[step:, 0] - motion.positions[:-step, 0]
    return float(np.median(np.linalg.norm(moved, axis=1))) * motion.fps / step
