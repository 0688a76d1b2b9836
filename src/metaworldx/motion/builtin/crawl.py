"""Crawling on hands and feet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metaworldx.motion.builtin.body import ARM_JOINTS, SIDES, body, hand, legs, stand_pose
from metaworldx.motion.builtin.gait import gait_clip, phases, turned
from metaworldx.motion.builtin.steps import Gait, sole_path, soles_of
from metaworldx.motion.clip import Clip
from metaworldx.motion.kinematics import SOLE_DEPTH

SOURCE = (
    "parametric gait after Patrick, Noah & Yang 2009 (Interlimb coordination in human crawling "
    "reveals similarities in development and neural control with quadrupeds) and Wannier, "
    "Bastiaanse, Colombo & Dietz 2001 (Arm to leg coordination in humans during walking, creeping "
    "and swimming activities)"
)
PERIODS = {0.5: 0.9, 0.75: 0.72, 1.0: 0.6}
"""Seconds of a cycle by speed (m/s): people who crawl faster take quicker steps as well as longer
ones (Patrick et al. 2009)."""
_PITCH, _HEIGHT = 1.64, 0.66
"""The pelvis's pitch (rad) and height (m): the task crawl wants it prone and the waist 0.6 m up."""
_FEET, _HANDS = -0.1, 0.42
"""Where mid-stance of ankles and hands is, before the pelvis (m)."""
_APART = (0.17, 0.27)
"""How far feet and hands are from the midline (m)."""
_PALM = 0.008
"""The hand's height when the end of the forearm rests on the ground (m)."""
_LAG = 0.05
"""Share of a cycle by which a foot follows the hand on the other side."""
_ARMS = (-1.55, 0.1, 0.0, 1.2)
"""Left shoulder pitch, roll and yaw and elbow (rad) from which the arms are sought."""


def crawl_gait(speed: float) -> Gait:
    """The feet's gait; hands and feet on opposite sides move nearly together.

    This diagonal order is what most people choose (Wannier et al. 2001; Patrick et al. 2009). H1
    crawls on its feet: its long stiff ones leave no room to kneel.
    """
    period = PERIODS[speed]
    return Gait(
        period=period,
        stride=speed * period,
        duty=0.6,
        width=_APART[0],
        touch_pitch=0.02,
        lift_pitch=0.5,
        flat=0.05,
        heel_off=0.3,
        brake=4.0,
        clearance=0.035,
    )


def crawled(gait: Gait) -> tuple[np.ndarray, np.ndarray]:
    """A straight crawl's poses `[N, 26]` and phases `[N]`, the end left out."""
    b, phase = body(), phases(gait.period)
    turn = 2.0 * np.pi * phase
    qpos = np.tile(stand_pose(-1.2, _ARMS), (len(phase), 1))
    # The left foot stands in the middle of its stance when the pelvis has passed it by -_FEET.
    middle = 0.5 * gait.duty
    qpos[:, 0] = (phase - middle) * gait.stride - _FEET
    qpos[:, 1] = 0.015 * np.sin(turn)
    qpos[:, 2] = _HEIGHT - 0.008 * np.cos(2.0 * turn - 0.5)
    qpos[:, 3:7] = turned(0.04 * np.cos(turn), np.full_like(turn, _PITCH), 0.0 * turn)
    qpos = legs(qpos, soles_of(phase, gait).ends())
    joints = tuple(f"{side}_{joint}" for side in SIDES for joint in ARM_JOINTS)
    points = tuple(hand(side) for side in SIDES)
    palms = _palms(phase, gait)
    for posture in (0.05, 0.005):
        qpos = b.solve(qpos, joints, points, palms, posture)
    return qpos, phase


def _palms(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Places of the left and right hand `[N, 2, 3]`, m."""
    level = replace(gait, touch_pitch=0.0, lift_pitch=0.0, clearance=0.05, brake=8.0)
    out = np.empty((len(phase), 2, 3))
    for side, (shift, sign) in enumerate(((0.5 + _LAG, 1.0), (_LAG, -1.0))):
        x, z, _ = sole_path(phase + shift, level)
        out[:, side, 0] = x - shift * gait.stride + _HANDS - _FEET
        out[:, side, 1] = sign * _APART[1]
        out[:, side, 2] = z - SOLE_DEPTH + _PALM
    return out


def crawl_clip(speed: float) -> Clip:
    """One cycle of crawling straight on."""
    gait = crawl_gait(speed)
    return gait_clip(f"crawl_{speed:.2f}", crawled(gait), gait, "crawl", SOURCE)


def clips() -> list[Clip]:
    """Straight on at each of PERIODS's speeds."""
    return [crawl_clip(speed) for speed in PERIODS]
