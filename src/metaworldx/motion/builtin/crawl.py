"""Crawling on hands and feet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metaworldx.motion.builtin.body import ARM_JOINTS, SIDES, body, hand, legs, stand_pose
from metaworldx.motion.builtin.curves import minimum_jerk
from metaworldx.motion.builtin.foot_placement import FPS, Gait, sole_path, soles_of
from metaworldx.motion.builtin.gait import gait_clip, phases, turned
from metaworldx.motion.builtin.stand import stood
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
"""x of ankles and hands at mid-stance from the pelvis (m)."""
_APART = (0.17, 0.27)
"""Distance of feet and hands from the midline (m)."""
_PALM = 0.008
"""The hand's height when the end of the forearm rests on the ground (m)."""
_LAG = 0.05
"""Share of a cycle by which a foot follows the hand on the other side."""
_STANDING = (-0.085, 1.0, 0.05)
"""The standing pelvis's x from the ankles, height (m) and pitch (rad)."""
_OVER_FEET = 0.04
"""x of the centre of mass from the ankles on the way down (m)."""
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
    """A straight crawl's poses `[N, 26]` and phases `[N]`, without the cycle's end."""
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
    """Positions of the left and right hand `[N, 2, 3]`, m."""
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


def get_down(seconds: float = 2.5, hold: float = 0.5) -> Clip:
    """From standing still for `hold` to hands and feet, the feet planted, then still again.

    Height and pitch of the trunk move on minimum-jerk paths; the weight stays over the middle of
    the feet and goes onto the hands last. No source gives curves for this: people choose many ways.
    """
    b = body()
    t = np.arange(round((seconds + 2.0 * hold) * FPS) + 1) / FPS - hold
    share, early = minimum_jerk(t / seconds), minimum_jerk(t / (0.8 * seconds))
    qpos = np.tile(stand_pose(-0.8), (len(t), 1))
    upright, still = qpos[0].copy(), 0.0 * t
    qpos[:, 0] = _STANDING[0] - early * (_STANDING[0] + _FEET)
    qpos[:, 2] = (1.0 - share) * _STANDING[1] + share * _HEIGHT
    pitch = (1.0 - share) * _STANDING[2] + share * _PITCH
    qpos[:, 3:7] = turned(still, pitch, still)
    ends = [[x, sign * _APART[0], 0.0] for sign in (1.0, -1.0) for x in (-0.1, 0.2)]
    soles = np.tile(np.array(ends), (len(t), 1, 1))
    qpos = legs(qpos, soles)
    joints = tuple(f"{side}_{joint}" for side in SIDES for joint in ARM_JOINTS)
    palms = [[_HANDS - _FEET, sign * _APART[1], _PALM] for sign in (1.0, -1.0)]
    down = qpos[-1:].copy()
    columns = b.index(*joints)
    down[:, columns] = stand_pose(-1.2, _ARMS)[columns]
    points = tuple(hand(side) for side in SIDES)
    for posture in (0.05, 0.005):
        down = b.solve(down, joints, points, np.array([palms]), posture)
    qpos[:, columns] = upright[columns] + early[:, None] * (down[0, columns] - upright[columns])
    com = b.com(qpos)[:, 0]
    last = minimum_jerk((t - 0.8 * seconds) / (0.2 * seconds))
    wanted = _OVER_FEET + last * (com[-1] - _OVER_FEET)
    for _ in range(6):
        qpos[:, 0] += wanted - b.com(qpos)[:, 0]
        qpos = legs(qpos, soles)
    qpos[:, 0] -= qpos[0, 0]
    source = "minimum-jerk movements (Flash & Hogan 1985) between standing and crawling"
    return stood("crawl_down", qpos, "crawl", source, False, speed=min(PERIODS))


def clips() -> list[Clip]:
    """Straight on at each of PERIODS's speeds, and getting down to it."""
    return [*(crawl_clip(speed) for speed in PERIODS), get_down()]
