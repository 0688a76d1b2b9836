"""From a reference and an offset to joint targets: servos that follow it, ankles that balance."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.experts.observation import soles_in_heading, velocity_in_heading
from metaworldx.experts.reference import Target

_PENDULUM = 3.3
"""Rate (1/s) at which H1 topples: sqrt(g / height of its centre of mass, 0.9 m)."""


def unbalance(robot: str, target: Target, qpos: jax.Array, qvel: jax.Array) -> jax.Array:
    """How far the capture point is ahead and to the left of the reference's `[2]`, m.

    Against the feet that stand in the reference; the capture point is the pelvis's place plus its
    velocity over the pendulum's rate (Pratt et al. 2006). Without a standing foot the velocity
    alone counts.
    """
    middles = soles_in_heading(robot, qpos).mean(axis=-2)
    share = target.contacts / jnp.maximum(target.contacts.sum(), 0.5)
    ahead = (share[:, None] * (target.soles - middles)).sum(axis=0)
    faster = velocity_in_heading(qpos, qvel) - target.velocity
    return (ahead + faster / _PENDULUM)[:2]


class Motors:
    """Position servos of a robot's hinges.

    Attributes:
      lead: seconds by which the servo's own damping makes a joint lag `[J]`.
      reach: offset of the target that pushes with the greatest force `[J]`, rad.
      low, high: range of the targets `[J]`, rad.
      ankles: numbers of the left and right ankle's hinge.
    """

    def __init__(self, model: Any):
        """Reads them off a MuJoCo model whose actuators are its hinges, in order."""
        gain = model.actuator_gainprm[:, 0]
        damping = model.dof_damping[6 : 6 + model.nu] - model.actuator_biasprm[:, 2]
        self.lead = np.asarray(damping / gain, np.float32)
        self.reach = np.asarray(model.actuator_forcerange[:, 1] / gain, np.float32)
        self.low = np.asarray(model.actuator_ctrlrange[:, 0], np.float32)
        self.high = np.asarray(model.actuator_ctrlrange[:, 1], np.float32)
        names = [model.actuator(i).name for i in range(model.nu)]
        self.ankles = np.array([names.index("left_ankle"), names.index("right_ankle")])

    def ctrl(
        self,
        target: Target,
        offset: jax.Array,
        ahead: jax.Array,
        authority: jax.Array | float,
        balance: jax.Array | float,
    ) -> jax.Array:
        """Joint targets `[J]`.

        The reference's posture, led by what the servos lag; the ankles of standing feet push the
        toes down as the capture point runs ahead, as people do who stand (Winter 1995); and the
        offset.

        Args:
          target: the reference at the end of the step.
          offset: in [-1, 1] `[J]`.
          ahead: how far the capture point is ahead of the reference's, m.
          authority: share of the greatest force that an offset of 1 pushes with.
          balance: ankle's offset by how far ahead, rad/m.
        """
        base = target.qpos[7:] + self.lead * target.qvel[6:]
        push = jnp.clip(balance * ahead * target.contacts, -1.0, 1.0)
        base = base.at[self.ankles].add(push * self.reach[self.ankles])
        return jnp.clip(base + authority * self.reach * offset, self.low, self.high)
