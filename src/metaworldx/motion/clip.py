"""Motion clips of a robot: data structure, validation and velocities."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.core.errors import UserError

COMMAND = {
    "speed": slice(0, 1),
    "turn_rate": slice(1, 2),
    "left_hand": slice(2, 5),
    "right_hand": slice(5, 8),
    "seat": slice(8, 11),
}
"""A command's entries: forward speed (m/s), turn rate (rad/s), hand targets and seat position (m)
in a frame on the ground below the pelvis, x along its heading. Unused entries are 0."""
COMMAND_SIZE = 11
CLOSE_RAD = 0.02
"""Tolerance between last and first frame of a loop, joints and tilt (rad). A loop may rise."""
MAX_FPS = 1000.0
NO_COMMAND = (0.0,) * COMMAND_SIZE


@dataclass(frozen=True)
class Clip:
    """A motion of a robot's joints and pelvis.

    Frame k is at time k / fps, so T frames last (T - 1) / fps. x is forward, z up.

    Attributes:
      name: of the clip.
      joints: the J hinges' names.
      qpos: pelvis (m), orientation w x y z, hinges (rad), as MuJoCo has them `[T, 7 + J]`.
      qvel: linear velocity in the world, angular in the pelvis, hinges (rad/s) `[T, 6 + J]`.
      contacts: contact of left and right sole with the ground, bool `[T, 2]`.
      fps: frames per second.
      loop: the motion is cyclic: the last frame is the first after a displacement.
      skill: that the clip belongs to; empty for none.
      source, licence: of the motion.
      command: that the clip performs; see COMMAND.
    """

    name: str
    joints: tuple[str, ...]
    qpos: np.ndarray
    qvel: np.ndarray
    contacts: np.ndarray
    fps: float
    loop: bool
    skill: str = ""
    source: str = ""
    licence: str = ""
    command: tuple[float, ...] = field(default=NO_COMMAND)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.qpos)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last; of a loop, its period."""
        return (self.frames - 1) / self.fps


def command(**entries: float | tuple[float, ...]) -> tuple[float, ...]:
    """A command with some of COMMAND's entries set, the rest 0."""
    values = np.zeros(COMMAND_SIZE)
    for name, value in entries.items():
        values[COMMAND[name]] = value
    return tuple(float(x) for x in values)


def make_clip(
    name: str,
    joints: tuple[str, ...],
    qpos: np.ndarray,
    fps: float,
    loop: bool,
    contacts: np.ndarray | None = None,
    **about: object,
) -> Clip:
    """A checked clip from positions: velocities by central differences.

    Raises:
      UserError: see `checked`.
    """
    qpos = np.array(qpos, float)
    if contacts is None:
        contacts = np.zeros((len(qpos), 2), bool)
    clip = Clip(name, joints, qpos, np.zeros((len(qpos), 6)), contacts, fps, loop, **about)  # type: ignore[arg-type]
    _check_positions(clip)
    unit = qpos[:, 3:7] / np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    qpos[:, 3:7] = same_sign(unit)
    return checked(replace(clip, qpos=qpos, qvel=velocities(qpos, fps, loop)))


def checked(clip: Clip) -> Clip:
    """The same clip, validated.

    Raises:
      UserError: wrong shapes, non-finite numbers, fewer than two frames, a frame rate outside 0 to
        1,000, or a loop whose ends do not match.
    """
    _check_positions(clip)
    frames, count = clip.frames, len(clip.joints)
    for name, array, shape in (
        ("qvel", clip.qvel, (frames, 6 + count)),
        ("contacts", clip.contacts, (frames, 2)),
    ):
        if array.shape != shape:
            raise UserError(f"clip {clip.name!r}: {name} is {array.shape}; must be {shape}")
    if not np.all(np.isfinite(clip.qvel)):
        raise UserError(f"clip {clip.name!r}: qvel holds NaN or infinity")
    if len(clip.command) != COMMAND_SIZE or not np.all(np.isfinite(clip.command)):
        raise UserError(f"clip {clip.name!r}: command must be {COMMAND_SIZE} finite numbers")
    norms = np.linalg.norm(clip.qpos[:, 3:7], axis=1)
    if np.any(np.abs(norms - 1.0) > 1e-3):
        raise UserError(f"clip {clip.name!r}: orientations are not unit quaternions")
    if clip.loop:
        apart = np.abs(clip.qpos[-1, 7:] - clip.qpos[0, 7:]).max(initial=0.0)
        tilt = np.abs(_without_yaw(clip.qpos[-1, 3:7]) - _without_yaw(clip.qpos[0, 3:7])).max()
        if max(apart, tilt) > CLOSE_RAD:
            raise UserError(
                f"clip {clip.name!r} is no loop: its ends are {max(apart, tilt):.3f} rad apart; "
                f"{CLOSE_RAD} is allowed"
            )
    return clip


