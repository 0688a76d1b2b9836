"""Gait clips from foot placement and load.

The soles' paths and loads are given. The pelvis follows an inverted pendulum under that load,
corrected by the whole body's inverse dynamics; the legs follow by inverse kinematics. So soles in
stance neither slide nor sink, and the zero moment point lies under the feet.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.builtin.body import ARM_JOINTS, GRAVITY, HEEL, SIDES, body, legs, stand_pose
from metaworldx.motion.builtin.curves import minimum_jerk, pendulum
from metaworldx.motion.builtin.foot_placement import FPS, Gait, Soles, soles_of
from metaworldx.motion.clip import Clip, command, make_clip

COM_HEIGHT = 0.93
"""Height of the centre of mass over the soles while walking (m)."""
_HIP = np.array([0.039468, 0.0875, -0.1742])
"""From the pelvis to the left hip's roll axis (m)."""
_HIP_OUT, _LEG = 0.11536, 0.8
"""From the roll axis out to the leg, and the leg's length from hip to ankle (m)."""
_PUSH = GRAVITY / COM_HEIGHT


def phases(period: float) -> np.ndarray:
    """Phases of a cycle's frames without its end; they start at 1/4 (left mid-stance)."""
    count = round(period * FPS)
    return 0.25 + np.arange(count) / count


