"""Following a clip: where in it the robot is, and what is asked of it from where it stands."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.experts.body_frame import ROBOT, BodyFrame, arm_hinges
from metaworldx.experts.motion_library import (
    MotionLibrary,
    ReferenceFrame,
    begun_at,
    reference_frame_at,
)
from metaworldx.motion.clip import COMMAND
from metaworldx.motion.kinematics import to_heading, wrapped

MAX_TURN_RATE = 0.5
"""The greatest turn rate (rad/s) that a wrong heading asks for."""
_HANDS = ("left_hand", "right_hand")
_PLACES = (*_HANDS, "seat")
_RATES = (0.3, 1.5)
"""How slowly and how fast a clip may go on."""
_MOST_TURN = 0.8
"""What an arm's hinge may depart from the clip (rad)."""


@struct.dataclass
class MotionCommand:
    """What following a clip needs to remember; scalars but for the last two.

    Attributes:
      clip: its number, int32.
      seconds: since the clip began.
      heading: where the robot is to head, rad.
      anchor: place (m) and heading (rad) from which the command's places count `[3]`.
      command: what is asked `[11]`; at first the clip's own.
      ahead: how far the robot has come beyond where the clip is, along the anchor's heading (m).
      begun: where in the clip's way the anchor is (m).
    """

    clip: jax.Array
    seconds: jax.Array
    heading: jax.Array
    anchor: jax.Array
    command: jax.Array
    ahead: jax.Array
    begun: jax.Array


def init_command(
    refs: MotionLibrary, clip: jax.Array, seconds: jax.Array, body: BodyFrame
) -> MotionCommand:
    """Follows a clip from where the robot's feet are, heading as it does."""
    target = reference_frame_at(refs, clip, seconds)
    yaw = body.yaw - target.yaw
    # The ground below where the pelvis will be once it is over the feet as in the clip.
    feet = body.soles.mean(axis=(0, 1)) - target.soles.mean(axis=0)
    place = body.qpos[:3] + to_heading(feet, -body.yaw)
    anchor = jnp.concatenate([place[:2], yaw[None]])
    begun = seconds * _speed(refs, clip)
    return MotionCommand(clip, seconds, yaw, anchor, refs.command[clip], jnp.zeros(()), begun)


def reference_frame_of(
    refs: MotionLibrary, follow: MotionCommand, later: float = 0.0
) -> ReferenceFrame:
    """The reference now, or `later` seconds on, its arms to the places that are asked.

    Where the command differs from the clip's own in the hands' places, hands and arms follow the
    difference, to first order, as they come near.
    """
    target = reference_frame_at(refs, follow.clip, follow.seconds + later)
    known = refs.command[follow.clip]
    apart = jnp.stack([(follow.command - known)[COMMAND[name]] for name in _HANDS])
    arms = jnp.einsum("hji,hi->hj", target.arm_gain, apart)
    arms = jnp.clip(arms, -_MOST_TURN, _MOST_TURN)
    return target.replace(
        qpos=target.qpos.at[7 + arm_hinges(ROBOT)].add(arms),
        hands=target.hands + target.hand_share[:, None] * apart,
    )


def observe_heading(refs: MotionLibrary, follow: MotionCommand, qpos: jax.Array) -> MotionCommand:
    """With how far ahead of the clip the robot `[7 + J]` is."""
    place = to_heading(jnp.append(qpos[:2] - follow.anchor[:2], 0.0), follow.anchor[2])[0]
    way = follow.seconds * _speed(refs, follow.clip)
    return follow.replace(ahead=follow.begun + place - way)


