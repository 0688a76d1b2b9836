"""When a foot stands, and where it should stand still."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.ndimage import label
from scipy.spatial.transform import Rotation

from metaworldx.motion.human import HumanMotion
from metaworldx.motion.kinematics import SOLE_CORNERS, SOLE_DEPTH, Point
from metaworldx.motion.retarget.fit import SIDES

HEEL, TOE = SOLE_CORNERS[0][0], SOLE_CORNERS[-1][0]
ENDS = tuple(
    Point(f"{side}_ankle_link", (x, 0.0, -SOLE_DEPTH)) for side in SIDES for x in (HEEL, TOE)
)
"""The ends of the soles: left heel, left toe, right heel, right toe."""
_HUMAN_ENDS, _HUMAN_ANKLE = (-0.06, 0.13), 0.06
"""Heel and ball of a human foot before the ankle, and how far the sole is below it (m)."""
_SLOW_SHARE, _SLOW_M_S, _LOW_M = 0.12, (0.2, 0.6), 0.04
"""A standing end's speed, as a share of the fast ones' and within bounds, and its height."""
_PIVOT_M_S = 0.25
"""Where the ends of a foot move by that much against each other, it turns on the slower one."""
_SHORTEST_S, _GAP_S = 0.05, 0.05
_FEATHER, _TOGETHER = 3, 3


class Stance(NamedTuple):
    """Where soles stand still.

    Attributes:
      standing: for each of ENDS, `[T, 4]` bool.
      places: where each should be while it stands, `[T, 4, 3]` m.
      strength: 0 to 1, rising over a stance's first frames and falling over its last, `[T, 4]`.
    """

    standing: np.ndarray
    places: np.ndarray
    strength: np.ndarray

    @property
    def feet(self) -> np.ndarray:
        """Whether the left and the right foot stand, `[T, 2]`."""
        return np.stack([self.standing[:, :2].any(axis=1), self.standing[:, 2:].any(axis=1)], 1)


def find_standing(motion: HumanMotion, fps: float) -> np.ndarray:
    """Which ends of the soles stand, from the human's ankles and feet: `[T, 4]` bool.

    An end stands while it is near the lowest level that slow ends reach, and slow; the foot's top
    must look upwards. Ground on several levels is not looked for.
    """
    ends, upright = [], []
    for side in SIDES:
        ankle = motion.joints.index(f"{side}_ankle")
        turn = Rotation.from_quat(motion.rotations[:, ankle], scalar_first=True)
        for x in _HUMAN_ENDS:
            ends.append(motion.positions[:, ankle] + turn.apply([x, 0.0, -_HUMAN_ANKLE]))
            upright.append(turn.apply([0.0, 0.0, 1.0])[:, 2] > 0.3)
    at = np.stack(ends, axis=1)
    velocity = np.gradient(at, axis=0) * fps
    speed = np.linalg.norm(velocity, axis=-1)
    slowest = np.clip(_SLOW_SHARE * np.percentile(speed, 95.0), *_SLOW_M_S)
    slow = (speed < slowest) & np.stack(upright, axis=1)
    for heel, toe in ((0, 1), (2, 3)):
        turns = np.linalg.norm(velocity[:, heel] - velocity[:, toe], axis=-1) > _PIVOT_M_S
        slow[:, heel] &= ~turns | (speed[:, heel] < speed[:, toe])
        slow[:, toe] &= ~turns | (speed[:, toe] <= speed[:, heel])
    if not slow.any():
        return np.zeros_like(slow)
    level = np.percentile(at[..., 2][slow], 10.0)
    standing = slow & (at[..., 2] < level + _LOW_M)
    for column in standing.T:
        _close_gaps(column, round(_GAP_S * fps))
        _drop_short(column, round(_SHORTEST_S * fps))
    return standing


def stance(standing: np.ndarray, ends: np.ndarray) -> Stance:
    """Still places for the ends that stand.

    Args:
      standing: `[T, 4]` bool.
      ends: where the robot's ends are before they are held, `[T, 4, 3]` m.
    """
    places = ends.copy()
    places[..., 2] = np.where(standing, 0.0, places[..., 2])
    strength = np.zeros(standing.shape)
    numbers = [_numbered(column) for column in standing.T]
    for e, number in enumerate(numbers):
        for n in range(1, number.max(initial=0) + 1):
            rows = np.flatnonzero(number == n)
            places[rows, e, :2] = ends[rows, e, :2].mean(axis=0)
            strength[rows, e] = _feathered(rows, len(standing))
    for heel in (0, 2):
        _fit_soles(places, ends, heel, numbers[heel], numbers[heel + 1])
    return Stance(standing, places, strength)


def _fit_soles(
    places: np.ndarray, ends: np.ndarray, heel: int, first: np.ndarray, second: np.ndarray
) -> None:
    """Puts heels and toes that stand together, or just after each other, a sole's length apart.

    Args:
      places, ends: as in `stance`; places are changed.
      heel: which of ENDS; the next is its toe.
      first, second: the heel's and the toe's stances, numbered, `[T]`.
    """
    done: set[tuple[int, int]] = set()
    for t in range(len(places)):
        near = slice(max(0, t - _TOGETHER), t + 1)
        for one, two in product({*first[near]} - {0}, {*second[near]} - {0}):
            if {(0, one), (1, two)} & done:
                continue
            done |= {(0, one), (1, two)}
            heels, toes = first == one, second == two
            either = heels | toes
            along = (ends[either, heel + 1, :2] - ends[either, heel, :2]).mean(axis=0)
            along *= 0.5 * (TOE - HEEL) / max(float(np.linalg.norm(along)), 1e-6)
            middles = np.concatenate(
                [ends[heels, heel, :2] + along, ends[toes, heel + 1, :2] - along]
            )
            places[heels, heel, :2] = middles.mean(axis=0) - along
            places[toes, heel + 1, :2] = middles.mean(axis=0) + along


def slips(standing: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How far each end moves over the ground in each of its stances, `[stances]` m.

    The largest distance from where it stands first.
    """
    out = []
    for e in range(standing.shape[1]):
        number = _numbered(standing[:, e])
        for n in range(1, number.max(initial=0) + 1):
            at = ends[number == n, e, :2]
            out.append(float(np.linalg.norm(at - at[0], axis=1).max()))
    return np.array(out)


def _numbered(flags: np.ndarray) -> np.ndarray:
    """Runs of true, numbered from 1; 0 elsewhere."""
    numbered, _ = label(flags)  # pyright: ignore
    return numbered


def _feathered(rows: np.ndarray, frames: int) -> np.ndarray:
    """Rises at a run's beginning and falls at its end, but not where the motion begins or ends."""
    up = np.full(len(rows), _FEATHER) if rows[0] == 0 else np.arange(1, len(rows) + 1)
    down = np.full(len(rows), _FEATHER) if rows[-1] == frames - 1 else np.arange(len(rows), 0, -1)
    return np.minimum(np.minimum(up, down), _FEATHER) / _FEATHER


def _close_gaps(flags: np.ndarray, longest: int) -> None:
    numbers = _numbered(~flags)
    for n in range(1, numbers.max(initial=0) + 1):
        rows = np.flatnonzero(numbers == n)
        if len(rows) <= longest and rows[0] > 0 and rows[-1] < len(flags) - 1:
            flags[rows] = True


def _drop_short(flags: np.ndarray, shortest: int) -> None:
    numbers = _numbered(flags)
    for n in range(1, numbers.max(initial=0) + 1):
        rows = np.flatnonzero(numbers == n)
        if len(rows) < shortest:
            flags[rows] = False
