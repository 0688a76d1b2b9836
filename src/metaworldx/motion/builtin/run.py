"""Running on level ground at four speeds, with phases of flight."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from metaworldx.motion.builtin.body import (
    GRAVITY,
    LEG_JOINTS,
    SIDES,
    body,
    legs,
    sole_ends,
    stand_pose,
)
from metaworldx.motion.builtin.curves import pendulum, twice_integrated
from metaworldx.motion.builtin.foot_placement import FPS, Gait, soles_of
from metaworldx.motion.builtin.gait import (
    COM_HEIGHT,
    closed,
    gait_clip,
    phases,
    pressure,
    reach_height,
    standing,
    upper_body,
)
from metaworldx.motion.clip import Clip

SPEEDS = (2.0, 3.0, 4.0, 5.0)
SOURCE = (
    "parametric gait after Novacheck 1998 (The biomechanics of running), Nilsson & Thorstensson "
    "1989 (Ground reaction forces at different speeds of human walking and running), Cavanagh & "
    "Kram 1989 (Stride length in distance running)"
)
_CADENCE = (2.6, 2.8, 3.0, 3.25)
"""Steps per second at SPEEDS."""
_CONTACT = (0.29, 0.22, 0.18, 0.15)
"""Stance duration (s) at SPEEDS."""


SWING: dict[str, dict[float, float]] = {
    "hip_pitch": {0.3: -0.35, 0.65: -0.95, 0.88: -0.8},
    "knee": {0.35: 1.7, 0.6: 1.55, 0.88: 0.6},
    "ankle": {0.3: 0.15, 0.6: 0.0, 0.88: 0.03},
}
"""Joints (rad) at shares of the swing: the knee folds as the thigh comes forward."""


def run_gait(speed: float) -> Gait:
    """The gait at `speed` (m/s).

    - A stride grows longer more than quicker with speed: 160 to 195 steps a minute (Cavanagh &
      Kram 1989), and a sole stands 0.29 to 0.15 s (Nilsson & Thorstensson 1989), the shorter
      times of what people do, for H1's legs are short and its toes don't bend.
    - Knees bend to about 90 degrees and more in swing; the trunk leans 3 to 8 degrees; elbows are
      bent at about right angles, shoulders swing 20 to 40 degrees either way (Novacheck 1998).
    """
    period = round(2.0 / float(np.interp(speed, SPEEDS, _CADENCE)) * FPS) / FPS
    fast = (speed - 2.0) / 3.0
    return Gait(
        period=period,
        stride=speed * period,
        duty=float(np.interp(speed, SPEEDS, _CONTACT)) / period,
        width=0.11,
        touch_pitch=0.16,
        lift_pitch=0.4 + 0.1 * fast,
        flat=0.4 * float(np.interp(speed, SPEEDS, _CONTACT)) / period,
        heel_off=0.6 * float(np.interp(speed, SPEEDS, _CONTACT)) / period,
        brake=2.0,
        press=(0.0, 0.07),
        clearance=0.1 + 0.1 * fast,
        knee=0.46,
        rotation=0.07 + 0.05 * fast,
        roll=0.02,
        lean=0.06 + 0.05 * fast,
        thorax=0.1 + 0.1 * fast,
        arm=(0.15, 0.4 + 0.3 * fast),
        elbow=(0.25, 0.15),
        arm_lag=-0.8,
    )


def push(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Vertical ground reaction force over the robot's weight `[N]`: half-sines, mean 1."""
    out = np.zeros_like(phase)
    for shift in (0.0, 0.5):
        s = ((phase + shift) % 1.0) / gait.duty
        out += np.where(s < 1.0, np.sin(np.pi * np.minimum(s, 1.0)), 0.0)
    return out / out.mean()


def center_of_pressure(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Center of pressure of the sole in stance `[N, 2]`, m; meaningless in flight."""
    left = phase % 1.0 < 0.5
    out = np.zeros((len(phase), 2))
    for shift, sign, chosen in ((0.0, 1.0, left), (0.5, -1.0, ~left)):
        own = phase + shift
        x = np.floor(own) * gait.stride - shift * gait.stride + pressure(own, gait)
        side = np.stack([x, np.full_like(x, sign * gait.width)], axis=1)
        out[chosen] = side[chosen]
    return out


def ran(gait: Gait, corrections: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A straight run's poses `[N, 26]` and phases `[N]`, without the cycle's end."""
    phase = phases(gait.period)
    soles, stands = soles_of(phase, gait), standing(phase, gait)[:-1]
    force = push(phase, gait)
    along = (phase - phase[0])[:, None] * [gait.stride, 0.0]
    zmp = center_of_pressure(phase, gait) - along
    bounce = twice_integrated(GRAVITY * (force - 1.0), gait.period)
    k = force * GRAVITY / COM_HEIGHT
    qpos = np.tile(stand_pose(-0.4), (len(phase), 1))
    upper_body(qpos, phase, gait)
    offset = body().com(qpos) - qpos[:, :3]
    place = pendulum(zmp, k, gait.period) - offset.mean(axis=0)[:2]
    for again in range(corrections + 1):
        qpos[:, :2] = place + along
        rise = bounce - (offset[:, 2] - offset[:, 2].mean())
        qpos[:, 2] = rise + np.min(reach_height(qpos, soles, gait.knee, stands) - rise)
        # Swing legs are set later: only stance is solved.
        ends = np.where(np.repeat(stands, 2, 1)[..., None], soles.ends(), sole_ends(qpos))
        qpos = swung(legs(qpos, ends), phase, gait)
        offset = body().com(qpos) - qpos[:, :3]
        if again == corrections:
            break
        point, _ = body().ground_point(closed(qpos, gait), FPS, True)
        wrong = np.where(force[:, None] > 0.3, zmp + along - point[:-1], 0.0)
        place = place + pendulum(np.clip(wrong, -0.1, 0.1), k, gait.period)
    return qpos, phase


def swung(qpos: np.ndarray, phase: np.ndarray, gait: Gait) -> np.ndarray:
    """The same poses with swing legs on smooth curves from stance to stance through _SWING."""
    b, qpos = body(), qpos.copy()
    for side, shift in zip(SIDES, (0.0, 0.5), strict=True):
        own = (phase + shift) % 1.0
        order = np.argsort(own)
        order = order[own[order] < gait.duty]
        for joint in LEG_JOINTS:
            column = b.index(f"{side}_{joint}")[0]
            at, value = list(own[order]), list(qpos[order, column])
            for share, angle in SWING.get(joint, {}).items():
                at.append(gait.duty + share * (1.0 - gait.duty))
                value.append(angle)
            curve = CubicSpline([*at, at[0] + 1.0], [*value, value[0]], bc_type="periodic")
            swing = own >= gait.duty
            qpos[swing, column] = curve(own[swing])
    return qpos


def run_clip(speed: float) -> Clip:
    """One cycle of running straight on."""
    gait = run_gait(speed)
    return gait_clip(f"run_{speed:.1f}", ran(gait), gait, "run", SOURCE)


def clips() -> list[Clip]:
    """Straight on at each of SPEEDS."""
    return [run_clip(speed) for speed in SPEEDS]
