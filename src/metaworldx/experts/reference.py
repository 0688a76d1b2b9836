"""A skill's clips as arrays to look reference states up in, at any time of any clip."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.errors import UserError
from metaworldx.experts.observation import (
    arm_gains,
    hands_in_heading,
    height_over,
    soles_in_heading,
    up_in_pelvis,
    velocity_in_heading,
)
from metaworldx.motion.builtin import place_for
from metaworldx.motion.clip import Clip, displacement, resampled
from metaworldx.motion.kinematics import heading, robot_tree

CONTROL_RATE = 50.0
_LEAST_FRAMES = 32
_FRAMED = (
    *("qpos", "qvel", "height", "soles", "hands", "hand_share", "arm_gain"),
    *("up", "velocity", "yaw", "contacts"),
)


@struct.dataclass
class References:
    """C clips stretched to the same number of frames, or padded to as many, F.

    Attributes:
      last: number of each clip's last frame `[C]`.
      qpos, qvel: `[C, F, 7 + J]`, `[C, F, 6 + J]`, as the clips have them.
      height: of the pelvis over the lower sole `[C, F]`, m.
      soles: places of the soles' middles from the pelvis, along its heading `[C, F, 2, 3]`, m.
      hands: from the pelvis, along its heading `[C, F, 2, 3]`, m.
      hand_share: how far either hand is on its way to the place that the clip commands, 0 to 1
        `[C, F, 2]`; 0 where it commands none.
      arm_gain: what either arm's hinges change by when its hand is to be elsewhere, to first
        order and times `hand_share` `[C, F, 2, 4, 3]`, rad/m.
      up: the vertical in the pelvis's frame `[C, F, 3]`.
      velocity: of the pelvis, along its heading `[C, F, 3]`, m/s.
      yaw: of the pelvis, less what the clip has turned by then at its mean rate `[C, F]`, rad.
      contacts: how far the left and right sole stand on the ground, 0 to 1 `[C, F, 2]`.
      duration: `[C]`, s.
      loop: `[C]` bool.
      turn_rate: mean over the clip `[C]`, rad/s.
      command: `[C, 11]`.
      place: where in the task's scene the clip begins `[C, 3]`, m.
      gone: what a loop moves the pelvis by `[C, 3]`, m; 0 of what ends.
      rounds: how often a loop can go on from `place` before the scene is another `[C]`.
      then: number of the clip that follows where one ends `[C]`; its own where none does.
    """

    last: jax.Array
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
    duration: jax.Array
    loop: jax.Array
    turn_rate: jax.Array
    command: jax.Array
    place: jax.Array
    gone: jax.Array
    rounds: jax.Array
    then: jax.Array

    @property
    def clips(self) -> int:
        """How many clips there are."""
        return self.qpos.shape[-3]


@struct.dataclass
class Target:
    """The reference at one moment: as in References, without clips and frames; and the phase."""

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


def references(robot: str, clips: Sequence[Clip], then: int | None = None) -> References:
    """Clips of one robot's joints as References.

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
    frames = max(_LEAST_FRAMES, *(math.ceil(clip.duration * CONTROL_RATE) for clip in clips))
    even = [resampled(clip, frames / clip.duration) for clip in clips]
    qpos = np.stack([clip.qpos for clip in even])
    qvel = np.stack([clip.qvel for clip in even])

    def single(x: np.ndarray) -> jax.Array:
        return jnp.asarray(x, jnp.float32)

    yaws = np.unwrap(np.asarray(heading(single(qpos[..., 3:7]))), axis=1)
    turned = np.where([clip.loop for clip in clips], yaws[:, -1] - yaws[:, 0], 0.0)

    soles = soles_in_heading(robot, single(qpos))
    hands = hands_in_heading(robot, single(qpos))
    asked = np.array([clip.command for clip in clips])[:, 2:8].reshape(-1, 1, 2, 3).any(axis=-1)
    gone = jnp.linalg.norm(hands - hands[:, :1], axis=-1)
    share = jnp.asarray(asked) * jnp.clip(gone / jnp.maximum(gone[:, -1:], 1e-3), 0.0, 1.0)
    duration = np.array([clip.duration for clip in clips])
    places = [place_for(clip) for clip in clips]
    gone = np.array([displacement(clip)[0] * clip.loop for clip in clips])
    return References(
        last=jnp.full(len(clips), frames, jnp.int32),
        qpos=single(qpos),
        qvel=single(qvel),
        height=height_over(soles),
        soles=soles.mean(axis=-2),
        hands=hands,
        hand_share=share,
        arm_gain=arm_gains(robot, single(qpos)) * share[..., None, None],
        up=up_in_pelvis(single(qpos)),
        velocity=velocity_in_heading(single(qpos), single(qvel)),
        yaw=single(yaws - turned[:, None] * np.linspace(0.0, 1.0, frames + 1)),
        contacts=single(np.stack([clip.contacts for clip in even])),
        duration=single(duration),
        loop=jnp.asarray([clip.loop for clip in clips]),
        turn_rate=single(turned / duration),
        command=single(np.array([clip.command for clip in clips])),
        place=single(np.array([place for place, _ in places])),
        gone=single(gone),
        rounds=jnp.array([rounds for _, rounds in places], jnp.int32),
        then=jnp.array(
            [n if clip.loop or then is None else then for n, clip in enumerate(clips)], jnp.int32
        ),
    )


