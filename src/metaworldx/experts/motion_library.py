"""A skill's clips as arrays to look reference states up in, at any time of any clip."""

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
from metaworldx.experts.observation import (
    arm_gains,
    hands_in_heading,
    height_over,
    soles_in_heading,
    up_in_pelvis,
    velocity_in_heading,
)
from metaworldx.motion.builtin import place_for
from metaworldx.motion.clip import Clip, displacement
from metaworldx.motion.clip_edits import resampled
from metaworldx.motion.kinematics import heading, robot_tree

CONTROL_RATE = 50.0
_LEAST_FRAMES = 32
_ROWS = 512
"""Frames in one call of the kinematics: all robots' clips share what is compiled for it."""


@struct.dataclass
class ReferenceFrame:
    """The reference at one moment.

    Attributes:
      qpos, qvel: `[7 + J]`, `[6 + J]`, as the clips have them.
      height: of the pelvis over the lower sole, m.
      soles: places of the soles' middles from the pelvis, along its heading `[2, 3]`, m.
      hands: from the pelvis, along its heading `[2, 3]`, m.
      hand_share: how far either hand is on its way to the place that the clip commands, 0 to 1
        `[2]`; 0 where it commands none.
      arm_gain: what either arm's hinges change by when its hand is to be elsewhere, to first
        order and times `hand_share` `[2, 4, 3]`, rad/m.
      up: the vertical in the pelvis's frame `[3]`.
      velocity: of the pelvis, along its heading `[3]`, m/s.
      yaw: of the pelvis, less what the clip has turned by then at its mean rate, rad.
      contacts: how far the left and right sole stand on the ground, 0 to 1 `[2]`.
      phase: share of the clip that is done, 0 to 1.
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
    """A Target's fields in a row of `References.frames`, in order."""
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
    """C clips, their N frames one after another: what a robot looks up are two rows.

    Attributes:
      frames: each frame's `ReferenceFrame` as one row, but for its phase `[N, D]`.
      first: row of each clip's first frame `[C]`.
      last: how many rows further its last is `[C]`.
      duration: `[C]`, s.
      loop: `[C]` bool.
      turn_rate: mean over the clip `[C]`, rad/s.
      command: `[C, 11]`.
      place: where in the task's scene the clip begins `[C, 3]`, m.
      gone: what a loop moves the pelvis by `[C, 3]`, m; 0 of what ends.
      rounds: how often a loop can go on from `place` before the scene is another `[C]`.
      then: number of the clip that follows where one ends `[C]`; its own where none does.
      joints: J.
    """

    frames: jax.Array
    first: jax.Array
    last: jax.Array
    duration: jax.Array
    loop: jax.Array
    turn_rate: jax.Array
    command: jax.Array
    place: jax.Array
    gone: jax.Array
    rounds: jax.Array
    then: jax.Array
    joints: int = struct.field(pytree_node=False)

    @property
    def clips(self) -> int:
        """How many clips there are."""
        return self.first.shape[-1]


def build_motion_library(
    robot: str, clips: Sequence[Clip], then: int | None = None
) -> MotionLibrary:
    """Clips of one robot's joints as References, each stretched to as many frames.

    Args:
      then: number of the clip that follows all that end; None lets them end.

    Raises:
      UserError: no clips, or a clip of other joints.
    """
    if not clips:
        raise UserError("no clips; needs at least 1")
    for clip in clips:
        if clip.joints != robot_tree(robot).joints:
            raise UserError(f"clip {clip.name!r} has other joints than the robot {robot}")
    last = max(_LEAST_FRAMES, *(math.ceil(clip.duration * CONTROL_RATE) for clip in clips))
    even = [resampled(clip, last / clip.duration) for clip in clips]
    turns = [_frames(robot, clip) for clip in even]
    duration = np.array([clip.duration for clip in clips])
    places = [place_for(clip) for clip in clips]

    def single(x: Any) -> jax.Array:
        return jnp.asarray(np.asarray(x), jnp.float32)

    return MotionLibrary(
        frames=single(np.concatenate([frames for frames, _ in turns])),
        first=jnp.asarray((last + 1) * np.arange(len(clips)), jnp.int32),
        last=jnp.asarray(np.full(len(clips), last), jnp.int32),
        duration=single(duration),
        loop=jnp.asarray(np.array([clip.loop for clip in clips])),
        turn_rate=single(np.array([turned for _, turned in turns]) / duration),
        command=single([clip.command for clip in clips]),
        place=single([place for place, _ in places]),
        gone=single([displacement(clip)[0] * clip.loop for clip in clips]),
        rounds=jnp.asarray(np.array([rounds for _, rounds in places]), jnp.int32),
        then=jnp.asarray(
            np.array([n if clip.loop or then is None else then for n, clip in enumerate(clips)]),
            jnp.int32,
        ),
        joints=len(clips[0].joints),
    )


