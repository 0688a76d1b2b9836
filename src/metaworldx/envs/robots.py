"""The robots: their sizes and standing pose, and named readings of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_LEG = (0.0, 0.0, -0.4, 0.8, -0.4)
_STAND = (0.0, 0.0, 0.98, 1.0, 0.0, 0.0, 0.0, *_LEG, *_LEG, 0.0)


@dataclass(frozen=True)
class RobotSpec:
    """A robot: its model file and its sizes.

    Attributes:
      name: the first part of an environment's id.
      nq, nv, nu: numbers of positions, velocities and actuators.
      stand: HumanoidBench's standing pose `[nq]`, pelvis 0.98 m high, knees bent 0.8 rad.
      xml: path of the model file of a custom robot; None is `assets/robots/NAME.xml`.
    """

    name: str
    nq: int
    nv: int
    nu: int
    stand: tuple[float, ...]
    xml: str | None = None

    @property
    def model(self) -> str:
        """What `sim.model` builds the robot from: the file's path, or a shipped robot's name."""
        return self.xml or self.name


ROBOTS = {
    "h1": RobotSpec("h1", 26, 25, 19, _STAND + (0.0,) * 8),
    "h1hand": RobotSpec("h1hand", 76, 75, 61, _STAND + (0.0,) * 58),
    "h1strong": RobotSpec("h1strong", 76, 75, 61, _STAND + (0.0,) * 58),
}


def z_axis_z(quat: jax.Array) -> jax.Array:
    """Height of a frame's z axis over its origin (1 upright, -1 upside down), from w x y z."""
    return 1.0 - 2.0 * (quat[1] ** 2 + quat[2] ** 2)


class Robot:
    """Named readings of a robot; indices are looked up once, from the layout."""

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        self.spec = spec
        self._torso = layout.body("torso_link")
        self._pelvis = layout.body("pelvis")
        site: Callable[[str], int] = layout.site
        self._head, self._imu = site("head"), site("imu")
        self._left_hand, self._right_hand = site("left_hand"), site("right_hand")
        self._left_foot, self._right_foot = site("left_foot"), site("right_foot")
        self._com_velocity = layout.sensor("pelvis_subtreelinvel")

    def torso_upright(self, data: SimData) -> jax.Array:
        """Projection of the torso's z axis on the world's."""
        return z_axis_z(data.xquat[self._torso])

    def pelvis_upright(self, data: SimData) -> jax.Array:
        """Projection of the pelvis's z axis on the world's."""
        return z_axis_z(data.xquat[self._pelvis])

    def pelvis_position(self, data: SimData) -> jax.Array:
        """World position of the pelvis body `[3]`, m (one substep behind qpos)."""
        return data.xpos[self._pelvis]

    def pelvis_orientation(self, data: SimData) -> jax.Array:
        """World orientation of the pelvis body `[4]`, w x y z."""
        return data.xquat[self._pelvis]

    def head_height(self, data: SimData) -> jax.Array:
        """Height of the head site, m."""
        return data.site_xpos[self._head, 2]

    def head_position(self, data: SimData) -> jax.Array:
        """World position of the head site `[3]`, m."""
        return data.site_xpos[self._head]

    def imu_position(self, data: SimData) -> jax.Array:
        """World position of the imu site at the waist `[3]`, m."""
        return data.site_xpos[self._imu]

    def left_hand(self, data: SimData) -> jax.Array:
        """World position of the left hand site `[3]`, m."""
        return data.site_xpos[self._left_hand]

    def right_hand(self, data: SimData) -> jax.Array:
        """World position of the right hand site `[3]`, m."""
        return data.site_xpos[self._right_hand]

    def hands(self, data: SimData) -> jax.Array:
        """World positions of the hand sites, left first `[2, 3]`, m."""
        return jnp.stack([self.left_hand(data), self.right_hand(data)])

    def left_foot_height(self, data: SimData) -> jax.Array:
        """Height of the left foot site, m."""
        return data.site_xpos[self._left_foot, 2]

    def right_foot_height(self, data: SimData) -> jax.Array:
        """Height of the right foot site, m."""
        return data.site_xpos[self._right_foot, 2]

    def com_velocity(self, data: SimData) -> jax.Array:
        """Linear velocity of the robot's centre of mass in the world `[3]`, m/s."""
        return data.sensordata[self._com_velocity]

    def qpos(self, data: SimData) -> jax.Array:
        """The robot's own positions `[spec.nq]`."""
        return data.qpos[: self.spec.nq]

    def qvel(self, data: SimData) -> jax.Array:
        """The robot's own velocities `[spec.nv]`."""
        return data.qvel[: self.spec.nv]

    def observation(self, data: SimData) -> jax.Array:
        """The robot's own numbers by meaning, positions then velocities `[nq + nv]`."""
        return jnp.concatenate([self.qpos(data), self.qvel(data)])