def joined(parts: Sequence[References]) -> References:
    """Several skills' clips as one; those of the first come first."""
    frames = max(part.qpos.shape[1] for part in parts)

    def padded(x: jax.Array) -> jax.Array:
        return jnp.concatenate([x, jnp.repeat(x[:, -1:], frames - x.shape[1], axis=1)], axis=1)

    before = np.cumsum([0, *(part.clips for part in parts[:-1])])
    even = [
        part.replace(then=part.then + first, **{n: padded(getattr(part, n)) for n in _FRAMED})
        for part, first in zip(parts, before, strict=True)
    ]
    return jax.tree.map(lambda *x: jnp.concatenate(x), *even)


def phase_at(refs: References, clip: jax.Array, seconds: jax.Array) -> jax.Array:
    """Share of the clip that is done, 0 to 1; loops begin again, others stay at their end."""
    done = seconds / refs.duration[clip]
    return jnp.where(refs.loop[clip], done - jnp.floor(done), jnp.clip(done, 0.0, 1.0))


def height_at(refs: References, clip: jax.Array, seconds: jax.Array) -> jax.Array:
    """Height of the pelvis in the task's scene at a time, m: a loop that climbs goes on."""
    rounds = jnp.where(refs.loop[clip], jnp.floor(seconds / refs.duration[clip]), 0.0)
    now = target_at(refs, clip, seconds).qpos[2]
    return now + refs.place[clip, 2] + rounds * refs.gone[clip, 2]


def target_at(refs: References, clip: jax.Array, seconds: jax.Array) -> Target:
    """The reference of clip number `clip` at a time, both scalars; vmap for more."""
    phase = phase_at(refs, clip, seconds)
    place = phase * refs.last[clip]
    low = jnp.clip(jnp.floor(place).astype(jnp.int32), 0, refs.last[clip] - 1)
    share = place - low

    def between(x: jax.Array) -> jax.Array:
        # The two frames alone: under vmap `x[clip]` would copy the whole clip for every robot.
        first = x[clip, low]
        return first + share * (x[clip, low + 1] - first)

    qpos = between(refs.qpos)
    quat = qpos[3:7] / jnp.linalg.norm(qpos[3:7])
    # What has ended stands still.
    moving = refs.loop[clip] | (seconds < refs.duration[clip])
    return Target(
        qpos=qpos.at[3:7].set(quat),
        qvel=between(refs.qvel) * moving,
        height=between(refs.height),
        soles=between(refs.soles),
        hands=between(refs.hands),
        hand_share=between(refs.hand_share),
        arm_gain=between(refs.arm_gain),
        up=between(refs.up),
        velocity=between(refs.velocity) * moving,
        yaw=between(refs.yaw),
        contacts=between(refs.contacts),
        phase=phase,
    )