def _check_positions(clip: Clip) -> None:
    width = 7 + len(clip.joints)
    if clip.qpos.ndim != 2 or clip.qpos.shape[1] != width:
        raise UserError(f"clip {clip.name!r}: qpos is {clip.qpos.shape}; must be (frames, {width})")
    if clip.frames < 2:
        raise UserError(f"clip {clip.name!r} has {clip.frames} frames; needs at least 2")
    if not np.all(np.isfinite(clip.qpos)):
        raise UserError(f"clip {clip.name!r}: qpos holds NaN or infinity")
    if not 0.0 < clip.fps <= MAX_FPS:
        raise UserError(f"clip {clip.name!r}: fps is {clip.fps}; must be over 0, up to {MAX_FPS:g}")
    if np.any(np.linalg.norm(clip.qpos[:, 3:7], axis=1) < 1e-6):
        raise UserError(f"clip {clip.name!r}: orientations hold zero quaternions")


# ---- velocities


def velocities(qpos: np.ndarray, fps: float, loop: bool) -> np.ndarray:
    """Central differences on the manifold, `[T, 6 + J]`; one-sided at the ends unless a loop.

    Args:
      qpos: `[T, 7 + J]`; of a loop, the last frame is the displaced first one.
    """
    spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
    linear = np.diff(np.concatenate([qpos[:, :3], qpos[:, 7:]], axis=1), axis=0) * fps
    # The rotation from one frame to the next, in the first one's axes.
    turn = (spin[:-1].inv() * spin[1:]).as_rotvec() * fps
    steps = np.concatenate([linear[:, :3], turn, linear[:, 3:]], axis=1)
    if loop:
        before = np.concatenate([steps[-1:], steps], axis=0)
        after = np.concatenate([steps, steps[:1]], axis=0)
        # In a loop that turns, velocities rotate with each cycle.
        yaw = yaw_of(spin[-1]) - yaw_of(spin[0])
        before[0, :3] = Rotation.from_euler("z", -yaw).apply(steps[-1, :3])
        after[-1, :3] = Rotation.from_euler("z", yaw).apply(steps[0, :3])
    else:
        before = np.concatenate([steps[:1], steps], axis=0)
        after = np.concatenate([steps, steps[-1:]], axis=0)
    return 0.5 * (before + after)


def displacement(clip: Clip) -> tuple[np.ndarray, float]:
    """How a clip moves the pelvis from first to last frame: `[3]` m in its first heading, rad."""
    first, last = (Rotation.from_quat(clip.qpos[i, 3:7], scalar_first=True) for i in (0, -1))
    yaw = yaw_of(first)
    moved = Rotation.from_euler("z", -yaw).apply(clip.qpos[-1, :3] - clip.qpos[0, :3])
    turned = (yaw_of(last) - yaw + np.pi) % (2.0 * np.pi) - np.pi
    return moved, float(turned)


# ---- orientations


def same_sign(quat: np.ndarray) -> np.ndarray:
    """Quaternions `[T, 4]` with signs continuous in time."""
    quat = quat.copy()
    for t in range(1, len(quat)):
        if quat[t] @ quat[t - 1] < 0.0:
            quat[t] *= -1.0
    return quat


def yaw_of(spin: Rotation) -> float:
    """Yaw of a rotation, as in `kinematics.heading`."""
    _, _, z, w = spin.as_quat()
    return float((2.0 * np.arctan2(z, w) + np.pi) % (2.0 * np.pi) - np.pi)


def _without_yaw(quat: np.ndarray) -> np.ndarray:
    """The world's up vector in a frame `[3]`: its orientation without the yaw."""
    return Rotation.from_quat(quat, scalar_first=True).inv().apply([0.0, 0.0, 1.0])
