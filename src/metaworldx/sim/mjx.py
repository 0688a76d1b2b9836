"""MJX behind the common interface: `jax` anywhere, `warp` on NVIDIA GPUs."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from metaworldx.sim.contacts import ContactRule
from metaworldx.sim.layout import Layout
from metaworldx.sim.physics import SUBSTEPS, Physics, PhysicsState, Variation
from metaworldx.sim.readings import Readings
from metaworldx.sim.touch import TouchSensors

# Where warp is not installed, MJX says so on stdout, in the midst of our tables and JSON.
with contextlib.redirect_stdout(io.StringIO()):
    from mujoco import mjx


class MjxPhysics(Physics):
    """MJX's pure-JAX implementation.

    Steps run with full float32 matrix products whatever the caller's default precision:
    reduced precision (TF32) upsets MJX's solver.
    """

    name = "mjx"

    def __init__(self, spec: mujoco.MjSpec, rules: Mapping[str, ContactRule] | None = None):
        """Compiles `spec` and puts it on the default device."""
        rules = rules or {}
        self.model = spec.compile()
        self.layout = Layout.of_model(self.model)
        pairs = [rule.pairs(self.layout) for rule in rules.values()]
        self._pairs = np.stack(pairs) if pairs else np.zeros((0, 1, 1), bool)
        self._mjx = mjx.put_model(self.model, impl="jax")
        self._data = mjx.make_data(self.model, impl="jax")

    def _model(self, variation: Variation | None) -> mjx.Model:
        if variation is None:
            return self._mjx
        m = self._mjx
        mass = m.body_mass * variation.mass
        subtree = [mass[i] for i in range(self.model.nbody)]
        for body in range(self.model.nbody - 1, 0, -1):
            parent = int(self.model.body_parentid[body])
            subtree[parent] = subtree[parent] + subtree[body]
        changes = {
            "body_mass": mass,
            "body_inertia": m.body_inertia * variation.mass[:, None],
            "body_subtreemass": jnp.stack(subtree),
            "geom_friction": m.geom_friction.at[:, 0].multiply(variation.friction),
        }
        if self.model.npair:
            changes["pair_friction"] = m.pair_friction.at[:, :2].multiply(variation.friction)
        return m.replace(**changes)

    def _load(self, state: PhysicsState) -> mjx.Data:
        data = self._data.replace(qpos=state.qpos, qvel=state.qvel, qacc_warmstart=state.warmstart)
        if self.model.nmocap:
            data = data.replace(mocap_pos=state.mocap_pos, mocap_quat=state.mocap_quat)
        return data

    def step(self, state: PhysicsState, ctrl: jax.Array) -> tuple[PhysicsState, Readings]:
        """One control step under constant `ctrl` `[nu]`; see `Physics.step`."""
        with jax.default_matmul_precision("highest"):
            model = self._model(state.variation)
            data = self._load(state).replace(ctrl=ctrl)
            data = jax.lax.fori_loop(0, SUBSTEPS, lambda _, d: mjx.step(model, d), data)
        after = state.replace(qpos=data.qpos, qvel=data.qvel, warmstart=data.qacc_warmstart)
        return after, self._readings(data)

    def _flags(self, data: mjx.Data) -> jax.Array:
        if not len(self._pairs):
            return jnp.zeros(0, bool)
        contact = data._impl.contact
        present = contact.dist < contact.includemargin
        first, second = contact.geom[:, 0], contact.geom[:, 1]
        return jnp.any(jnp.asarray(self._pairs)[:, first, second] & present, axis=-1)

    def _sensors(self, data: mjx.Data) -> jax.Array:
        return data.sensordata

    def _readings(self, data: mjx.Data) -> Readings:
        return Readings(
            qpos=data.qpos,
            qvel=data.qvel,
            xpos=data.xpos,
            xquat=data.xquat,
            site_xpos=data.site_xpos,
            sensordata=self._sensors(data),
            actuator_force=data.actuator_force,
            contact=self._flags(data),
        )

    def kinematics(
        self, state: PhysicsState, needed: jax.Array | bool = True
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Positions at a state; see `Physics.kinematics`."""
        del needed
        with jax.default_matmul_precision("highest"):
            data = mjx.kinematics(self._mjx, self._load(state))
        return data.xpos, data.xquat, data.site_xpos

    def readings_at(self, state: PhysicsState, needed: jax.Array | bool = True) -> Readings:
        """Readings right after a reset; see `Physics.readings_at`."""
        xpos, xquat, site_xpos = self.kinematics(state, needed)
        sensors = self._sensors(self._data)
        return Readings(
            qpos=state.qpos,
            qvel=state.qvel,
            xpos=xpos,
            xquat=xquat,
            site_xpos=site_xpos,
            sensordata=jnp.zeros_like(sensors),
            actuator_force=jnp.zeros_like(self._data.actuator_force),
            contact=jnp.zeros(len(self._pairs), bool),
        )


class WarpPhysics(MjxPhysics):
    """MJX with MuJoCo Warp (`mujoco-mjx[warp]`, NVIDIA GPUs only).

    Its contact list is shared between simulations, so contact rules are read off sensors.
    """

    name = "warp"

    def __init__(
        self,
        spec: mujoco.MjSpec,
        rules: Mapping[str, ContactRule] | None = None,
        contacts: int = 64,
        constraints: int = 256,
        worlds: int = 1,
    ):
        """Compiles `spec` for Warp.

        Args:
          spec: the model.
          rules: contact rules of the task.
          contacts: room for contacts per simulation.
          constraints: room for constraint rows per simulation.
          worlds: how many simulations will be stepped at once; contacts share one pool.
        """
        self._touch = TouchSensors(spec, rules or {})
        self.model = self._touch.model
        self.layout = Layout.of_model(self.model)
        self._pairs = np.zeros((len(self._touch.rules), 1, 1), bool)
        self._mjx = mjx.put_model(self.model, impl="warp")
        self._data = mjx.make_data(
            self.model, impl="warp", naconmax=contacts * worlds, njmax=constraints
        )

    def _flags(self, data: mjx.Data) -> jax.Array:
        if not self._touch.rules:
            return jnp.zeros(0, bool)
        counts = data.sensordata[self._touch.base_sensors :]
        return jnp.asarray(self._touch.weights) @ counts > 0.5

    def _sensors(self, data: mjx.Data) -> jax.Array:
        return data.sensordata[: self._touch.base_sensors]