def load(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Share of the weight on the left sole `[N]`; it shifts in double support."""
    phase = phase % 1.0
    on = minimum_jerk(phase / gait.double)
    off = minimum_jerk((phase - 0.5) / gait.double)
    return on - off


def pressure(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Center of pressure of a sole, x from the ankle (m): from heel to toes.

    In single support it stays near the ankle, whose motor is weak.
    """
    at = [0.0, gait.flat, gait.heel_off, gait.duty, 1.0]
    first = HEEL if gait.touch_pitch > 0.0 else 0.16
    return np.interp(phase % 1.0, at, [first, *gait.press, 0.16, first])


def desired_zmp(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Desired zero moment point `[N, 2]` (m) of a straight gait, on the ground."""
    left = load(phase, gait)
    points = []
    for shift, sign in ((0.0, 1.0), (0.5, -1.0)):
        own = phase + shift
        x = np.floor(own) * gait.stride - shift * gait.stride + pressure(own, gait)
        points.append(np.stack([x, np.full_like(x, sign * gait.width)], axis=1))
    return left[:, None] * points[0] + (1.0 - left)[:, None] * points[1]


def support_height(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Ground height under the soles in stance `[N]` (m), weighted by load."""
    left = np.floor(phase) * gait.climb
    right = (np.floor(phase + 0.5) - 0.5) * gait.climb
    share = load(phase, gait)
    return share * left + (1.0 - share) * right


def reach_height(
    qpos: np.ndarray, soles: Soles, knee: float, which: np.ndarray | None = None
) -> np.ndarray:
    """Maximum pelvis height `[N]` (m) at which no knee is straighter than `knee`.

    Args:
      which: legs that count `[N, 2]`; all if None.
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


def turned(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Orientations `[N, 4]` with that heading, leaning forward and to the right (rad)."""
    lean = Rotation.from_rotvec(np.stack([roll, pitch, 0.0 * roll], axis=1))
    return (Rotation.from_euler("z", yaw[:, None]) * lean).as_quat(scalar_first=True)


def upper_body(qpos: np.ndarray, phase: np.ndarray, gait: Gait) -> None:
    """Sets the pelvis's orientation, the torso and the arms of these frames."""
    turn = 2.0 * np.pi * phase
    yaw = -gait.rotation * np.cos(turn)
    roll = gait.roll * np.sin(turn)
    qpos[:, 3:7] = turned(yaw, np.full_like(yaw, gait.lean), roll)
    b = body()
    qpos[:, b.index("torso")[0]] = -yaw + gait.thorax * np.cos(turn)
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        columns = b.index(*(f"{side}_{name}" for name in ARM_JOINTS))
        swing = sign * np.cos(turn - gait.arm_lag)
        qpos[:, columns[0]] = gait.arm[0] + gait.arm[1] * swing
        qpos[:, columns[1]] = sign * gait.shoulder[0]
        qpos[:, columns[2]] = sign * gait.shoulder[1]
        qpos[:, columns[3]] = gait.elbow[0] + gait.elbow[1] * swing


def walked(gait: Gait, corrections: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A straight gait's poses `[N, 26]` and phases `[N]`, without the cycle's end.

    The left sole's stance is at x = 0 in the cycle that starts at phase 0.
    """
    phase = phases(gait.period)
    soles = soles_of(phase, gait)
    along = (phase - phase[0])[:, None] * [gait.stride, 0.0, gait.climb]
    up, along = along[:, 2], along[:, :2]
    zmp = desired_zmp(phase, gait) - along
    underfoot = support_height(phase, gait)
    com = pendulum(zmp, _PUSH, gait.period)
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
        place = place + pendulum(zmp + along - point[:-1], _PUSH, gait.period)
    return qpos, phase


def closed(qpos: np.ndarray, gait: Gait) -> np.ndarray:
    """A loop's poses with its end appended: the displaced first one."""
    end = qpos[:1].copy()
    end[:, 0] += gait.stride
    end[:, 2] += gait.climb
    return np.concatenate([qpos, end])


def bent(qpos: np.ndarray, phase: np.ndarray, gait: Gait, turn: float) -> np.ndarray:
    """A straight gait's closed loop `[N + 1, 26]` bent along an arc.

    Pelvis and soles keep their positions along and beside the path; the pelvis leans inwards to
    balance the centripetal force.

    Args:
      turn: yaw per cycle to the left (rad).
    """
    ends = np.append(phase, phase[0] + 1.0)
    soles, qpos = soles_of(ends, gait), qpos.copy()
    curve, start = turn / gait.stride, qpos[0, 0]
    speed = gait.stride / gait.period
    inwards = speed**2 * curve * COM_HEIGHT / GRAVITY

    def led(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions beside the arc `[..., 2]` and the arc's heading there."""
        angle, out = curve * (x - start), 1.0 / curve - y
        places = [start + out * np.sin(angle), 1.0 / curve - out * np.cos(angle)]
        return np.stack(places, axis=-1), angle

    # A sole pivots about its flat position, so that it still rolls without slipping.
    forward = soles.ankle[..., 0] - soles.spot
    places, soles.yaw = led(soles.spot, soles.ankle[..., 1])
    ahead = np.stack([np.cos(soles.yaw), np.sin(soles.yaw)], axis=-1)
    soles.ankle[..., :2] = places + forward[..., None] * ahead
    qpos[:, :2], angle = led(qpos[:, 0], qpos[:, 1] + inwards)
    spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
    spin = Rotation.from_euler("z", angle[:, None]) * spin
    qpos[:, 3:7] = spin.as_quat(scalar_first=True)
    # The outer leg has the longer path.
    qpos[:, 2] += min(0.0, float(np.min(reach_height(qpos, soles, gait.knee) - qpos[:, 2])))
    return legs(qpos, soles.ends())


def gait_clip(
    name: str,
    poses: tuple[np.ndarray, np.ndarray],
    gait: Gait,
    skill: str,
    source: str,
    turn: float = 0.0,
) -> Clip:
    """A looping clip from the result of `walked`, from x = y = 0, heading along x.

    Args:
      turn: yaw per cycle to the left (rad).
    """
    qpos, phase = poses
    qpos = closed(qpos, gait)
    if turn:
        qpos = bent(qpos, phase, gait, turn)
    qpos[:, :2] -= qpos[0, :2].copy()
    return make_clip(
        *(name, body().joints, qpos, FPS, True, standing(phase, gait)),
        skill=skill,
        source=source,
        licence="Apache-2.0",
        command=command(speed=gait.stride / gait.period, turn_rate=turn / gait.period),
    )


def standing(phase: np.ndarray, gait: Gait) -> np.ndarray:
    """Soles in stance `[N + 1, 2]`, with the loop's end appended."""
    own = np.stack([phase % 1.0, (phase + 0.5) % 1.0], axis=1) < gait.duty
    return np.concatenate([own, own[:1]])
