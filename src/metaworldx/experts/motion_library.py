"""Motion library: a skill's clips as arrays, with reference states at any time of any clip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.core.errors import UserError
from metaworldx.experts.body_frame import arm_gains, body_frame
from metaworldx.motion.builtin import place_for
from metaworldx.motion.clip import Clip, displacement
from metaworldx.motion.clip_edits import resampled
from metaworldx.motion.kinematics import robot_tree

CONTROL_RATE = 50.0
_LEAST_FRAMES = 32
_ROWS = 512
"""Frames per call of the kinematics: one compiled shape for the clips of all robots."""


@struct.dataclass
class ReferenceFrame:
    """The reference at one time. Heading frame: origin in the pelvis, x along its heading, z up.

    Attributes:
      qpos, qvel: `[7 + J]`, `[6 + J]`, in the clip's frame.
      height: of the pelvis over the lower sole, m.
      soles: centers of the soles in the heading frame `[2, 3]`, m.
      hands: positions of the hands in the heading frame `[2, 3]`, m.
      hand_share: progress of each hand towards its commanded target, 0 to 1 `[2]`; 0 without one.
      arm_gain: change of each arm's hinges per displacement of its hand (first order), times
        `hand_share` `[2, 4, 3]`, rad/m.
      up: the world's up vector in the pelvis's frame `[3]`.
      velocity: of the pelvis in the heading frame `[3]`, m/s.
      yaw: of the pelvis, relative to a turn at the clip's mean rate, rad.
      contacts: contact of the left and right sole with the ground, 0 to 1 `[2]`.
      phase: 0 to 1 over the clip.
    """

    qpos: jax.Array
    qvel: jax.Array
    height: jax.Array
    soles: jax.Array
    hands: jax.Array
    hand_share: jax.Array
    arm_gain: jax.Array
    up: jax.Array
    velocity: jax.Array
    yaw: jax.Array
    contacts: jax.Array
    phase: jax.Array


def _shapes(joints: int) -> dict[str, tuple[int, ...]]:
    """Fields of a `ReferenceFrame` in a row of `MotionLibrary.frames`, in order."""
    return {
        "qpos": (7 + joints,),
        "qvel": (6 + joints,),
        "height": (),
        "soles": (2, 3),
        "hands": (2, 3),
        "hand_share": (2,),
        "arm_gain": (2, 4, 3),
        "up": (3,),
        "velocity": (3,),
        "yaw": (),
        "contacts": (2,),
    }


@struct.dataclass
class MotionLibrary:
    """C clips with N frames in all, concatenated; a lookup interpolates between two rows.

    Attributes:
      frames: one row per frame, a `ReferenceFrame` without its phase `[N, D]`.
      first: row of each clip's first frame `[C]`.
      last: offset of its last frame from there `[C]`.
      duration: `[C]`, s.
      loop: whether the clip is cyclic `[C]`, bool.
      turn_rate: mean over the clip `[C]`, rad/s.
      command: `[C, 11]`.
      start_position: position in the task's scene at which the clip starts `[C, 3]`, m.
      cycle_displacement: displacement of the pelvis over a cycle `[C, 3]`, m; 0 for clips that
        end.
      cycles: number of cycles from there on before the scene changes (e.g. stairs end) `[C]`.
      next_clip: index of the clip that follows one that ends `[C]`; its own without one.
      joints: J.
    """

    frames: jax.Array
    first: jax.Array
    last: jax.Array
    duration: jax.Array
    loop: jax.Array
    turn_rate: jax.Array
    command: jax.Array
    start_position: jax.Array
    cycle_displacement: jax.Array
    cycles: jax.Array
    next_clip: jax.Array
    joints: int = struct.field(pytree_node=False)

    @property
    def clips(self) -> int:
        """Number of clips."""
        return self.first.shape[-1]


def build_motion_library(
    robot: str, clips: Sequence[Clip], next_clip: int | None = None
) -> MotionLibrary:
    """Clips of one robot, each resampled to the same number of frames.

    Args:
      next_clip: index of the clip that follows every clip that ends; None without one.

    Raises:
      UserError: no clips, or a clip of other joints.
    """
    if not clips:
        raise UserError("no clips; needs at least 1")
    for clip in clips:
        if clip.joints != robot_tree(robot).joints:
            raise UserError(f"clip {clip.name!r} has other joints than the robot {robot}")
    last = max(_LEAST_FRAMES, *(math.ceil(clip.duration * CONTROL_RATE) for clip in clips))
    frames_and_turns = [_frames(robot, resampled(clip, last / clip.duration)) for clip in clips]
    duration = np.array([clip.duration for clip in clips])
    places = [place_for(clip) for clip in clips]

    def single(x: Any) -> jax.Array:
        return jnp.asarray(np.asarray(x), jnp.float32)

    return MotionLibrary(
        frames=single(np.concatenate([frames for frames, _ in frames_and_turns])),
        first=jnp.asarray((last + 1) * np.arange(len(clips)), jnp.int32),
        last=jnp.asarray(np.full(len(clips), last), jnp.int32),
        duration=single(duration),
        loop=jnp.asarray(np.array([clip.loop for clip in clips])),
        turn_rate=single(np.array([turned for _, turned in frames_and_turns]) / duration),
        command=single([clip.command for clip in clips]),
        start_position=single([place for place, _ in places]),
        cycle_displacement=single([displacement(clip)[0] * clip.loop for clip in clips]),
        cycles=jnp.asarray(np.array([cycles for _, cycles in places]), jnp.int32),
        next_clip=jnp.asarray(
            np.array(
                [n if clip.loop or next_clip is None else next_clip for n, clip in enumerate(clips)]
            ),
            jnp.int32,
        ),
        joints=len(clips[0].joints),
    )


def _frames(robot: str, clip: Clip) -> tuple[np.ndarray, float]:
    """A clip's rows of `MotionLibrary.frames`, and the yaw of a cycle (rad; 0 if it ends)."""
    derived = _kinematics(robot, clip.qpos, clip.qvel)
    yaw = np.unwrap(derived["yaw"])
    turned = float(yaw[-1] - yaw[0]) if clip.loop else 0.0
    has_target = np.array(clip.command)[2:8].reshape(2, 3).any(axis=-1)
    moved = np.linalg.norm(derived["hands"] - derived["hands"][:1], axis=-1)
    share = has_target * np.clip(moved / np.maximum(moved[-1:], 1e-3), 0.0, 1.0)
    fields = derived | {
        "qpos": clip.qpos,
        "qvel": clip.qvel,
        "hand_share": share,
        "arm_gain": derived["arm_gain"] * share[..., None, None],
        "yaw": yaw - turned * np.linspace(0.0, 1.0, clip.frames),
        "contacts": clip.contacts,
    }
    rows = [np.asarray(fields[name]).reshape(clip.frames, -1) for name in _shapes(0)]
    return np.concatenate(rows, axis=1), turned


