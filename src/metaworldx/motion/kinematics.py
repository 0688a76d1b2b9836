"""Forward kinematics of a robot's bodies, as a pure function of its qpos."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from metaworldx.sim.model import build_model

SOLE_DEPTH = 0.07
"""Height of the ankle over the sole (m)."""
SOLE_CORNERS = ((-0.1, 0.015), (-0.1, -0.015), (0.2, 0.015), (0.2, -0.015))
"""Heel and toe ends of the sole in the ankle's frame: x and y (m)."""


class Point(NamedTuple):
    """A point fixed to a body: the body's name and the position in its frame (m)."""

    body: str
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)


def sole_points(side: str) -> tuple[Point, ...]:
    """The four ends of the sole of the `left` or `right` foot."""
    return tuple(Point(f"{side}_ankle_link", (x, y, -SOLE_DEPTH)) for x, y in SOLE_CORNERS)


class RobotTree:
    """The kinematic tree of a robot with a floating base and hinges.

    Attributes:
      robot: its name.
      joints: names of the hinges in qpos order.
      low, high: their limits `[J]`, rad.
      bodies: names of the bodies, the pelvis first, parents before children.
    """

    def __init__(self, robot: str):
        """Builds the tree from the robot's model; `robot_tree` caches one per robot."""
        model = build_model(robot, "floor", "feet", visuals=False)
        self.robot = robot
        self.model = model
        hinges = [j for j in range(model.njnt) if model.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE]
        self.joints = tuple(model.joint(j).name for j in hinges)
        self.low = model.jnt_range[hinges, 0].copy()
        self.high = model.jnt_range[hinges, 1].copy()
        pelvis = model.body("pelvis").id
        ids = [b for b in range(model.nbody) if model.body_rootid[b] == pelvis]
        self.bodies = tuple(model.body(b).name for b in ids)
        self._links = tuple(self._link(b, ids) for b in ids)

    def _link(self, b: int, ids: list[int]) -> tuple[int, np.ndarray, np.ndarray, tuple]:
        model = self.model
        parent = ids.index(model.body_parentid[b]) if b != ids[0] else -1
        hinges = tuple(
            (int(model.jnt_qposadr[j]), model.jnt_axis[j].copy(), model.jnt_pos[j].copy())
            for j in range(model.body_jntadr[b], model.body_jntadr[b] + model.body_jntnum[b])
            if model.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE
        )
        if any(np.any(pos) for _, _, pos in hinges):
            raise ValueError(f"{self.robot}: hinges away from their bodies' origins")
        return parent, model.body_pos[b].copy(), model.body_quat[b].copy(), hinges

    def poses(self, qpos: jax.Array) -> tuple[jax.Array, jax.Array]:
        """World positions and rotation matrices of all bodies.

        Args:
          qpos: the robot's `[..., 7 + J]`, MuJoCo's layout (m, w x y z, rad).

        Returns:
          `[..., bodies, 3]` and `[..., bodies, 3, 3]`.
        """
        found = self._poses_of(qpos, set(range(len(self.bodies))))
        positions, rotations = zip(*(found[i] for i in sorted(found)), strict=True)
        return jnp.stack(positions, axis=-2), jnp.stack(rotations, axis=-3)

    def _poses_of(
        self, qpos: jax.Array, wanted: set[int]
    ) -> dict[int, tuple[jax.Array, jax.Array]]:
        """Positions and rotations of some bodies and their ancestors."""
        needed = set(wanted)
        for i in reversed(range(len(self.bodies))):
            if i in needed and self._links[i][0] >= 0:
                needed.add(self._links[i][0])
        found: dict[int, tuple[jax.Array, jax.Array]] = {}
        for i in sorted(needed):
            parent, offset, quat, hinges = self._links[i]
            if parent < 0:
                found[i] = qpos[..., :3], matrix(qpos[..., 3:7])
                continue
            at, turn = found[parent]
            position = at + turn @ jnp.asarray(offset, qpos.dtype)
            if abs(quat[0]) < 1.0 - 1e-12:
                turn = turn @ matrix(jnp.asarray(quat, qpos.dtype))
            for adr, axis, _ in hinges:
                turn = turn @ hinge(axis, qpos[..., adr])
            found[i] = position, turn
        return found

    def points(self, qpos: jax.Array, points: tuple[Point, ...]) -> jax.Array:
        """World positions of points fixed to bodies `[..., points, 3]`, m."""
        which = [self.bodies.index(point.body) for point in points]
        found = self._poses_of(qpos, set(which))
        placed = [
            found[i][0] + found[i][1] @ jnp.asarray(point.offset, qpos.dtype)
            for i, point in zip(which, points, strict=True)
        ]
        return jnp.stack(placed, axis=-2)


@cache
def robot_tree(robot: str) -> RobotTree:
    """The tree of a robot, cached.

    Raises:
      UserError: unknown robot.
    """
    return RobotTree(robot)


# ---- rotations; quaternions are w x y z


def matrix(quat: jax.Array) -> jax.Array:
    """Rotation matrices `[..., 3, 3]` of unit quaternions `[..., 4]`."""
    w, x, y, z = jnp.moveaxis(quat, -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def hinge(axis: np.ndarray, angle: jax.Array) -> jax.Array:
    """Rotation matrices `[..., 3, 3]` about a fixed unit axis by `angle` `[...]` rad."""
    x, y, z = axis
    cross = jnp.asarray([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]], angle.dtype)
    sin, cos = jnp.sin(angle)[..., None, None], jnp.cos(angle)[..., None, None]
    return jnp.eye(3, dtype=angle.dtype) + sin * cross + (1.0 - cos) * (cross @ cross)


def heading(quat: jax.Array) -> jax.Array:
    """Yaw `[...]` (rad) of unit quaternions `[..., 4]`: the twist about the vertical.

    By swing-twist decomposition a body that lies or crawls, its x axis towards the floor, has a
    heading too; one upside down has none.
    """
    return wrapped(2.0 * jnp.arctan2(quat[..., 3], quat[..., 0]))


def to_heading(vector: jax.Array, yaw: jax.Array) -> jax.Array:
    """World vectors `[..., 3]` in a frame rotated by `yaw` `[...]` about the vertical."""
    x, y, z = jnp.moveaxis(vector, -1, 0)
    cos, sin = jnp.cos(yaw), jnp.sin(yaw)
    return jnp.stack([cos * x + sin * y, cos * y - sin * x, z], axis=-1)


def wrapped(angle: jax.Array) -> jax.Array:
    """Angles in [-pi, pi)."""
    return (angle + jnp.pi) % (2.0 * jnp.pi) - jnp.pi
