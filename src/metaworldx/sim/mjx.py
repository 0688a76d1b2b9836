"""MJX backends behind the common interface: `jax` anywhere, `warp` on NVIDIA GPUs."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.sim.contact_capacity import contact_capacity_for
from metaworldx.sim.contact_rules import ContactRule
from metaworldx.sim.contact_sensors import ContactSensors
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex
from metaworldx.sim.physics import SUBSTEPS, Physics, PhysicsState, Variation, inputs_valid

# MJX reports a missing warp on stdout, where tables and JSON go; warp, if installed, lists the
# machine's devices there.
with contextlib.redirect_stdout(io.StringIO()):
    from mujoco import mjx

_STOPPED = ("ITERATIONS", "LS_ITERATIONS")
"""Warp's flag for a solver at its iteration limit, which is no overflow and normal elsewhere."""


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
        self.layout = ModelIndex.of_model(self.model)
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

    def _load(self, state: PhysicsState, blank: mjx.Data | None = None) -> mjx.Data:
        data = self._data if blank is None else blank
        data = data.replace(qpos=state.qpos, qvel=state.qvel, qacc_warmstart=state.warmstart)
        if self.model.nmocap:
            data = data.replace(mocap_pos=state.mocap_pos, mocap_quat=state.mocap_quat)
        return data

    def step(self, state: PhysicsState, ctrl: jax.Array) -> tuple[PhysicsState, SimData]:
        """One control step under constant `ctrl` `[nu]`; see `Physics.step`."""
        return self._advance(self._data, state, ctrl)

    def _advance(
        self, blank: mjx.Data, state: PhysicsState, ctrl: jax.Array
    ) -> tuple[PhysicsState, SimData]:
        """A control step in `blank`'s buffers."""
        sound = inputs_valid(state, ctrl)
        with jax.default_matmul_precision("highest"):
            model = self._model(state.variation)
            data = self._load(state, blank).replace(ctrl=jnp.where(sound, ctrl, 0.0))
            data = jax.lax.fori_loop(0, SUBSTEPS, lambda _, d: mjx.step(model, d), data)
        sound &= self._buffers_sufficed(data)
        data = data.replace(qpos=jnp.where(sound, data.qpos, jnp.nan))
        after = state.replace(qpos=data.qpos, qvel=data.qvel, warmstart=data.qacc_warmstart)
        return after, self._readings(data)

    def _buffers_sufficed(self, data: mjx.Data) -> jax.Array | bool:
        """Whether the buffers held all contacts and constraints of the step; here always."""
        del data
        return True

    def _flags(self, data: mjx.Data) -> jax.Array:
        if not len(self._pairs):
            return jnp.zeros(0, bool)
        contact = data._impl.contact
        present = contact.dist < contact.includemargin
        first, second = contact.geom[:, 0], contact.geom[:, 1]
        return jnp.any(jnp.asarray(self._pairs)[:, first, second] & present, axis=-1)

    def _sensors(self, data: mjx.Data) -> jax.Array:
        return data.sensordata

    def _readings(self, data: mjx.Data) -> SimData:
        return SimData(
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

    def reset_data(self, state: PhysicsState, needed: jax.Array | bool = True) -> SimData:
        """Simulation data right after a reset; see `Physics.reset_data`."""
        xpos, xquat, site_xpos = self.kinematics(state, needed)
        sensors = self._sensors(self._data)
        return SimData(
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
    """MJX with MuJoCo Warp (`mujoco-mjx[warp]`): NVIDIA GPUs and, slowly, for tests, CPUs.

    Simulations stepped together share one contact buffer, sized by the batch of a call, the product
    of the dimensions that `vmap` added. A simulation whose constraints overflow is marked as
    diverged. If the contact buffer overflows, the whole batch is, as the missing contacts could be
    anyone's.

    The contact list is shared, so contact rules are evaluated with sensors.
    """

    name = "warp"

    def __init__(
        self,
        spec: mujoco.MjSpec,
        rules: Mapping[str, ContactRule] | None = None,
        contacts: int | None = None,
        constraints: int | None = None,
        worlds: int | None = None,
    ):
        """Compiles `spec` for Warp.

        Args:
          spec: the model.
          rules: contact rules of the task.
          contacts: capacity for contacts per simulation; None is `contact_capacity_for(model)`.
          constraints: capacity for constraint rows per simulation; None likewise.
          worlds: largest number of simulations stepped at once; None allows any number.
        """
        _silence_warp()
        self._touch = ContactSensors(spec, rules or {})
        self.model = self._touch.model
        self.layout = ModelIndex.of_model(self.model)
        self._pairs = np.zeros((len(self._touch.rules), 1, 1), bool)
        room = contact_capacity_for(self.model)
        self.contacts = room.contacts if contacts is None else contacts
        """Contact capacity per simulation."""
        self.constraints = room.constraints if constraints is None else constraints
        """Constraint capacity per simulation."""
        self._worlds = worlds
        model = mjx.put_model(self.model, impl="warp")
        self._mjx = model.tree_replace({"opt._impl.warn_overflow": 0})
        self._data = mjx.make_data(self.model, impl="warp", naconmax=1, njmax=self.constraints)
        self._overflow_mask = _overflow_mask()
        self._step = self._stepping(())

    def step(self, state: PhysicsState, ctrl: jax.Array) -> tuple[PhysicsState, SimData]:
        """One control step under constant `ctrl` `[nu]`; see `Physics.step`.

        Raises:
          UserError: at trace time, if `vmap` made more simulations of it than `worlds`.
        """
        return self._step(state, ctrl)

    def _stepping(self, batch: tuple[int, ...]) -> Callable[..., Any]:
        """`step` for these leading dimensions, which every `vmap` extends."""

        @jax.custom_batching.custom_vmap
        def step(state: PhysicsState, ctrl: jax.Array) -> Any:
            return self._step_all(batch, state, ctrl)

        @step.def_vmap
        def more(size: int, is_batched: Any, *given: Any) -> Any:
            every = jax.tree.map(
                lambda x, batched: x if batched else jnp.broadcast_to(x, (size, *x.shape)),
                given,
                tuple(is_batched),
            )
            out = self._stepping((size, *batch))(*every)
            return out, jax.tree.map(lambda _: True, out)

        return step

    def _step_all(self, batch: tuple[int, ...], state: PhysicsState, ctrl: jax.Array) -> Any:
        count, dims = math.prod(batch), len(batch)
        if self._worlds is not None and count > self._worlds:
            raise UserError(
                f"{count} environments at once on backend 'warp', which was made for "
                f"{self._worlds}; set worlds={count} or leave it out"
            )
        flat = jax.tree.map(lambda x: x.reshape(count, *x.shape[dims:]), (state, ctrl))
        blank = self._blank(count)
        out = jax.vmap(lambda state, ctrl: self._advance(blank, state, ctrl))(*flat)
        return jax.tree.map(lambda x: x.reshape(*batch, *x.shape[1:]), out)

    def _blank(self, count: int) -> mjx.Data:
        """Buffers with contact capacity for `count` simulations."""
        pool = count * self.contacts
        impl: Any = self._data._impl
        changes: dict[str, Any] = {"_impl.naconmax": pool, "_impl.naccdmax": pool}
        for name in type(impl).__annotations__:
            if name.startswith("contact__"):
                one = getattr(impl, name)
                if len(one):  # some kinds of contacts have no entries at all
                    changes[f"_impl.{name}"] = jnp.broadcast_to(one, (pool, *one.shape[1:]))
        blank: Any = self._data.tree_replace(changes)
        return blank

    def _buffers_sufficed(self, data: mjx.Data) -> jax.Array:
        return (data._impl.overflow & self._overflow_mask) == 0

    def _flags(self, data: mjx.Data) -> jax.Array:
        if not self._touch.rules:
            return jnp.zeros(0, bool)
        counts = data.sensordata[self._touch.base_sensors :]
        return jnp.asarray(self._touch.weights) @ counts > 0.5

    def _sensors(self, data: mjx.Data) -> jax.Array:
        return data.sensordata[: self._touch.base_sensors]


def _silence_warp() -> None:
    """Silences Warp, which prints its devices and each kernel that it loads."""
    import warp  # pyright: ignore[reportMissingImports]

    warp.config.log_level = max(warp.config.log_level, warp.LOG_WARNING)


def _overflow_mask() -> int:
    """Bits of Warp's overflow mask for missing contacts or constraints."""
    from mujoco.mjx.third_party.mujoco_warp._src.types import OverflowType

    return int(OverflowType.ALL) & ~sum(int(OverflowType[name]) for name in _STOPPED)
