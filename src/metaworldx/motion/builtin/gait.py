"""Steps in place of steps: clips of walking-like gaits from where the soles go and how they load.

The soles' paths and the load that each takes are given; the pelvis goes where a linear inverted
pendulum under that load must be, corrected by the whole body's inverse dynamics; the legs follow
by inverse kinematics. So stance soles neither slide nor sink, and the push that the motion asks
of the ground lies under the feet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.spatial.transform import Rotation

from metaworldx.motion.builtin.body import (
    ARM_JOINTS,
    GRAVITY,
    HEEL,
    SIDES,
    TOE,
    body,
    legs,
    stand_pose,
)
from metaworldx.motion.builtin.curves import minimum_jerk, pendulum, quintic
from metaworldx.motion.kinematics import SOLE_DEPTH

FPS = 50.0
_HIP = np.array([0.039468, 0.0875, -0.1742])
"""From the pelvis to the left hip's roll axis (m)."""
_HIP_OUT, _LEG = 0.11536, 0.8
"""From the roll axis out to the leg, and the leg's length from hip to ankle (m)."""
COM_HEIGHT = 0.93
_EDGE = 0.02
"""How near to a stair's edge the sole stays above the higher step (m)."""
_WARPS = (0.6, 1.0, 1.6)
_PUSH = GRAVITY / COM_HEIGHT


@dataclass(frozen=True)
class Gait:
    """One cycle, from the left sole's touchdown; shares are of the cycle, angles rad.

    Attributes:
      period: s, a whole number of frames.
      stride: how far a cycle goes (m).
      duty: share that a sole stands.
      width: how far a sole is from the midline (m).
      touch_pitch, lift_pitch: how far the toes are up at touchdown and the heel at lift-off.
        Negative at touchdown: the toes land first.
      flat: when the sole is flat after touchdown.
      heel_off: when the heel begins to rise.
      brake: how sharply the swing ends; 0 comes to rest softly, 6 is a cubic's.
      press: where the sole is pushed as it becomes flat and before the heel rises (m).
      clearance: least height of the sole around mid-swing (m).
      bob: amplitude of the pelvis's height (m), twice a cycle.
      knee: least flexion of the knee.
      rotation, roll: amplitudes of the pelvis's turn to the forward leg, and list to the swing leg.
      lean: pitch of the trunk, forward.
      thorax: amplitude of the chest's turn against the pelvis.
      arm, elbow: mean and amplitude of shoulder pitch and of elbow.
      shoulder: roll and yaw of the left shoulder.
      climb: how much a cycle rises, over two steps of a stair (m).
      tread: how far before the ankle its step of the stair begins (m).
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
    climb: float = 0.0
    tread: float = 0.2

    @property
    def double(self) -> float:
        """Share of one double support."""
        return self.duty - 0.5


@dataclass
class Soles:
    """Both soles over time: ankles `[N, 2, 3]` (m), pitch and yaw `[N, 2]`; the left one first."""

    ankle: np.ndarray
    pitch: np.ndarray
    yaw: np.ndarray

    def ends(self) -> np.ndarray:
        """Left heel and toe, right heel and toe `[N, 4, 3]`, m."""
        spin = Rotation.from_euler("ZY", np.stack([self.yaw, self.pitch], -1).reshape(-1, 2))
        out = []
        for x in (HEEL, TOE):
            offset = spin.apply([x, 0.0, -SOLE_DEPTH]).reshape(self.ankle.shape)
            out.append(self.ankle + offset)
        return np.stack(out, axis=2).reshape(len(self.ankle), 4, 3)


def phases(period: float) -> np.ndarray:
    """Phases of a cycle's frames, the end left out; they begin at a quarter (left mid-stance)."""
    count = round(period * FPS)
    return 0.25 + np.arange(count) / count


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
    """Heights (m) of the ground along the gait; the left sole stands at x = 0, height 0 first."""
    return 0.5 * gait.climb * np.floor((x + gait.tread) / (0.5 * gait.stride))


