"""Foot placement of a gait: rolling stance and ground-clearing swing of both soles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import linprog
from scipy.spatial.transform import Rotation

from metaworldx.motion.builtin.body import HEEL, TOE
from metaworldx.motion.builtin.curves import minimum_jerk, quintic
from metaworldx.motion.kinematics import SOLE_DEPTH

FPS = 50.0
_EDGE = 0.02
"""How near to a stair's edge the sole stays above the higher step (m)."""
_WARPS = (0.6, 1.0, 1.6)
"""Powers of the swing's share at which its bumps peak."""


@dataclass(frozen=True)
class Gait:
    """A gait cycle from the left sole's touchdown; shares are of the cycle, angles rad.

    Attributes:
      period: s, a whole number of frames.
      stride: displacement per cycle (m).
      duty: stance share of a sole (duty factor).
      width: distance of a sole from the midline (m).
      touch_pitch, lift_pitch: pitch of the toes at touchdown and of the heel at lift-off, upwards.
        Negative at touchdown: the toes land first.
      flat: share at which the sole is flat after touchdown.
      heel_off: share at which the heel starts to rise.
      brake: abruptness of the swing's end; 0 comes to rest smoothly, 6 is a cubic's.
      press: center of pressure when the sole becomes flat and before the heel rises (m).
      clearance: minimum height of the sole around mid-swing (m).
      bob: amplitude of the pelvis's height (m), twice per cycle.
      knee: minimum flexion of the knee.
      rotation, roll: amplitudes of the pelvis's yaw to the forward leg, and list to the swing leg.
      lean: forward pitch of the trunk.
      thorax: amplitude of the chest's yaw against the pelvis.
      arm, elbow: mean and amplitude of shoulder pitch and of elbow.
      shoulder: roll and yaw of the left shoulder.
      arm_lag: phase lag of the arm's rearmost position behind its leg's touchdown, rad.
      climb: rise per cycle, over two steps of a stair (m).
      tread: distance of the stair's edge before the ankle (m).
    """

    period: float
    stride: float
    duty: float
    width: float = 0.13
    touch_pitch: float = 0.15
    lift_pitch: float = 0.4
    flat: float = 0.1
    heel_off: float = 0.43
    brake: float = 8.0
    press: tuple[float, float] = (-0.05, 0.04)
    clearance: float = 0.04
    bob: float = 0.02
    knee: float = 0.15
    rotation: float = 0.07
    roll: float = 0.02
    lean: float = 0.06
    thorax: float = 0.05
    arm: tuple[float, float] = (0.1, 0.25)
    elbow: tuple[float, float] = (1.15, 0.1)
    shoulder: tuple[float, float] = (0.17, 0.0)
    arm_lag: float = 0.1
    climb: float = 0.0
    tread: float = 0.2

    @property
    def double(self) -> float:
        """Share of one double support."""
        return self.duty - 0.5


@dataclass
class Soles:
    """Both soles over time, the left one first.

    Attributes:
      ankle: `[N, 2, 3]`, m.
      pitch, yaw: `[N, 2]`, rad.
      spot: x of the flat sole in stance, moving to the next in swing `[N, 2]`, m.
    """

    ankle: np.ndarray
    pitch: np.ndarray
    yaw: np.ndarray
    spot: np.ndarray

    def ends(self) -> np.ndarray:
        """Left heel and toe, right heel and toe `[N, 4, 3]`, m."""
        spin = Rotation.from_euler("ZY", np.stack([self.yaw, self.pitch], -1).reshape(-1, 2))
        out = []
        for x in (HEEL, TOE):
            offset = spin.apply([x, 0.0, -SOLE_DEPTH]).reshape(self.ankle.shape)
            out.append(self.ankle + offset)
        return np.stack(out, axis=2).reshape(len(self.ankle), 4, 3)


def _rolled(pitch: np.ndarray) -> np.ndarray:
    """The ankle `[N, 2]` (x, z) of a sole that has rolled over its heel (< 0) or toes (> 0)."""
    pivot = np.where(pitch < 0.0, HEEL, TOE)
    sin, cos = np.sin(pitch), np.cos(pitch)
    x = pivot - pivot * cos + SOLE_DEPTH * sin
    z = pivot * sin + SOLE_DEPTH * cos
    return np.stack([x, z], axis=-1)


def _stance_pitch(phase: np.ndarray, gait: Gait) -> np.ndarray:
    down = -gait.touch_pitch * (1.0 - minimum_jerk(phase / gait.flat))
    s = np.clip((phase - gait.heel_off) / (gait.duty - gait.heel_off), 0.0, 1.0)
    up = quintic(s, (0.0, 0.0, 0.0), (gait.lift_pitch, 2.0 * gait.lift_pitch, 0.0))
    return np.where(phase < gait.flat, down, up)


