"""Sitting down on a chair behind, and sitting still."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from metaworldx.motion.builtin.body import ARM_JOINTS, SIDES, body, legs, stand_pose
from metaworldx.motion.builtin.curves import minimum_jerk
from metaworldx.motion.builtin.foot_placement import FPS
from metaworldx.motion.builtin.stand import stood
from metaworldx.motion.clip import Clip

SOURCE = (
    "parametric motion after Schenkman, Berger, Riley, Mann & Hodge 1990 (Whole-body movements "
    "during rising to standing from sitting) and Kralj, Jaeger & Munih 1990 (Analysis of standing "
    "up and sitting down in humans)"
)
CHAIR = (-0.25, 0.0, 0.475)
"""The middle of the seat's top before the robot sits down, from below its pelvis (m)."""
SEAT_HALF = 0.21
"""Half of the seat's depth and width (m)."""
_ANKLE = 0.085
"""x of the ankles (m): the heels just before the chair."""
_SEATED = (-0.12, 0.722)
"""The pelvis's x and height (m): hips and thighs rest on the front of the seat, for H1's shanks
are as long as the seat is high."""
_BALANCE = -0.02
"""x of the centre of mass from the ankles while the legs support it (m)."""
_LEAN = 0.05
"""Pitch of the trunk before (rad)."""
_HIP = np.array([0.039468, 0.0, -0.1742])
"""From the pelvis to between the hips (m)."""
_HANGING = np.array([0.1, 0.19, 0.0, 1.2])
_FORWARD = np.array([-0.6, 0.12, 0.0, 0.9])
_RESTING = np.array([-0.05, 0.12, 0.0, 0.35])
"""Left shoulder pitch, roll and yaw and elbow (rad), standing, on the way down and seated."""


def ground(clip: Clip):
    """Heights of the floor and the chair of a clip of this skill: a function of x and y."""
    middle = clip.command[8]

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        on = (np.abs(x - middle) < SEAT_HALF) & (np.abs(y) < SEAT_HALF)
        return np.where(on, CHAIR[2], 0.0)

    return height


def _posed(hip: np.ndarray, pitch: np.ndarray, arms: np.ndarray) -> np.ndarray:
    """Poses `[T, 26]` with the hips' middle and the trunk's pitch as given, soles planted.

    Args:
      hip: x and z `[T, 2]`, m.
      pitch: `[T]`, rad.
      arms: the left arm's joints `[T, 4]`, rad.
    """
    b = body()
    qpos = np.tile(stand_pose(-0.8), (len(hip), 1))
    spin = Rotation.from_euler("y", pitch[:, None])
    qpos[:, :3] = np.stack([hip[:, 0], 0.0 * pitch, hip[:, 1]], axis=1) - spin.apply(_HIP)
    qpos[:, 3:7] = spin.as_quat(scalar_first=True)
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        columns = b.index(*(f"{side}_{joint}" for joint in ARM_JOINTS))
        qpos[:, columns] = arms * [1.0, sign, sign, 1.0]
    ends = [[_ANKLE + x, sign * 0.2, 0.0] for sign in (1.0, -1.0) for x in (-0.1, 0.2)]
    return legs(qpos, np.tile(np.array(ends), (len(hip), 1, 1)))


def _balanced(hip: np.ndarray, ahead: np.ndarray, arms: np.ndarray) -> np.ndarray:
    """The trunk's pitch `[T]` at which the centre of mass lies at x `ahead` `[T]`."""
    low, high = np.full(len(hip), -0.2), np.full(len(hip), 1.2)
    for _ in range(12):
        middle = 0.5 * (low + high)
        short = body().com(_posed(hip, middle, arms))[:, 0] < ahead
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return 0.5 * (low + high)


def sit_down(seconds: float, hold: float = 2.0) -> Clip:
    """From standing before the chair to sitting upright, then still.

    The hips go back and down on a minimum-jerk path while the trunk leans so that the weight
    stays over the feet, as people do; when the seat carries it the trunk rises (the phases of
    Schenkman et al. 1990 in reverse).

    Args:
      seconds: until the hips are on the seat; people take 1.5 to 2.5 s.
      hold: still at the end (s).
    """
    rise = 0.5 * seconds
    count = round((seconds + rise + hold) * FPS)
    t = np.arange(count + 1) / FPS
    down = minimum_jerk(t / seconds)
    first = np.array([0.0, 1.0]) + Rotation.from_euler("y", _LEAN).apply(_HIP)[[0, 2]]
    last = np.array(_SEATED) + _HIP[[0, 2]]
    hip = first + down[:, None] * (last - first)
    reached = minimum_jerk(t / (0.6 * seconds))[:, None]
    rested = minimum_jerk((t - 0.9 * seconds) / rise)[:, None]
    arms = _HANGING + reached * (_FORWARD - _HANGING) + rested * (_RESTING - _FORWARD)
    # A few poses along the way are balanced; the trunk's pitch runs smoothly through them.
    knots = np.linspace(0.0, seconds, 9)
    at = np.round(knots * FPS).astype(int)
    start = body().com(_posed(hip[:1], np.array([_LEAN]), arms[:1]))[0, 0]
    ahead = start + minimum_jerk(knots / (0.7 * seconds)) * (_ANKLE + _BALANCE - start)
    leans = np.append(_LEAN, _balanced(hip[at[1:]], ahead[1:], arms[at[1:]]))
    lean = CubicSpline(knots, leans, bc_type="clamped")(np.minimum(t, seconds))
    pitch = lean * (1.0 - minimum_jerk((t - seconds) / rise))
    return _clip(f"sit_down_{seconds:.1f}", _posed(hip, pitch, arms), False, CHAIR)


def sit_still(seconds: float = 6.0) -> Clip:
    """Sitting upright; the trunk sways with breathing, at 0.25 to 0.33 Hz."""
    count = round(seconds * FPS)
    turn = 2.0 * np.pi * np.arange(count + 1) / count
    hip = np.tile(np.array(_SEATED) + _HIP[[0, 2]], (count + 1, 1))
    breath = 0.5 * (1.0 - np.cos(2.0 * turn))
    arms = _RESTING + 0.02 * breath[:, None] * [1.0, 1.0, 0.0, 0.0]
    qpos = _posed(hip, -0.01 * breath + 0.01 * np.sin(turn), arms)
    qpos[:, 0] -= _SEATED[0]
    return _clip("sit_still", qpos, True, (CHAIR[0] - _SEATED[0], 0.0, CHAIR[2]))


def _clip(name: str, qpos: np.ndarray, loop: bool, seat: tuple[float, ...]) -> Clip:
    return stood(name, qpos, "sit", SOURCE, loop, seat=seat)


def clips() -> list[Clip]:
    """Sitting down in 1.8 and in 2.4 seconds, and sitting still."""
    return [sit_down(1.8), sit_down(2.4), sit_still()]
