"""Ground levels that support a person: floors, the treads of stairs, a box."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.ndimage import label

from metaworldx.motion.human_skeleton import HumanMotion

LOW_M = 0.04
"""Distance to a level (m) below which a sole's end may stand on it."""
_APART_M = 0.1
"""Height range of one level (m): on a flat floor, mocap soles differ by centimetres."""
_OVER = 0.15
"""Maximum horizontal distance of the trunk from a supporting foot, over the body's height."""
_SHORTEST_S = 0.1
_FALLING = -0.5 * 9.81
"""Mean downward acceleration of the trunk above which the body is in flight, without support."""


def carrying(motion: HumanMotion, ends: np.ndarray, slow: np.ndarray, fps: float) -> np.ndarray:
    """Sole ends that bear the person's weight, `[T, 4]` bool.

    Such an end is slow and as low as any part of the body, the trunk is over its foot and does not
    fall. This excludes a foot that pauses in the air: the other leg is lower, or the body flies.

    Args:
      motion: the human's motion.
      ends: left heel, left toe, right heel, right toe, `[T, 4, 3]` m.
      slow: ends at rest, `[T, 4]` bool.
      fps: frames per second.
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
    """Heights of the supporting levels in ascending order, `[L]` m.

    Stances of similar height share a level, whose height is the first decile of its ends.

    Args:
      heights: of the soles' ends, `[T, 4]` m.
      carries: ends that bear weight, `[T, 4]` bool.
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