def sole_path(phase: np.ndarray, gait: Gait) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One sole: the ankle's x and z (m) and pitch `[N]`, of a sole that stands at x = 0 first.

    Args:
      phase: of the cycle since touchdown; each whole cycle adds a stride and a climb.
    """
    rounds, within = np.floor(phase), phase % 1.0

    def stance(at: np.ndarray) -> np.ndarray:
        pitch = _stance_pitch(at, gait)
        return np.concatenate([_rolled(pitch), pitch[:, None]], axis=1)

    h = 1e-4
    off = stance(gait.duty - h * np.array([2.0, 1.0, 0.0]))
    on = stance(h * np.array([0.0, 1.0, 2.0]))
    on[:, 0] += gait.stride
    on[:, 1] += gait.climb
    share = 1.0 - gait.duty
    s = np.clip((within - gait.duty) / share, 0.0, 1.0)
    leave, arrive = (off[2] - off[1]) / h * share, (on[1] - on[0]) / h * share
    stop = np.array([-gait.brake * (on[0, 0] - off[2, 0]), 0.0, 0.0])
    swing = np.stack(
        [quintic(s, (off[2, i], leave[i], 0.0), (on[0, i], arrive[i], stop[i])) for i in range(3)],
        axis=1,
    )
    swing[:, 1] += _lift(swing, s, gait)
    out = np.where((within < gait.duty)[:, None], stance(within), swing)
    return out[:, 0] + rounds * gait.stride, out[:, 1] + rounds * gait.climb, out[:, 2]


def _lift(swing: np.ndarray, s: np.ndarray, gait: Gait) -> np.ndarray:
    """How much to raise a swing `[N]` (m) for the gait's clearance, on stairs over their edges.

    The least sum of smooth bumps, most raised early, midway and late, that does.
    """
    bumps = np.stack([64.0 * (s**w * (1.0 - s**w)) ** 3 for w in _WARPS], axis=1)
    middle = (s > 0.08) & (s < 0.95)
    if not np.any(middle):
        return gait.clearance * bumps[:, 1]
    x, z, pitch = swing[middle].T
    full = (s[middle] > 0.25) & (s[middle] < 0.8)
    short = np.full(len(x), -np.inf)
    for along in np.linspace(HEEL, TOE, 7):
        ahead = x + along * np.cos(pitch) - SOLE_DEPTH * np.sin(pitch)
        low = z - along * np.sin(pitch) - SOLE_DEPTH * np.cos(pitch)
        ground = np.maximum(stairs(ahead - _EDGE, gait), stairs(ahead + _EDGE, gait))
        wanted = ground + np.where(full, gait.clearance, -0.002)
        short = np.maximum(short, wanted - low)
    found = linprog(bumps[middle].mean(axis=0), -bumps[middle], -short)
    if not found.success:
        raise RuntimeError(f"no swing clears the ground: {found.message}")
    return bumps @ found.x


def load(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Share of the weight on the left sole `[N]`; it passes over in double support."""
    phase = phase % 1.0
    on = minimum_jerk(phase / gait.double)
    off = minimum_jerk((phase - 0.5) / gait.double)
    return on - off


