"""Body frame: a robot's state in its heading frame, computed once per step.

Also the hands' Jacobians in that frame.
"""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.motion.kinematics import Point, heading, matrix, robot_tree, sole_points, to_heading

ROBOT = "h1"
"""Robot whose joints experts control; other joints of a larger robot are held still."""
_SIDES = ("left", "right")
_ARM = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow")
_DAMPING = 0.05
"""Damping of the least squares, m/rad: a nearly straight arm moves less than commanded."""
_HANDS = tuple(Point(f"{side}_elbow_link", (0.31, 0.0, -0.01)) for side in _SIDES)
"""The robot's sites of that name."""
_SOLES = sole_points("left") + sole_points("right")


def soles_in_heading(robot: str, qpos: jax.Array) -> jax.Array:
    """The ends of left and right sole from the pelvis, along its heading, `[..., 2, 4, 3]`, m."""
    soles = robot_tree(robot).points(qpos, _SOLES) - qpos[..., None, :3]
    yaw = heading(qpos[..., 3:7])[..., None]
    turned = to_heading(soles, jnp.broadcast_to(yaw, soles.shape[:-1]))
    return turned.reshape(*turned.shape[:-2], 2, 4, 3)


def hands_in_heading(robot: str, qpos: jax.Array) -> jax.Array:
    """The hands from the pelvis, along its heading, `[..., 2, 3]`, m."""
    hands = robot_tree(robot).points(qpos, _HANDS) - qpos[..., None, :3]
    yaw = heading(qpos[..., 3:7])[..., None]
    return to_heading(hands, jnp.broadcast_to(yaw, hands.shape[:-1]))


def up_in_pelvis(qpos: jax.Array) -> jax.Array:
    """The world's vertical in the pelvis's frame `[..., 3]`: its tilt, whatever its heading."""
    return matrix(qpos[..., 3:7])[..., 2, :]


@struct.dataclass
class BodyFrame:
    """A robot's state, with features in its heading frame.

    Attributes:
      qpos, qvel: the robot's own `[..., 7 + J]`, `[..., 6 + J]`.
      yaw: its heading `[...]`, rad.
      soles: ends of left and right sole from the pelvis, along the heading `[..., 2, 4, 3]`, m.
      hands: from the pelvis, along the heading `[..., 2, 3]`, m.
      up: the world's vertical in the pelvis's frame `[..., 3]`.
      velocity: of the pelvis along the heading, to its left, and up `[..., 3]`, m/s.
    """

    qpos: jax.Array
    qvel: jax.Array
    yaw: jax.Array
    soles: jax.Array
    hands: jax.Array
    up: jax.Array
    velocity: jax.Array

    @property
    def height(self) -> jax.Array:
        """Of the pelvis over the lowest end of either sole `[...]`, m."""
        return -self.soles[..., 2].min(axis=(-1, -2))


def body_frame(robot: str, qpos: jax.Array, qvel: jax.Array) -> BodyFrame:
    """The frame of a robot's own qpos `[..., 7 + J]` and qvel `[..., 6 + J]`."""
    yaw = heading(qpos[..., 3:7])
    return BodyFrame(
        qpos=qpos,
        qvel=qvel,
        yaw=yaw,
        soles=soles_in_heading(robot, qpos),
        hands=hands_in_heading(robot, qpos),
        up=up_in_pelvis(qpos),
        velocity=to_heading(qvel[..., :3], yaw),
    )


@cache
def arm_hinges(robot: str) -> np.ndarray:
    """Indices of the hinges of left and right arm, shoulder to elbow `[2, 4]`."""
    joints = robot_tree(robot).joints
    return np.array([[joints.index(f"{side}_{name}") for name in _ARM] for side in _SIDES])


def arm_gains(robot: str, qpos: jax.Array) -> jax.Array:
    """Change of each arm's hinges per displacement of its hand `[..., 2, 4, 3]`, rad/m.

    Damped least squares of the hands' Jacobians, in the frame of `hands_in_heading`.
    """
    arms = arm_hinges(robot)

    def one(qpos: jax.Array) -> jax.Array:
        def hands(angles: jax.Array) -> jax.Array:
            return hands_in_heading(robot, qpos.at[7 + arms].set(angles))

        whole = jax.jacfwd(hands)(qpos[7 + arms])
        gains = []
        for side in range(2):
            jacobian = whole[side, :, side]
            square = jacobian @ jacobian.T + _DAMPING**2 * jnp.eye(3)
            gains.append(jacobian.T @ jnp.linalg.inv(square))
        return jnp.stack(gains)

    flat = jax.vmap(one)(qpos.reshape(-1, qpos.shape[-1]))
    return flat.reshape(*qpos.shape[:-1], *flat.shape[1:])
