"""Which levels of ground carry a person: floors, the treads of stairs, a box."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.ndimage import label

from metaworldx.motion.human_skeleton import HumanMotion

LOW_M = 0.04
"""A sole's end nearer a level than this may stand on it."""
_APART_M = 0.1
"""Heights within this are one level: soles of a flat floor's mocap differ by centimetres."""
_OVER = 0.15
"""How far the trunk's middle may be from over a foot that carries it, of the body's height."""
_SHORTEST_S = 0.1
_FALLING = -0.5 * 9.81
"""A trunk that gains speed downwards like this on the mean is in flight: no foot carries it."""


def carrying(motion: HumanMotion, ends: np.ndarray, slow: np.ndarray, fps: float) -> np.ndarray:
    """Which ends of the soles carry the person, `[T, 4]` bool.

    Such an end is slow and as low as any part of the body, the trunk is over its foot and does
    not fall. So a foot that pauses in the air is none: the other leg is lower, or the body flies.

    Args:
      motion: whose joints are looked at.
      ends: left heel, left toe, right heel, right toe, `[T, 4, 3]` m.
      slow: ends that hardly move, `[T, 4]` bool.
      fps: frames a second.
    """
    at = dict(zip(motion.joints, motion.positions.swapaxes(0, 1), strict=True))
    lowest = np.concatenate([ends, motion.positions], axis=1)[..., 2].min(axis=1)
    trunk = 0.5 * at["pelvis"] + 0.25 * (at["left_shoulder"] + at["right_shoulder"])
    rising = np.gradient(trunk[:, 2]) * fps
    feet = ends.reshape(-1, 2, 2, 3).mean(axis=2)
    aside = np.linalg.norm((feet - trunk[:, None])[..., :2], axis=-1)
    over = np.repeat(aside < _OVER * motion.height_m, 2, axis=1)
    found = slow & over & (ends[..., 2] < lowest[:, None] + LOW_M)
    for column in found.T:
        number = numbered(column)
        for n in range(1, number.max(initial=0) + 1):
            rows = np.flatnonzero(number == n)
            seconds = (len(rows) - 1) / fps
            gained = rising[rows[-1]] - rising[rows[0]]
            if seconds < _SHORTEST_S or gained < _FALLING * seconds:
                column[rows] = False
    return found


def ground_levels(heights: np.ndarray, carries: np.ndarray) -> np.ndarray:
    """Heights of the levels that carry, from the lowest up, `[L]` m.

    Stances of like heights are on one level; a level is where the lowest tenth of its ends are.

    Args:
      heights: of the soles' ends, `[T, 4]` m.
      carries: which of them carry, `[T, 4]` bool.
    """
    runs = []
    for column, height in zip(carries.T, heights.T, strict=True):
        number = numbered(column)
        runs += [height[number == n] for n in range(1, number.max(initial=0) + 1)]
    if len(runs) < 2:
        return np.array([np.percentile(run, 10.0) for run in runs])
    middles = np.array([[np.median(run)] for run in runs])
    which = fcluster(linkage(middles, "complete"), _APART_M, "distance")
    alike = [
        np.concatenate([run for run, k in zip(runs, which, strict=True) if k == level])
        for level in np.unique(which)
    ]
    return np.sort([np.percentile(level, 10.0) for level in alike])


def numbered(flags: np.ndarray) -> np.ndarray:
    """Runs of true in `[T]`, numbered from 1; 0 elsewhere."""
    found, _ = label(flags)  # pyright: ignore
    return found