def _frames(robot: str, clip: Clip) -> tuple[np.ndarray, float]:
    """A clip's rows of `References.frames`, and what it turns by if it is a loop, rad."""
    seen = _kinematics(robot, clip.qpos, clip.qvel)
    yaw = np.unwrap(seen["yaw"])
    turned = float(yaw[-1] - yaw[0]) if clip.loop else 0.0
    asked = np.array(clip.command)[2:8].reshape(2, 3).any(axis=-1)
    gone = np.linalg.norm(seen["hands"] - seen["hands"][:1], axis=-1)
    share = asked * np.clip(gone / np.maximum(gone[-1:], 1e-3), 0.0, 1.0)
    fields = seen | {
        "qpos": clip.qpos,
        "qvel": clip.qvel,
        "hand_share": share,
        "arm_gain": seen["arm_gain"] * share[..., None, None],
        "yaw": yaw - turned * np.linspace(0.0, 1.0, clip.frames),
        "contacts": clip.contacts,
    }
    rows = [np.asarray(fields[name]).reshape(clip.frames, -1) for name in _shapes(0)]
    return np.concatenate(rows, axis=1), turned


def _kinematics(robot: str, qpos: np.ndarray, qvel: np.ndarray) -> dict[str, np.ndarray]:
    """What of a Target follows from the robot's postures `[F, 7 + J]` alone."""
    count = len(qpos)
    most = -(-count // _ROWS) * _ROWS
    whole = [np.pad(x, ((0, most - count), (0, 0)), "edge") for x in (qpos, qvel)]
    parts = [
        jax.device_get(_seen_in(robot, *(np.float32(x[at : at + _ROWS]) for x in whole)))
        for at in range(0, most, _ROWS)
    ]
    return {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}


@partial(jax.jit, static_argnums=0)
def _seen_in(robot: str, qpos: jax.Array, qvel: jax.Array) -> dict[str, jax.Array]:
    soles = soles_in_heading(robot, qpos)
    return {
        "height": height_over(soles),
        "soles": soles.mean(axis=-2),
        "hands": hands_in_heading(robot, qpos),
        "arm_gain": arm_gains(robot, qpos),
        "up": up_in_pelvis(qpos),
        "velocity": velocity_in_heading(qpos, qvel),
        "yaw": heading(qpos[..., 3:7]),
    }


def joined(parts: Sequence[MotionLibrary]) -> MotionLibrary:
    """Several skills' clips as one; those of the first come first."""
    clips = np.cumsum([0, *(part.clips for part in parts[:-1])])
    rows = np.cumsum([0, *(len(part.frames) for part in parts[:-1])])
    moved = [
        part.replace(then=part.then + int(clip), first=part.first + int(row))
        for part, clip, row in zip(parts, clips, rows, strict=True)
    ]
    return jax.tree.map(lambda *x: jnp.concatenate(x), *moved)


def phase_at(refs: MotionLibrary, clip: jax.Array, seconds: jax.Array) -> jax.Array:
    """Share of the clip that is done, 0 to 1; loops begin again, others stay at their end."""
    done = seconds / refs.duration[clip]
    return jnp.where(refs.loop[clip], done - jnp.floor(done), jnp.clip(done, 0.0, 1.0))


def height_at(refs: MotionLibrary, clip: jax.Array, seconds: jax.Array) -> jax.Array:
    """Height of the pelvis in the task's scene at a time, m: a loop that climbs goes on."""
    rounds = jnp.where(refs.loop[clip], jnp.floor(seconds / refs.duration[clip]), 0.0)
    now = reference_frame_at(refs, clip, seconds).qpos[2]
    return now + refs.place[clip, 2] + rounds * refs.gone[clip, 2]


def reference_frame_at(refs: MotionLibrary, clip: jax.Array, seconds: jax.Array) -> ReferenceFrame:
    """The reference of clip number `clip` at a time, both scalars; vmap for more."""
    phase = phase_at(refs, clip, seconds)
    place = phase * refs.last[clip]
    low = jnp.clip(jnp.floor(place).astype(jnp.int32), 0, refs.last[clip] - 1)
    # The two rows alone: under vmap, whatever is read of a clip is copied for every robot.
    now, after = refs.frames[refs.first[clip] + low], refs.frames[refs.first[clip] + low + 1]
    fields = _fields(refs.joints, now + (place - low) * (after - now))
    quat = fields["qpos"][3:7]
    fields["qpos"] = fields["qpos"].at[3:7].set(quat / jnp.linalg.norm(quat))
    # What has ended stands still.
    moving = refs.loop[clip] | (seconds < refs.duration[clip])
    for name in ("qvel", "velocity"):
        fields[name] = fields[name] * moving
    return ReferenceFrame(phase=phase, **fields)


def begun_at(refs: MotionLibrary, clip: jax.Array) -> jax.Array:
    """The pelvis's place `[3]` (m) in a clip's first frame."""
    return refs.frames[refs.first[clip], :3]


def _fields(joints: int, row: jax.Array) -> dict[str, jax.Array]:
    """A row `[D]` taken apart."""
    fields, begin = {}, 0
    for name, shape in _shapes(joints).items():
        size = math.prod(shape)
        fields[name] = row[begin : begin + size].reshape(shape)
        begin += size
    return fields
