"""Foot contacts: stance phases, and fixed sole positions during them."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.human_skeleton import HumanMotion
from metaworldx.motion.kinematics import SOLE_CORNERS, SOLE_DEPTH, Point
from metaworldx.motion.retarget.ground_levels import LOW_M, carrying, ground_levels, numbered
from metaworldx.motion.retarget.keypoint_scaling import SIDES

HEEL, TOE = SOLE_CORNERS[0][0], SOLE_CORNERS[-1][0]
ENDS = tuple(
    Point(f"{side}_ankle_link", (x, 0.0, -SOLE_DEPTH)) for side in SIDES for x in (HEEL, TOE)
)
"""The ends of the soles: left heel, left toe, right heel, right toe."""
_HUMAN_ENDS, _HUMAN_ANKLE = (-0.06, 0.13), 0.06
"""x of a human foot's heel and ball from the ankle, and the ankle's height over the sole (m)."""
_SLOW_SHARE, _SLOW_M_S = 0.12, (0.2, 0.6)
"""Speed limit of a sole's end in stance, as a share of the fast ones' and within bounds."""
_RAISED_M = 0.006
"""Height by foot tilt (m) above which an end is not in stance."""
_PIVOT_M_S = 0.25
"""Relative motion of a foot's ends (m) above which it pivots on the slower one."""
_SHORTEST_S, _GAP_S = 0.05, 0.05
_FEATHER, _TOGETHER = 3, 3


class Stance(NamedTuple):
    """Stance phases of the soles and their target positions.

    Attributes:
      standing: stance of each of ENDS, `[T, 4]` bool.
      places: target position of each in stance, `[T, 4, 3]` m.
      strength: 0 to 1, ramped over a stance's first and last frames, `[T, 4]`.
      floor: ground height below left foot, right foot, and all else, `[T, 3]` m. For a foot in
        stance it is its level, else the highest level that it does not penetrate. All else has
        the lowest level, as the ground there is unknown.
    """

    standing: np.ndarray
    places: np.ndarray
    strength: np.ndarray
    floor: np.ndarray

    @property
    def feet(self) -> np.ndarray:
        """Stance of the left and right foot, `[T, 2]`."""
        return np.stack([self.standing[:, :2].any(axis=1), self.standing[:, 2:].any(axis=1)], 1)


def find_standing(motion: HumanMotion, fps: float) -> np.ndarray:
    """Ground level that each sole's end stands on, `[T, 4]`: 0 the lowest, -1 none.

    From the human's ankles and feet. An end is in stance while it is slow and near a level, with
    the foot's top upwards. A single supporting level is the lowest that slow ends reach. With
    several levels, a stance on an upper one counts only if its foot bears weight in it.
    """
    ends, slow = _slow_ends(motion, fps)
    on = np.full(slow.shape, -1)
    if not slow.any():
        return on
    height = ends[..., 2]
    carries = carrying(motion, ends, slow, fps)
    levels = ground_levels(height, carries)
    if len(levels) < 2:
        level = np.percentile(height[slow], 10.0)
        on[_steady(slow & (height < level + LOW_M), height, fps)] = 0
        return on
    for k, level in enumerate(levels):
        near = _steady(slow & (np.abs(height - level) < LOW_M), height, fps)
        if k > 0:
            _drop_idle(near, carries)
        on[near & (on < 0)] = k
    _, number = np.unique(on[on >= 0], return_inverse=True)
    on[on >= 0] = number
    return on


