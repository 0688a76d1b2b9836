"""Physics interface: the state of a simulation and the functions that step it."""

from __future__ import annotations

import abc
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
from flax import struct

from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

SUBSTEPS = 10
"""Physics steps of 0.002 s per control step, as in HumanoidBench."""

LARGEST = 1e10
"""MuJoCo's mjMAXVAL, the largest valid number."""


@struct.dataclass
class Variation:
    """One simulation's deviation from the nominal model.

    Constraint softness is computed from the nominal masses on every backend.

    Attributes:
      friction: factor on every sliding friction, scalar.
      mass: factor on each body's mass and inertia `[nbody]`.
    """

    friction: jax.Array
    mass: jax.Array


@struct.dataclass
class PhysicsState:
    """Complete state of one simulation, the same on every backend.

    A step recomputes everything else, so that backends have no hidden state: a state can be saved,
    sharded, or transferred between backends.

    Attributes:
      qpos, qvel: `[nq]`, `[nv]`.
      warmstart: the constraint solver's last accelerations `[nv]`.
      mocap_pos, mocap_quat: poses of mocap bodies `[nmocap, 3]`, `[nmocap, 4]`.
      variation: this simulation's own model parameters, or None for the nominal model.
    """

    qpos: jax.Array
    qvel: jax.Array
    warmstart: jax.Array
    mocap_pos: jax.Array
    mocap_quat: jax.Array
    variation: Variation | None = None


class Physics(abc.ABC):
    """Steps simulations of one model. Every method is pure and may be jitted and vmapped."""

    name: str
    model: mujoco.MjModel
    """The compiled model, for names, sizes and rendering."""
    layout: ModelIndex

    @abc.abstractmethod
    def step(self, state: PhysicsState, ctrl: jax.Array) -> tuple[PhysicsState, SimData]:
        """One control step (10 substeps) under constant `ctrl` `[nu]`, in actuator units.

        A simulation that diverges has NaN in its qpos, on every backend. This includes controls,
        mocap poses or variations that are NaN, infinite or beyond `LARGEST` (C MuJoCo would set all
        controls to zero and continue), and overflows of contact or constraint buffers.
        """

    @abc.abstractmethod
    def kinematics(
        self, state: PhysicsState, needed: jax.Array | bool = True
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Positions and orientations at a state, without stepping.

        Args:
          state: a simulation's state.
          needed: where False the result may be any finite value, so that a backend can skip it.

        Returns:
          xpos `[nbody, 3]`, xquat `[nbody, 4]`, site_xpos `[nsite, 3]`.
        """

    @abc.abstractmethod
    def reset_data(self, state: PhysicsState, needed: jax.Array | bool = True) -> SimData:
        """Simulation data right after a reset: kinematic fields current, the others zero."""


def inputs_valid(state: PhysicsState, ctrl: Any) -> Any:
    """Whether the external inputs of a step are valid.

    Args:
      state: of simulations with any leading dimensions, numpy or JAX arrays.
      ctrl: `[..., nu]`.

    Returns:
      bool `[...]`: controls, mocap poses and variation hold no NaN and nothing beyond `LARGEST`.
      (Invalid qpos and qvel stay invalid.)
    """
    dims = ctrl.ndim - 1
    fine = (abs(ctrl) <= LARGEST).all(axis=-1)
    for leaf in jax.tree.leaves((state.mocap_pos, state.mocap_quat, state.variation)):
        if leaf.size:
            fine &= (abs(leaf) <= LARGEST).all(axis=tuple(range(dims, leaf.ndim)))
    return fine


def initial_state(
    qpos: jax.Array,
    qvel: jax.Array,
    mocap_pos: jax.Array,
    mocap_quat: jax.Array,
    variation: Variation | None = None,
) -> PhysicsState:
    """An initial state with a zero solver warm start."""
    return PhysicsState(qpos, qvel, jnp.zeros_like(qvel), mocap_pos, mocap_quat, variation)
