"""Native MuJoCo backend on a thread pool, called from jitted code through a callback."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError

from metaworldx.sim.contact_rules import ContactRule
from metaworldx.sim.contact_sensors import ContactSensors
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex
from metaworldx.sim.physics import SUBSTEPS, Physics, PhysicsState, Variation, inputs_valid

_STATE = ("qpos", "qvel", "qacc_warmstart")
_DERIVED = ("xpos", "xquat", "site_xpos", "sensordata", "actuator_force")
_BROKEN = [
    int(getattr(mujoco.mjtWarning, f"mjWARN_{name}"))
    for name in ("CONTACTFULL", "CNSTRFULL", "BADQPOS", "BADQVEL", "BADQACC", "BADCTRL")
]
"""Warnings after which a simulation's state is invalid, even if it is finite again."""


class NativePhysics(Physics):
    """`mujoco.batch` behind the common interface.

    The batch of a call is the product of the dimensions that `vmap` added; each size has its
    own `mujoco.batch.Batch`, overwritten completely before every call, so that calls share nothing.
    Nominal simulations and those with a variation use different batches, since per-simulation model
    fields of a batch keep their last values.
    """

    name = "native"

    def __init__(
        self, spec: mujoco.MjSpec, rules: Mapping[str, ContactRule] | None = None, threads: int = 0
    ):
        """Compiles `spec`; `threads` 0 takes all cores."""
        # A diverged simulation must stay visibly broken until the environment resets it.
        spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
        self._touch = ContactSensors(spec, rules or {})
        self.model = self._touch.model
        self.layout = ModelIndex.of_model(self.model)
        self._threads = threads
        self._free: dict[tuple[int, bool], list[Batch]] = defaultdict(list)
        self._lock = threading.Lock()

    # ---- numpy side

    @contextlib.contextmanager
    def _batch(self, size: int, varied: bool) -> Iterator[Batch]:
        """A batch of that size for exclusive use."""
        with self._lock:
            free = self._free[size, varied]
            batch = free.pop() if free else None
        if batch is None:
            batch = Batch(self.model, nsim=size, nthread=self._threads)
        try:
            yield batch
        finally:
            with self._lock:
                free.append(batch)

    def _load(self, batch: Batch, state: PhysicsState) -> None:
        batch.bind("qpos")[:] = state.qpos
        batch.bind("qvel")[:] = state.qvel
        batch.bind("qacc_warmstart")[:] = state.warmstart
        if self.model.nmocap:
            batch.bind("mocap_pos")[:] = state.mocap_pos
            batch.bind("mocap_quat")[:] = state.mocap_quat
        if state.variation is not None:
            self._vary(batch, state.variation)

    def _vary(self, batch: Batch, variation: Variation) -> None:
        model = self.model
        factor = np.asarray(variation.mass, float)
        mass = model.body_mass * factor
        batch.expand("body_mass")[:] = mass
        batch.expand("body_inertia")[:] = model.body_inertia * factor[..., None]
        subtree = mass.copy()
        for body in range(model.nbody - 1, 0, -1):
            subtree[:, model.body_parentid[body]] += subtree[:, body]
        batch.expand("body_subtreemass")[:] = subtree
        scale = np.asarray(variation.friction, float).reshape(-1, 1, 1)
        slide = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 1.0])
        batch.expand("geom_friction")[:] = model.geom_friction * (scale * slide[0] + slide[1])
        if model.npair:
            slide = np.array([1.0, 1, 0, 0, 0]), np.array([0.0, 0, 1, 1, 1])
            batch.expand("pair_friction")[:] = model.pair_friction * (scale * slide[0] + slide[1])

    def step_numpy(
        self, state: PhysicsState, ctrl: np.ndarray, substeps: int = SUBSTEPS
    ) -> tuple[PhysicsState, SimData]:
        """`step` on numpy arrays of whatever precision, with one leading batch dimension.

        A simulation in which MuJoCo raised, or warned of divergence in some substep, has NaN in its
        qpos.
        """
        failed = ~inputs_valid(state, ctrl)
        with self._batch(len(ctrl), state.variation is not None) as batch:
            derived = {name: batch.bind(name) for name in _DERIVED}
            self._load(batch, state)
            batch.bind("ctrl")[:] = np.where(failed[:, None], 0.0, ctrl)
            batch.warning[:] = 0
            try:
                batch.step(nstep=substeps)
            except SimulationError as error:
                failed[error.ids] = True
            failed |= (batch.warning[:, _BROKEN, 1] > 0).any(axis=1)
            qpos, qvel, warmstart = (_copied(batch, name) for name in _STATE)
            qpos[failed] = np.nan
            sensordata = derived["sensordata"]
            values: dict[str, Any] = {name: array.copy() for name, array in derived.items()}
            values["sensordata"] = sensordata[:, : self._touch.base_sensors].copy()
            values["contact"] = self._touch.flags(sensordata)
            readings = SimData(qpos=qpos, qvel=qvel, **values)
        return state.replace(qpos=qpos, qvel=qvel, warmstart=warmstart), readings

    def kinematics_numpy(
        self, state: PhysicsState, needed: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`kinematics` on numpy arrays with one leading batch dimension; zeros where not needed."""
        size, model = len(needed), self.model
        out = (
            np.zeros((size, model.nbody, 3)),
            np.zeros((size, model.nbody, 4)),
            np.zeros((size, model.nsite, 3)),
        )
        ids = np.flatnonzero(needed)
        if not len(ids):
            return out
        with self._batch(size, state.variation is not None) as batch:
            bound = [batch.bind(name) for name in ("xpos", "xquat", "site_xpos")]
            self._load(batch, state)
            batch.forward(ids=ids, stage=mujoco.mjtStage.mjSTAGE_POS.value)
            for ours, theirs in zip(out, bound, strict=True):
                ours[ids] = theirs[ids]
        return out

    # ---- jax side

    def step(self, state: PhysicsState, ctrl: jax.Array) -> tuple[PhysicsState, SimData]:
        """One control step under constant `ctrl` `[nu]`; see `Physics.step`."""
        model, dtype = self.model, jnp.result_type(float)
        shape = {
            "qpos": (model.nq,),
            "qvel": (model.nv,),
            "warmstart": (model.nv,),
            "xpos": (model.nbody, 3),
            "xquat": (model.nbody, 4),
            "site_xpos": (model.nsite, 3),
            "sensordata": (self._touch.base_sensors,),
            "actuator_force": (model.nu,),
        }
        result = {name: jax.ShapeDtypeStruct(s, dtype) for name, s in shape.items()}
        result["contact"] = jax.ShapeDtypeStruct((len(self._touch.rules),), bool)

        def host(state: PhysicsState, ctrl: jax.Array) -> dict[str, np.ndarray]:
            # These are JAX arrays: a JAX operation on them here deadlocks with one that the main
            # thread dispatches.
            action = np.asarray(ctrl)
            batch_shape = action.shape[:-1]
            flat = _flatten(state, len(batch_shape))
            after, readings = self.step_numpy(flat, action.reshape(-1, model.nu))
            values = {name: getattr(readings, name) for name in result if name != "warmstart"}
            values["warmstart"] = after.warmstart
            return {
                name: np.asarray(values[name], result[name].dtype).reshape(
                    (*batch_shape, *result[name].shape)
                )
                for name in result
            }

        out = jax.pure_callback(host, result, state, ctrl, vmap_method="broadcast_all")
        after = state.replace(qpos=out["qpos"], qvel=out["qvel"], warmstart=out.pop("warmstart"))
        return after, SimData(**out)

    def kinematics(
        self, state: PhysicsState, needed: jax.Array | bool = True
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Positions at a state; see `Physics.kinematics`."""
        model, dtype = self.model, jnp.result_type(float)
        shapes = ((model.nbody, 3), (model.nbody, 4), (model.nsite, 3))
        result = tuple(jax.ShapeDtypeStruct(s, dtype) for s in shapes)

        def host(state: PhysicsState, needed: jax.Array) -> tuple[np.ndarray, ...]:
            wanted = np.asarray(needed)
            batch_shape = wanted.shape
            flat = _flatten(state, len(batch_shape))
            out = self.kinematics_numpy(flat, wanted.reshape(-1))
            return tuple(
                np.asarray(a, dtype).reshape((*batch_shape, *s))
                for a, s in zip(out, shapes, strict=True)
            )

        needed = jnp.asarray(needed, bool)
        return jax.pure_callback(host, result, state, needed, vmap_method="broadcast_all")

    def reset_data(self, state: PhysicsState, needed: jax.Array | bool = True) -> SimData:
        """Simulation data right after a reset; see `Physics.reset_data`."""
        xpos, xquat, site_xpos = self.kinematics(state, needed)
        return SimData(
            qpos=state.qpos,
            qvel=state.qvel,
            xpos=xpos,
            xquat=xquat,
            site_xpos=site_xpos,
            sensordata=jnp.zeros(self._touch.base_sensors, xpos.dtype),
            actuator_force=jnp.zeros(self.model.nu, xpos.dtype),
            contact=jnp.zeros(len(self._touch.rules), bool),
        )


def _copied(batch: Batch, name: str) -> Any:
    return batch.bind(name).copy()


def _flatten(state: PhysicsState, dims: int) -> PhysicsState:
    """The state as numpy arrays with its `dims` leading dimensions flattened."""

    def flat(leaf: jax.Array) -> np.ndarray:
        array = np.asarray(leaf)
        return array.reshape((math.prod(array.shape[:dims]), *array.shape[dims:]))

    return jax.tree.map(flat, state)
