"""Motion command of an expert: the clip, the time in it, the heading, and the targets."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.experts.body_frame import ROBOT, BodyFrame, arm_hinges
from metaworldx.experts.motion_library import (
    MotionLibrary,
    ReferenceFrame,
    reference_frame_at,
    start_position_at,
)
from metaworldx.motion.clip import COMMAND
from metaworldx.motion.kinematics import to_heading, wrapped

MAX_TURN_RATE = 0.5
"""Greatest turn rate (rad/s) commanded for a heading error."""
_HANDS = ("left_hand", "right_hand")
_PLACES = (*_HANDS, "seat")
_RATES = (0.3, 1.5)
"""Range of the clip's playback rate."""
_MOST_TURN = 0.8
"""Greatest change of an arm's hinge relative to the clip (rad)."""


@struct.dataclass
class MotionCommand:
    """State of tracking a clip, carried between control steps; scalars but for `[...]`.

    Attributes:
      clip: its index, int32.
      seconds: time in the clip.
      heading: commanded heading, rad.
      anchor: position (m) and heading (rad) of the frame of the command's targets `[3]`.
      command: the command `[11]`; initially the clip's own.
      ahead: distance by which the robot is ahead of the clip along the anchor's heading (m).
      begun: distance along the clip's path at which the anchor lies (m).
    """

    clip: jax.Array
    seconds: jax.Array
    heading: jax.Array
    anchor: jax.Array
    command: jax.Array
    ahead: jax.Array
    begun: jax.Array


def init_command(
    library: MotionLibrary, clip: jax.Array, seconds: jax.Array, body: BodyFrame
) -> MotionCommand:
    """Command that starts a clip at the robot's feet and heading."""
    target = reference_frame_at(library, clip, seconds)
    yaw = body.yaw - target.yaw
    # The ground below where the pelvis will be once it is over the feet as in the clip.
    feet = body.soles.mean(axis=(0, 1)) - target.soles.mean(axis=0)
    place = body.qpos[:3] + to_heading(feet, -body.yaw)
    anchor = jnp.concatenate([place[:2], yaw[None]])
    begun = seconds * _speed(library, clip)
    return MotionCommand(clip, seconds, yaw, anchor, library.command[clip], jnp.zeros(()), begun)


def reference_frame_of(
    library: MotionLibrary, motion: MotionCommand, later: float = 0.0
) -> ReferenceFrame:
    """The reference now, or `later` seconds on, with arms moved to the hand targets.

    Where the hand targets differ from the clip's own, hands and arms follow the difference to first
    order, in proportion to `hand_share`.
    """
    target = reference_frame_at(library, motion.clip, motion.seconds + later)
    known = library.command[motion.clip]
    apart = jnp.stack([(motion.command - known)[COMMAND[name]] for name in _HANDS])
    arms = jnp.einsum("hji,hi->hj", target.arm_gain, apart)
    arms = jnp.clip(arms, -_MOST_TURN, _MOST_TURN)
    return target.replace(
        qpos=target.qpos.at[7 + arm_hinges(ROBOT)].add(arms),
        hands=target.hands + target.hand_share[:, None] * apart,
    )


def observe_heading(
    library: MotionLibrary, motion: MotionCommand, qpos: jax.Array
) -> MotionCommand:
    """Command with the distance by which the robot `[7 + J]` is ahead of the clip."""
    place = to_heading(jnp.append(qpos[:2] - motion.anchor[:2], 0.0), motion.anchor[2])[0]
    way = motion.seconds * _speed(library, motion.clip)
    return motion.replace(ahead=motion.begun + place - way)