def stairs(x: np.ndarray, gait: Gait) -> np.ndarray:
    """Ground heights (m) along the gait; the left sole's first stance is at x = 0, height 0."""
    return 0.5 * gait.climb * np.floor((x + gait.tread) / (0.5 * gait.stride))


def sole_path(phase: np.ndarray, gait: Gait) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Path of a sole: the ankle's x and z (m) and pitch `[N]`; its first stance is at x = 0.

    Args:
      phase: of the cycle since touchdown; each whole cycle adds a stride and a climb.
    """
    rounds, within = np.floor(phase), phase % 1.0
    s = np.clip((within - gait.duty) / (1.0 - gait.duty), 0.0, 1.0)
    swing = _swing(s, gait)
    swing[:, 1] += _bumps(s) @ np.array(_lift(gait))
    out = np.where((within < gait.duty)[:, None], _stance(within, gait), swing)
    return out[:, 0] + rounds * gait.stride, out[:, 1] + rounds * gait.climb, out[:, 2]


def _stance(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Ankle's x, z and pitch `[N, 3]` in stance."""
    pitch = _stance_pitch(phase, gait)
    return np.concatenate([_rolled(pitch), pitch[:, None]], axis=1)


def _swing(s: np.ndarray, gait: Gait) -> np.ndarray:
    """Ankle's x, z and pitch `[N, 3]` at shares of the swing, without ground clearance."""
    h = 1e-4
    off = _stance(gait.duty - h * np.array([1.0, 0.0]), gait)
    on = _stance(h * np.array([0.0, 1.0]), gait)
    on += [gait.stride, gait.climb, 0.0]
    share = 1.0 - gait.duty
    leave, arrive = (off[1] - off[0]) / h * share, (on[1] - on[0]) / h * share
    stop = (-gait.brake * (on[0, 0] - off[1, 0]), 0.0, 0.0)
    ends = [((off[1, i], leave[i], 0.0), (on[0, i], arrive[i], stop[i])) for i in range(3)]
    return np.stack([quintic(s, begin, end) for begin, end in ends], axis=1)


def _bumps(s: np.ndarray) -> np.ndarray:
    """Smooth curves `[N, 3]`, 0 at both ends of the swing, that peak early, midway and late."""
    return np.stack([64.0 * (s**w * (1.0 - s**w)) ** 3 for w in _WARPS], axis=1)


@cache
def _lift(gait: Gait) -> tuple[float, ...]:
    """Height of each bump (m) for the gait's clearance, on stairs over their edges.

    Raises:
      RuntimeError: no height suffices.
    """
    s = np.linspace(0.08, 0.95, 88)
    bumps, (x, z, pitch) = _bumps(s), _swing(s, gait).T
    full = (s > 0.25) & (s < 0.8)
    short = np.full(len(s), -np.inf)
    for along in np.linspace(HEEL, TOE, 7):
        ahead = x + along * np.cos(pitch) - SOLE_DEPTH * np.sin(pitch)
        low = z - along * np.sin(pitch) - SOLE_DEPTH * np.cos(pitch)
        ground = np.maximum(stairs(ahead - _EDGE, gait), stairs(ahead + _EDGE, gait))
        wanted = ground + np.where(full, gait.clearance, -0.002)
        short = np.maximum(short, wanted - low)
    found = linprog(bumps.mean(axis=0), -bumps, -short)
    if not found.success:
        raise RuntimeError(f"no swing clears the ground: {found.message}")
    return tuple(float(x) for x in found.x)


def soles_of(phase: np.ndarray, gait: Gait) -> Soles:
    """Both soles of a straight gait at these phases."""
    ankles, pitches, spots = [], [], []
    for shift, sign in ((0.0, 1.0), (0.5, -1.0)):
        own = phase + shift
        x, z, pitch = sole_path(own, gait)
        back = shift * gait.stride
        ankle = [x - back, np.full_like(x, sign * gait.width), z - shift * gait.climb]
        ankles.append(np.stack(ankle, axis=1))
        pitches.append(pitch)
        gone = minimum_jerk((own % 1.0 - gait.duty) / (1.0 - gait.duty))
        spots.append((np.floor(own) + gone) * gait.stride - back)
    pitch = np.stack(pitches, axis=1)
    return Soles(np.stack(ankles, axis=1), pitch, np.zeros_like(pitch), np.stack(spots, axis=1))