def level_heights(on: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Heights of the ground levels, `[L]` m: the median of the ends in stance on each.

    Args:
      on: from `find_standing`, `[T, 4]`.
      ends: positions of the robot's ends, `[T, 4, 3]` m.
    """
    return np.array([np.median(ends[..., 2][on == k]) for k in range(on.max(initial=-1) + 1)])


def stance(on: np.ndarray, ends: np.ndarray, heights: np.ndarray) -> Stance:
    """Fixed target positions for the ends in stance.

    Args:
      on: the level that each end stands on, -1 for none, `[T, 4]`.
      ends: positions of the robot's ends before correction, `[T, 4, 3]` m.
      heights: of the levels, `[L]` m.
    """
    standing = on >= 0
    places = ends.copy()
    places[standing, 2] = heights[on[standing]]
    strength = np.zeros(standing.shape)
    numbers = [numbered(column) for column in standing.T]
    for e, number in enumerate(numbers):
        for n in range(1, number.max(initial=0) + 1):
            rows = np.flatnonzero(number == n)
            places[rows, e, :2] = ends[rows, e, :2].mean(axis=0)
            strength[rows, e] = _feathered(rows, len(standing))
    for heel in (0, 2):
        _fit_soles(places, ends, heel, numbers[heel], numbers[heel + 1])
    return Stance(standing, places, strength, _floor(on, ends, heights))


def _floor(on: np.ndarray, ends: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """See `Stance.floor`."""
    floor = np.zeros((len(on), 3))
    if len(heights) < 2:
        return floor
    for foot in (0, 1):
        own = slice(2 * foot, 2 * foot + 2)
        level, lowest = on[:, own].max(axis=1), ends[:, own, 2].min(axis=1)
        floor[level >= 0, foot] = heights[level[level >= 0]]
        number = numbered(level < 0)
        for n in range(1, number.max(initial=0) + 1):
            passed = lowest[number == n].min()
            # Below all stances the ground's height is unknown.
            below = heights[heights < passed + LOW_M]
            floor[number == n, foot] = below.max() if len(below) else passed
    floor[:, 2] = min(0.0, floor.min())
    return floor


def _fit_soles(
    places: np.ndarray, ends: np.ndarray, heel: int, first: np.ndarray, second: np.ndarray
) -> None:
    """Places heels and toes in simultaneous or consecutive stance a sole's length apart.

    Args:
      places, ends: as in `stance`; places are modified.
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
    """Slip of each end in each of its stances, `[stances]` m.

    The largest horizontal distance from its first position.
    """
    out = []
    for e in range(standing.shape[1]):
        number = numbered(standing[:, e])
        for n in range(1, number.max(initial=0) + 1):
            at = ends[number == n, e, :2]
            out.append(float(np.linalg.norm(at - at[0], axis=1).max()))
    return np.array(out)


def _slow_ends(motion: HumanMotion, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the human's sole ends `[T, 4, 3]` m, and which could be in stance `[T, 4]`."""
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
    return at, slow


def _feathered(rows: np.ndarray, frames: int) -> np.ndarray:
    """Ramps up at a run's start and down at its end, but not at the ends of the motion."""
    up = np.full(len(rows), _FEATHER) if rows[0] == 0 else np.arange(1, len(rows) + 1)
    down = np.full(len(rows), _FEATHER) if rows[-1] == frames - 1 else np.arange(len(rows), 0, -1)
    return np.minimum(np.minimum(up, down), _FEATHER) / _FEATHER


def _steady(near: np.ndarray, heights: np.ndarray, fps: float) -> np.ndarray:
    """Flags `[T, 4]` without the raised end of a tilted foot, short gaps, and short runs."""
    near = near.copy()
    for heel in (0, 2):
        _drop_raised(near[:, heel : heel + 2], heights[:, heel : heel + 2])
    for column in near.T:
        _close_gaps(column, round(_GAP_S * fps))
        _drop_short(column, round(_SHORTEST_S * fps))
    return near


def _drop_raised(near: np.ndarray, heights: np.ndarray) -> None:
    """Drops the raised end of a foot that is being set down or lifted; both `[T, 2]`.

    The foot's usual tilt in that stance counts as flat, as soles in mocap are seldom level.
    """
    number = numbered(near[:, 0] & near[:, 1])
    for n in range(1, number.max(initial=0) + 1):
        rows = np.flatnonzero(number == n)
        tilt = heights[rows, 0] - heights[rows, 1]
        tilt -= np.median(tilt)
        flat = np.flatnonzero(np.abs(tilt) < _RAISED_M)
        if len(flat):
            tilt[flat[0] : flat[-1] + 1] = 0.0
        near[rows, 0] = tilt < _RAISED_M
        near[rows, 1] = tilt > -_RAISED_M


def _drop_idle(near: np.ndarray, carries: np.ndarray) -> None:
    """Drops each foot's runs in which it never bears weight; both `[T, 4]`."""
    for heel in (0, 2):
        own = near[:, heel : heel + 2]
        number = numbered(own[:, 0] | own[:, 1])
        carried = np.unique(number[(own & carries[:, heel : heel + 2]).any(axis=1)])
        own[~np.isin(number, carried)] = False


def _close_gaps(flags: np.ndarray, longest: int) -> None:
    numbers = numbered(~flags)
    for n in range(1, numbers.max(initial=0) + 1):
        rows = np.flatnonzero(numbers == n)
        if len(rows) <= longest and rows[0] > 0 and rows[-1] < len(flags) - 1:
            flags[rows] = True


def _drop_short(flags: np.ndarray, shortest: int) -> None:
    numbers = numbered(flags)
    for n in range(1, numbers.max(initial=0) + 1):
        rows = np.flatnonzero(numbers == n)
        if len(rows) < shortest:
            flags[rows] = False