def advance_command(
    library: MotionLibrary, motion: MotionCommand, dt: float, clock_gain: jax.Array | float = 0.0
) -> MotionCommand:
    """One control step later.

    Args:
      clock_gain: increase of the playback rate per metre that the robot is ahead of the clip, 1/m;
        on stairs the clip must wait for the robot.
    """
    rate = jnp.clip(1.0 + clock_gain * motion.ahead, *_RATES)
    clip, seconds = motion.clip, motion.seconds + rate * dt
    next_clip = library.next_clip[clip]
    ended = (next_clip != clip) & (seconds >= library.duration[clip])
    # A target command is kept over the change of clip; a clip's own command changes with it.
    own = jnp.all(motion.command == library.command[clip])
    return motion.replace(
        clip=jnp.where(ended, next_clip, clip),
        seconds=jnp.where(ended, seconds - library.duration[clip], seconds),
        heading=motion.heading + rate * dt * library.turn_rate[clip],
        command=jnp.where(ended & own, library.command[next_clip], motion.command),
    )


def _speed(library: MotionLibrary, clip: jax.Array) -> jax.Array:
    """Mean forward speed of a clip, m/s."""
    return library.cycle_displacement[clip, 0] / library.duration[clip]


def command_features(
    library: MotionLibrary, motion: MotionCommand, body: BodyFrame, gain: jax.Array | float
) -> jax.Array:
    """The command `[11]` relative to the robot, as an expert observes it.

    The turn rate also corrects the heading error; targets are fixed in the world while the robot
    moves.

    Args:
      gain: turn rate per heading error, 1/s.
    """
    sway = reference_frame_at(library, motion.clip, motion.seconds).yaw
    lost = wrapped(motion.heading + sway - body.yaw)
    turn = library.turn_rate[motion.clip] + jnp.clip(gain * lost, -MAX_TURN_RATE, MAX_TURN_RATE)
    command = motion.command.at[COMMAND["turn_rate"]].set(turn)
    for name in _PLACES:
        place = motion.command[COMMAND[name]]
        seen = _from_here(motion, body, place)
        command = command.at[COMMAND[name]].set(jnp.where(jnp.any(place != 0.0), seen, 0.0))
    return command


def hand_errors(
    library: MotionLibrary, motion: MotionCommand, target: ReferenceFrame, body: BodyFrame
) -> jax.Array:
    """Position errors of the hands relative to the reference's hands `[2, 3]`, m.

    In the heading frame. The reference is fixed in the world; zeros for hands without a target.

    Args:
      target: `reference_frame_of(library, motion)`.
    """
    # The clip's pelvis stays above the anchor but for its sway.
    pelvis = target.qpos[:3] - start_position_at(library, motion.clip) * jnp.array([1.0, 1.0, 0.0])
    hand_targets = jax.vmap(lambda place: _from_here(motion, body, place))(pelvis + target.hands)
    now = body.hands + body.qpos[2] * jnp.array([0.0, 0.0, 1.0])
    return jnp.where(hand_targets_active(motion)[:, None], hand_targets - now, 0.0)


def hand_targets_active(motion: MotionCommand) -> jax.Array:
    """Which hands have a target `[2]`, bool."""
    return jnp.stack([jnp.any(motion.command[COMMAND[name]] != 0.0) for name in _HANDS])


def hand_offsets(target: ReferenceFrame, off: jax.Array, gain: jax.Array | float) -> jax.Array:
    """Joint target offsets `[J]`, rad, that correct the `hand_errors`."""
    arms = gain * jnp.einsum("hji,hi->hj", target.arm_gain, off)
    arms = jnp.clip(arms, -_MOST_TURN, _MOST_TURN)
    return jnp.zeros(target.qpos.shape[0] - 7).at[arm_hinges(ROBOT)].set(arms)


def _from_here(motion: MotionCommand, body: BodyFrame, place: jax.Array) -> jax.Array:
    """A position `[3]` in the anchor's frame, relative to the ground below the robot's pelvis."""
    floor, here = jnp.append(motion.anchor[:2], 0.0), jnp.append(body.qpos[:2], 0.0)
    world = floor + to_heading(place, -motion.anchor[2])
    return to_heading(world - here, body.yaw)
