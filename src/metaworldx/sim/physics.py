"""Physics behind one interface: what a simulation carries between steps, and what steps it."""

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
"""Physics steps of 0.002 s in a control step, as in HumanoidBench."""

LARGEST = 1e10
"""MuJoCo's mjMAXVAL: it calls every number beyond it bad."""


@struct.dataclass
class Variation:
    """How one simulation's model differs from the nominal one.

    Constraint softness keeps following the nominal masses on every backend.

    Attributes:
      friction: factor on every sliding friction, scalar.
      mass: factor on each body's mass and inertia `[nbody]`.
    """

    friction: jax.Array
    mass: jax.Array


@struct.dataclass
class PhysicsState:
    """All that one simulation carries from step to step, the same on every backend.

    A step recomputes everything else, so nothing is hidden in a backend: a state can be saved,
    sharded, or handed from one backend to another.

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

        A simulation that breaks down comes back with NaN in its qpos, on every backend alike:
        also where controls, mocap poses or the variation are NaN, infinite or beyond `LARGEST`
        (C MuJoCo would put all of the simulation's controls to zero and go on), and where
        contacts or constraints found no room.
        """

    @abc.abstractmethod
    def kinematics(
        self, state: PhysicsState, needed: jax.Array | bool = True
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Positions and orientations at a state, without stepping.

        Args:
          state: a simulation's state.
          needed: where False the result may be anything finite, which lets a backend skip it.

        Returns:
          xpos `[nbody, 3]`, xquat `[nbody, 4]`, site_xpos `[nsite, 3]`.
        """

    @abc.abstractmethod
    def readings_at(self, state: PhysicsState, needed: jax.Array | bool = True) -> SimData:
        """Readings right after a reset: kinematic fields current, the others zero."""


def usable(state: PhysicsState, ctrl: Any) -> Any:
    """Whether what a step is given from outside lets it mean anything.

    Args:
      state: of simulations with any leading dimensions, numpy's or JAX's arrays.
      ctrl: `[..., nu]`.

    Returns:
      bool `[...]`: controls, mocap poses and variation hold no NaN and nothing beyond `LARGEST`.
      (What is broken in qpos and qvel stays broken in them.)
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
    """A state at rest in the solver's memory."""
    return PhysicsState(qpos, qvel, jnp.zeros_like(qvel), mocap_pos, mocap_quat, variation)
