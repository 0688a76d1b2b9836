"""Simulation data that tasks read: plain arrays, the same on every backend."""

from __future__ import annotations

import jax
from flax import struct


@struct.dataclass
class SimData:
    """One simulation's data after a control step (shapes without batch dimensions).

    As after `mj_step`, everything but qpos and qvel lags them by one substep. After a reset
    the kinematic fields (qpos, qvel, xpos, xquat, site_xpos) are current and the others zero.

    Attributes:
      qpos: generalised positions `[nq]`, metres and radians, free joints first three metres
        then a unit quaternion w x y z.
      qvel: generalised velocities `[nv]`.
      xpos: world positions of the bodies `[nbody, 3]`.
      xquat: world orientations of the bodies `[nbody, 4]`.
      site_xpos: world positions of the sites `[nsite, 3]`.
      sensordata: the model's sensors `[nsensordata]`.
      actuator_force: actuator forces `[nu]`, N m (N on tendons).
      contact: one flag per entry of the task's `contact_rules`, in their order `[nrule]`, bool.
    """

    qpos: jax.Array
    qvel: jax.Array
    xpos: jax.Array
    xquat: jax.Array
    site_xpos: jax.Array
    sensordata: jax.Array
    actuator_force: jax.Array
    contact: jax.Array
