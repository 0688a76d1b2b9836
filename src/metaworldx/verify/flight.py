"""Holds a robot in the air against recorded flights, on native MuJoCo and on MJX."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from metaworldx.envs.robots import ROBOTS
from metaworldx.errors import UserError, nearest
from metaworldx.sim.model import model_spec
from metaworldx.sim.native import NativePhysics
from metaworldx.sim.physics import PhysicsState
from metaworldx.verify.recording import Flight
from metaworldx.verify.replay import absolute_error
from metaworldx.verify.scene import size_mismatches


@dataclass(frozen=True)
class FlightErrors:
    """Worst absolute errors after one control step in the air (m, rad; m/s, rad/s).

    Attributes:
      size_mismatches: what differs in sizes and names, in words; if any, nothing was stepped.
      native_qpos, native_qvel: of native MuJoCo, in float64.
      mjx_qpos, mjx_qvel: of MJX, in float32.
    """

    size_mismatches: list[str]
    native_qpos: float | None = None
    native_qvel: float | None = None
    mjx_qpos: float | None = None
    mjx_qvel: float | None = None


def flight_errors(flight: Flight) -> FlightErrors:
    """Steps every transition of a flight on both backends.

    Raises:
      UserError: the flight is of a robot that this project does not have.
    """
    native = NativePhysics(_robot(flight))
    mismatches = size_mismatches(flight, native.layout)
    if mismatches:
        return FlightErrors(mismatches)
    arrays = flight.arrays
    before = _start(flight, np.float64)
    after, _ = native.step_numpy(before, np.asarray(arrays["ctrl"], float))

    from metaworldx.sim.mjx import MjxPhysics  # slow to import, and only flights need it

    mjx = MjxPhysics(_robot(flight))
    step = jax.jit(jax.vmap(lambda state, ctrl: mjx.step(state, ctrl)[0]))
    start = jax.tree.map(jnp.asarray, _start(flight, np.float32))
    then = step(start, jnp.asarray(arrays["ctrl"], jnp.float32))
    return FlightErrors(
        [],
        native_qpos=absolute_error(np.asarray(after.qpos), arrays["qpos"]),
        native_qvel=absolute_error(np.asarray(after.qvel), arrays["qvel"]),
        mjx_qpos=absolute_error(np.asarray(then.qpos), arrays["qpos"]),
        mjx_qvel=absolute_error(np.asarray(then.qvel), arrays["qvel"]),
    )


def _robot(flight: Flight) -> mujoco.MjSpec:
    """The flight's robot over the empty floor, far above which it flies."""
    if flight.robot not in ROBOTS:
        raise UserError(f"{flight.path}: {nearest('robot', flight.robot, ROBOTS)}")
    return model_spec(flight.robot, "floor", "feet")


def _start(flight: Flight, dtype: type[np.floating]) -> PhysicsState:
    qpos, qvel = (np.asarray(flight.arrays[k], dtype) for k in ("qpos_before", "qvel_before"))
    none = np.zeros((len(flight), 0, 3), dtype), np.zeros((len(flight), 0, 4), dtype)
    return PhysicsState(qpos, qvel, np.zeros_like(qvel), *none)  # type: ignore[arg-type]