def advance_command(
    refs: MotionLibrary, follow: MotionCommand, dt: float, clock_gain: jax.Array | float = 0.0
) -> MotionCommand:
    """One control step later.

    Args:
      clock_gain: by how much faster the clip goes on for each metre that the robot is ahead of
        it, 1/m; where steps have to meet the ground, the clip must wait for the robot.
    """
    rate = jnp.clip(1.0 + clock_gain * follow.ahead, *_RATES)
    clip, seconds = follow.clip, follow.seconds + rate * dt
    then = refs.then[clip]
    ended = (then != clip) & (seconds >= refs.duration[clip])
    # What was asked of the clip that ended is asked of the next; its own command changes.
    own = jnp.all(follow.command == refs.command[clip])
    return follow.replace(
        clip=jnp.where(ended, then, clip),
        seconds=jnp.where(ended, seconds - refs.duration[clip], seconds),
        heading=follow.heading + rate * dt * refs.turn_rate[clip],
        command=jnp.where(ended & own, refs.command[then], follow.command),
    )


def _speed(refs: MotionLibrary, clip: jax.Array) -> jax.Array:
    """Mean forward speed of a clip, m/s."""
    return refs.gone[clip, 0] / refs.duration[clip]


def command_features(
    refs: MotionLibrary, follow: MotionCommand, body: BodyFrame, gain: jax.Array | float
) -> jax.Array:
    """The command `[11]` as it is from where the robot is.

    The turn rate also asks for the heading back that was lost; places stay where they are in the
    world while the robot moves.

    Args:
      gain: turn rate by lost heading, 1/s.
    """
    sway = reference_frame_at(refs, follow.clip, follow.seconds).yaw
    lost = wrapped(follow.heading + sway - body.yaw)
    turn = refs.turn_rate[follow.clip] + jnp.clip(gain * lost, -MAX_TURN_RATE, MAX_TURN_RATE)
    command = follow.command.at[COMMAND["turn_rate"]].set(turn)
    for name in _PLACES:
        place = follow.command[COMMAND[name]]
        seen = _from_here(follow, body, place)
        command = command.at[COMMAND[name]].set(jnp.where(jnp.any(place != 0.0), seen, 0.0))
    return command


def hand_errors(
    refs: MotionLibrary, follow: MotionCommand, target: ReferenceFrame, body: BodyFrame
) -> jax.Array:
    """How far the hands are from the places they are asked to be at by now `[2, 3]`, m.

    Along the robot's heading. The places are on the way of the clip's hands, in the world; zeros
    for hands that have none to go to.

    Args:
      target: `reference_frame_of(refs, follow)`.
    """
    # The clip's pelvis stays above the anchor but for its sway.
    pelvis = target.qpos[:3] - begun_at(refs, follow.clip) * jnp.array([1.0, 1.0, 0.0])
    places = jax.vmap(lambda place: _from_here(follow, body, place))(pelvis + target.hands)
    now = body.hands + body.qpos[2] * jnp.array([0.0, 0.0, 1.0])
    return jnp.where(hand_targets_active(follow)[:, None], places - now, 0.0)


def hand_targets_active(follow: MotionCommand) -> jax.Array:
    """Which hands have a place to go to `[2]`, bool."""
    return jnp.stack([jnp.any(follow.command[COMMAND[name]] != 0.0) for name in _HANDS])


def hand_offsets(target: ReferenceFrame, off: jax.Array, gain: jax.Array | float) -> jax.Array:
    """What the hinges' targets get added `[J]`, rad, for hands that are `hand_errors`."""
    arms = gain * jnp.einsum("hji,hi->hj", target.arm_gain, off)
    arms = jnp.clip(arms, -_MOST_TURN, _MOST_TURN)
    return jnp.zeros(target.qpos.shape[0] - 7).at[arm_hinges(ROBOT)].set(arms)


def _from_here(follow: MotionCommand, body: BodyFrame, place: jax.Array) -> jax.Array:
    """A place `[3]` that counts from the anchor, from the ground below the robot's pelvis."""
    floor, here = jnp.append(follow.anchor[:2], 0.0), jnp.append(body.qpos[:2], 0.0)
    world = floor + to_heading(place, -follow.anchor[2])
    return to_heading(world - here, body.yaw)
