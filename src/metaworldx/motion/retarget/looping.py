"""Looping of human motions: resampling, seam measurement, closing and unrolling of cycles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from metaworldx.motion.human_skeleton import HumanMotion, forward_kinematics

_STRAIGHT_RAD = 0.25
"""Yaw per cycle (rad) below which a loop goes straight; poses at file ends differ as much."""


def at_rate(motion: HumanMotion, fps: float, whole: bool) -> HumanMotion:
    """The motion at another frame rate.

    Args:
      whole: scale time by less than half a frame so that the last frame stays; else the remainder
        after the last full frame is dropped.
    """
    count = motion.duration_s * fps
    count = max(2, (round(count) if whole else int(count + 1e-6)) + 1)
    last = motion.duration_s if whole else (count - 1) / fps
    old = np.arange(motion.frames) / motion.fps
    new = np.clip(np.linspace(0.0, last, count), 0.0, old[-1])
    matrices = np.stack(
        [
            Slerp(old, Rotation.from_quat(motion.rotations[:, j], scalar_first=True))(new).as_quat(
                scalar_first=True
            )
            for j in range(len(motion.joints))
        ],
        axis=1,
    )
    root = np.stack([np.interp(new, old, x) for x in motion.positions[:, 0].T], axis=1)
    return _rebuilt(motion, root, matrices, fps)


def round_trip(motion: HumanMotion) -> tuple[np.ndarray, float]:
    """Displacement (m, world) and yaw (rad) of the pelvis from the first frame to the last.

    The yaw is 0 if too small to be intended.
    """
    first, last = (Rotation.from_quat(motion.rotations[i, 0], scalar_first=True) for i in (0, -1))
    _, _, z, w = (last * first.inv()).as_quat()
    turned = (2.0 * np.arctan2(z, w) + np.pi) % (2.0 * np.pi) - np.pi
    moved = motion.positions[-1, 0] - motion.positions[0, 0]
    return moved, float(turned) if abs(turned) > _STRAIGHT_RAD else 0.0


def seam(motion: HumanMotion) -> float:
    """Largest joint distance between last and first frame, without position and heading (m)."""
    _, turned = round_trip(motion)
    first, last = (motion.positions[i] - motion.positions[i, 0] for i in (0, -1))
    first = Rotation.from_euler("z", turned).apply(first)
    rise = abs(motion.positions[-1, 0, 2] - motion.positions[0, 0, 2])
    return float(max(np.linalg.norm(first - last, axis=1).max(), rise))


def closed(motion: HumanMotion) -> HumanMotion:
    """The loop with matching ends: their difference is spread evenly over the cycle."""
    _, turned = round_trip(motion)
    ramp = np.linspace(-0.5, 0.5, motion.frames)
    turn = Rotation.from_euler("z", turned)
    rotations = np.empty_like(motion.rotations)
    for j in range(len(motion.joints)):
        spin = Rotation.from_quat(motion.rotations[:, j], scalar_first=True)
        apart = (spin[-1].inv() * turn * spin[0]).as_rotvec()
        rotations[:, j] = (spin * Rotation.from_rotvec(ramp[:, None] * apart)).as_quat(
            scalar_first=True
        )
    root = motion.positions[:, 0].copy()
    root[:, 2] += ramp * (root[0, 2] - root[-1, 2])
    return _rebuilt(motion, root, rotations, motion.fps)


def unrolled(motion: HumanMotion, before: int, after: int) -> HumanMotion:
    """A closed loop with frames of the previous and of the next cycle."""
    moved, turned = round_trip(motion)
    period = motion.frames - 1
    frames = np.arange(-before, motion.frames + after)
    rounds = np.floor_divide(frames, period)
    # The last frame belongs to this cycle.
    rounds[frames == period] = 0
    within = frames - rounds * period
    root = np.empty((len(frames), 3))
    rotations = np.empty((len(frames), len(motion.joints), 4))
    start, begin = motion.positions[0, 0], {0: motion.positions[0, 0]}
    for n in range(1, int(np.abs(rounds).max(initial=0)) + 1):
        begin[n] = begin[n - 1] + Rotation.from_euler("z", (n - 1) * turned).apply(moved)
        begin[-n] = begin[1 - n] - Rotation.from_euler("z", -n * turned).apply(moved)
    for i, (n, k) in enumerate(zip(rounds, within, strict=True)):
        turn = Rotation.from_euler("z", n * turned)
        root[i] = begin[int(n)] + turn.apply(motion.positions[k, 0] - start)
        spin = turn * Rotation.from_quat(motion.rotations[k], scalar_first=True)
        rotations[i] = spin.as_quat(scalar_first=True)
    return _rebuilt(motion, root, rotations, motion.fps)


def _rebuilt(
    motion: HumanMotion, root: np.ndarray, rotations: np.ndarray, fps: float
) -> HumanMotion:
    shape = (*rotations.shape[:2], 3, 3)
    matrices = Rotation.from_quat(rotations.reshape(-1, 4), scalar_first=True).as_matrix()
    positions = forward_kinematics(motion.parents, motion.offsets, root, matrices.reshape(shape))
    return replace(motion, fps=fps, positions=positions, rotations=rotations)