def _kinematics(robot: str, qpos: np.ndarray, qvel: np.ndarray) -> dict[str, np.ndarray]:
    """Fields of a `ReferenceFrame` that follow from qpos `[F, 7 + J]` and qvel alone."""
    count = len(qpos)
    padded = -(-count // _ROWS) * _ROWS
    arrays = [np.pad(x, ((0, padded - count), (0, 0)), "edge") for x in (qpos, qvel)]
    parts = [
        jax.device_get(_kinematics_of(robot, *(np.float32(x[at : at + _ROWS]) for x in arrays)))
        for at in range(0, padded, _ROWS)
    ]
    return {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}


@partial(jax.jit, static_argnums=0)
def _kinematics_of(robot: str, qpos: jax.Array, qvel: jax.Array) -> dict[str, jax.Array]:
    body = body_frame(robot, qpos, qvel)
    return {
        "height": body.height,
        "soles": body.soles.mean(axis=-2),
        "hands": body.hands,
        "arm_gain": arm_gains(robot, qpos),
        "up": body.up,
        "velocity": body.velocity,
        "yaw": body.yaw,
    }


def concatenate(parts: Sequence[MotionLibrary]) -> MotionLibrary:
    """Concatenates the libraries of several skills, in their order."""
    clips = np.cumsum([0, *(part.clips for part in parts[:-1])])
    rows = np.cumsum([0, *(len(part.frames) for part in parts[:-1])])
    moved = [
        part.replace(next_clip=part.next_clip + int(clip), first=part.first + int(row))
        for part, clip, row in zip(parts, clips, rows, strict=True)
    ]
    return jax.tree.map(lambda *x: jnp.concatenate(x), *moved)


def phase_at(library: MotionLibrary, clip: jax.Array, seconds: jax.Array) -> jax.Array:
    """Phase of the clip, 0 to 1; cyclic clips wrap around, others stay at 1."""
    done = seconds / library.duration[clip]
    return jnp.where(library.loop[clip], done - jnp.floor(done), jnp.clip(done, 0.0, 1.0))


def height_at(library: MotionLibrary, clip: jax.Array, seconds: jax.Array) -> jax.Array:
    """Height of the pelvis in the task's scene at a time, m; climbing cycles accumulate."""
    cycles = jnp.where(library.loop[clip], jnp.floor(seconds / library.duration[clip]), 0.0)
    now = reference_frame_at(library, clip, seconds).qpos[2]
    return now + library.start_position[clip, 2] + cycles * library.cycle_displacement[clip, 2]


def reference_frame_at(
    library: MotionLibrary, clip: jax.Array, seconds: jax.Array
) -> ReferenceFrame:
    """The reference of the clip with index `clip` at a time, both scalars; vmap for more."""
    phase = phase_at(library, clip, seconds)
    row = phase * library.last[clip]
    low = jnp.clip(jnp.floor(row).astype(jnp.int32), 0, library.last[clip] - 1)
    # Two rows only: under vmap, everything read of a clip is copied for every robot.
    now, after = (
        library.frames[library.first[clip] + low],
        library.frames[library.first[clip] + low + 1],
    )
    fields = _fields(library.joints, now + (row - low) * (after - now))
    quat = fields["qpos"][3:7]
    fields["qpos"] = fields["qpos"].at[3:7].set(quat / jnp.linalg.norm(quat))
    # A clip that has ended has no velocity.
    moving = library.loop[clip] | (seconds < library.duration[clip])
    for name in ("qvel", "velocity"):
        fields[name] = fields[name] * moving
    return ReferenceFrame(phase=phase, **fields)


def start_position_at(library: MotionLibrary, clip: jax.Array) -> jax.Array:
    """Position of the pelvis `[3]` (m) in a clip's first frame."""
    return library.frames[library.first[clip], :3]


def _fields(joints: int, row: jax.Array) -> dict[str, jax.Array]:
    """A row `[D]` of `MotionLibrary.frames` by field."""
    fields, begin = {}, 0
    for name, shape in _shapes(joints).items():
        size = math.prod(shape)
        fields[name] = row[begin : begin + size].reshape(shape)
        begin += size
    return fields