def pressure(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Where a standing sole is pushed, before the ankle (m): from heel to toes.

    While it carries the robot alone it stays near the ankle, whose motor is weak.
    """
    at = [0.0, gait.flat, gait.heel_off, gait.duty, 1.0]
    first = HEEL if gait.touch_pitch > 0.0 else 0.16
    return np.interp(phase % 1.0, at, [first, *gait.press, 0.16, first])


def soles_of(phase: np.ndarray, gait: Gait) -> Soles:
    """Both soles of a straight gait at these phases."""
    sides = [sole_path(phase + shift, gait) for shift in (0.0, 0.5)]
    x = np.stack([sides[0][0], sides[1][0] - 0.5 * gait.stride], axis=1)
    z = np.stack([sides[0][1], sides[1][1] - 0.5 * gait.climb], axis=1)
    y = np.broadcast_to([gait.width, -gait.width], x.shape)
    pitch = np.stack([sides[0][2], sides[1][2]], axis=1)
    return Soles(np.stack([x, y, z], axis=2), pitch, np.zeros_like(pitch))


def asked_pressure(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """The zero moment point `[N, 2]` (m) of a straight gait, on the ground."""
    left = load(phase, gait)
    points = []
    for shift, sign in ((0.0, 1.0), (0.5, -1.0)):
        own = phase + shift
        x = np.floor(own) * gait.stride - shift * gait.stride + pressure(own, gait)
        points.append(np.stack([x, np.full_like(x, sign * gait.width)], axis=1))
    return left[:, None] * points[0] + (1.0 - left)[:, None] * points[1]


def support_height(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Height of the ground under the soles that stand `[N]` (m), by the weight on each."""
    left = np.floor(phase) * gait.climb
    right = (np.floor(phase + 0.5) - 0.5) * gait.climb
    share = load(phase, gait)
    return share * left + (1.0 - share) * right


def reach_height(
    qpos: np.ndarray, soles: Soles, knee: float, which: np.ndarray | None = None
) -> np.ndarray:
    """The highest pelvis `[N]` (m) at which no knee is straighter than `knee`.

    Args:
      which: `[N, 2]`, where a leg counts; all if None.
    """
    spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
    longest = _LEG * np.cos(0.5 * knee)
    heights = []
    for side, sign in enumerate((1.0, -1.0)):
        hip = spin.apply(_HIP * [1.0, sign, 1.0])
        away = soles.ankle[:, side, :2] - qpos[:, :2] - hip[:, :2]
        square = _HIP_OUT**2 + longest**2 - (away**2).sum(axis=1)
        height = soles.ankle[:, side, 2] + np.sqrt(np.maximum(square, 1e-4)) - hip[:, 2]
        heights.append(height if which is None else np.where(which[:, side], height, np.inf))
    return np.min(heights, axis=0)


def upper_body(qpos: np.ndarray, phase: np.ndarray, gait: Gait) -> None:
    """Sets the pelvis's orientation, the torso and the arms of these frames."""
    turn = 2.0 * np.pi * phase
    yaw = -gait.rotation * np.cos(turn)
    roll = gait.roll * np.sin(turn)
    angles = np.stack([yaw, np.full_like(yaw, gait.lean), roll], axis=1)
    qpos[:, 3:7] = Rotation.from_euler("ZYX", angles).as_quat(scalar_first=True)
    b = body()
    qpos[:, b.index("torso")[0]] = -yaw + gait.thorax * np.cos(turn)
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        columns = b.index(*(f"{side}_{name}" for name in ARM_JOINTS))
        swing = sign * np.cos(turn - 0.2)
        qpos[:, columns[0]] = gait.arm[0] + gait.arm[1] * swing
        qpos[:, columns[1]] = sign * gait.shoulder[0]
        qpos[:, columns[2]] = sign * gait.shoulder[1]
        qpos[:, columns[3]] = gait.elbow[0] + gait.elbow[1] * swing


def walked(gait: Gait, corrections: int = 3) -> tuple[np.ndarray, np.ndarray, Soles]:
    """A straight gait's poses `[N, 26]`, phases `[N]` and soles, the end left out."""
    phase = phases(gait.period)
    soles = soles_of(phase, gait)
    along = (phase - phase[0])[:, None] * [gait.stride, 0.0, gait.climb]
    up, along = along[:, 2], along[:, :2]
    asked = asked_pressure(phase, gait) - along
    underfoot = support_height(phase, gait)
    com = pendulum(asked, _PUSH, gait.period)
    qpos = np.tile(stand_pose(-0.3), (len(phase), 1))
    upper_body(qpos, phase, gait)
    offset = body().com(qpos)[:, :2] - qpos[:, :2]
    place = com - offset.mean(axis=0)
    bob = -gait.bob * np.cos(4.0 * np.pi * (phase - 0.5 * gait.double))
    for again in range(corrections + 1):
        qpos[:, :2] = place + along
        qpos[:, 2] = up + bob + np.min(reach_height(qpos, soles, gait.knee) - up - bob)
        qpos = legs(qpos, soles.ends())
        if again == corrections:
            break
        whole = closed(qpos, gait)
        point, _ = body().ground_point(
            whole, FPS, True, np.append(underfoot, underfoot[:1] + gait.climb)
        )
        place = place + pendulum(asked + along - point[:-1], _PUSH, gait.period)
    return qpos, phase, soles


def closed(qpos: np.ndarray, gait: Gait) -> np.ndarray:
    """A loop's poses with its end put back: the first one, moved on."""
    end = qpos[:1].copy()
    end[:, 0] += gait.stride
    end[:, 2] += gait.climb
    return np.concatenate([qpos, end])


def standing(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Which soles stand `[N + 1, 2]`, the loop's end put back."""
    own = np.stack([phase % 1.0, (phase + 0.5) % 1.0], axis=1) < gait.duty
    return np.concatenate([own, own[:1]])
