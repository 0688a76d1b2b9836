"""PD targets of the servos from a reference, balance offsets and an action."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.experts.balance_controller import BalanceController
from metaworldx.experts.motion_library import ReferenceFrame


class PdTargets:
    """Position servos of a robot's hinges.

    Attributes:
      lead: lag of a joint due to the servo's own damping `[J]`, s.
      reach: target offset at which the motor pushes with its greatest force `[J]`, rad.
      low, high: range of the targets `[J]`, rad.
      feedback: the balance controller.
    """

    def __init__(self, model: Any):
        """Reads them off a MuJoCo model whose actuators are its hinges, in order."""
        gain = model.actuator_gainprm[:, 0]
        damping = model.dof_damping[6 : 6 + model.nu] - model.actuator_biasprm[:, 2]
        self.lead = np.asarray(damping / gain, np.float32)
        self.reach = np.asarray(model.actuator_forcerange[:, 1] / gain, np.float32)
        self.low = np.asarray(model.actuator_ctrlrange[:, 0], np.float32)
        self.high = np.asarray(model.actuator_ctrlrange[:, 1], np.float32)
        self.feedback = BalanceController(tuple(model.actuator(i).name for i in range(model.nu)))

    def ctrl(
        self,
        target: ReferenceFrame,
        balance: jax.Array,
        offset: jax.Array,
        authority: jax.Array | float,
    ) -> jax.Array:
        """Joint targets `[J]`: the reference's posture with lead for the servos' lag, and offsets.

        Args:
          target: the reference at the end of the step.
          balance: offsets of the balance controller `[J]`, rad; clipped to the offsets' range.
          offset: in [-1, 1] `[J]`.
          authority: share of the greatest force at an offset of 1.
        """
        base = target.qpos[7:] + self.lead * target.qvel[6:]
        most = authority * self.reach
        return jnp.clip(base + jnp.clip(balance, -most, most) + most * offset, self.low, self.high)
