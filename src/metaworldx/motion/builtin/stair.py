"""Walking up and down the stairs of the task stair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from metaworldx.motion.builtin.foot_placement import Gait
from metaworldx.motion.builtin.gait import gait_clip, walked
from metaworldx.motion.clip import Clip

RISE, TREAD = 0.18, 0.6
"""Height and depth of one step (m)."""
_FIRST_EDGE, _LANDING, _STEPS = 0.5, 2.9, 5
"""x of the task's first flight and of its landing (m), and its number of steps."""
PERIODS = {"up": (1.5, 1.2), "down": (1.6, 1.44)}
"""Seconds of a cycle of two steps."""
SOURCE = (
    "parametric gait after Riener, Rabuffetti & Frigo 2002 (Stair ascent and descent at different "
    "inclinations) and McFadyen & Winter 1988 (An integrated biomechanical analysis of normal "
    "stair ascent and descent)"
)


def stair_gait(period: float, up: bool) -> Gait:
    """One step of the stair a stride, so two a cycle.

    People take 1.2 to 1.5 s for a cycle, stand on a foot for about 0.6 of it, set it down flat on
    the way up and toes first on the way down, where the hind heel rises early, and lean a little
    forward going up (Riener et al. 2002; McFadyen & Winter 1988).
    """
    shared = Gait(
        period=period,
        stride=2.0 * TREAD,
        duty=0.62,
        clearance=0.03,
        bob=0.02,
        knee=0.2,
        rotation=0.07,
        arm=(0.1, 0.22),
    )
    if up:
        return replace(
            shared,
            touch_pitch=0.04,
            lift_pitch=0.45,
            flat=0.06,
            heel_off=0.44,
            lean=0.12,
            climb=2.0 * RISE,
            tread=0.2,
        )
    return replace(
        shared,
        duty=0.58,
        touch_pitch=-0.12,
        lift_pitch=0.8,
        flat=0.14,
        heel_off=0.25,
        knee=0.12,
        rotation=0.1,
        lean=0.03,
        climb=-2.0 * RISE,
        tread=0.25,
    )


def ground(clip: Clip) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Heights of endless stairs under a clip of this skill, by world x and y."""
    edge, rise = _edges()[clip.name.removesuffix("_mirrored")]

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return rise * np.floor((x - edge) / TREAD) + 0.0 * y

    return height


def place(clip: Clip) -> tuple[tuple[float, float, float], int]:
    """Start position of a clip in the task's scene (m), and number of cycles from there."""
    edge, rise = _edges()[clip.name.removesuffix("_mirrored")]
    # Start on the floor before the first flight, or on the first landing.
    x, z = (_FIRST_EDGE - TREAD, 0.0) if rise > 0 else (_LANDING, _STEPS * RISE)
    return (x - edge, 0.0, z), _STEPS // 2


def clips() -> list[Clip]:
    """Up and down, a cycle in each of PERIODS."""
    return [clip for clip, _, _ in _made()]


@cache
def _made() -> tuple[tuple[Clip, float, float], ...]:
    return tuple(_stair(way, period) for way, periods in PERIODS.items() for period in periods)


def _edges() -> dict[str, tuple[float, float]]:
    return {clip.name: (edge, rise) for clip, edge, rise in _made()}


def _stair(way: str, period: float) -> tuple[Clip, float, float]:
    """A clip, x of the edge of its first step (m), and the rise per step (m)."""
    gait = stair_gait(period, way == "up")
    speed = gait.stride / period
    poses = walked(gait)
    clip = gait_clip(f"stair_{way}_{speed:.2f}", poses, gait, "stair", SOURCE)
    return clip, -gait.tread - float(poses[0][0, 0]), 0.5 * gait.climb
