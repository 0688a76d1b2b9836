"""Flight parity: a robot in the air compared with recordings, on native MuJoCo and on MJX."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from metaworldx.core.errors import UserError, nearest
from metaworldx.envs.robots import ROBOTS
from metaworldx.parity.recording import Flight
from metaworldx.parity.replay import absolute_error
from metaworldx.parity.scene import size_mismatches
from metaworldx.sim.model import model_spec
from metaworldx.sim.model_index import ModelIndex
from metaworldx.sim.native import NativePhysics
from metaworldx.sim.physics import PhysicsState


@dataclass(frozen=True)
class StepErrors:
    """Worst absolute errors after one control step in the air: m or rad, and per second."""

    qpos: float
    qvel: float


@dataclass(frozen=True)
class FlightErrors:
    """Deviation of a robot in the air from its recording.

    Attributes:
      size_mismatches: differences in sizes and names, in words; if any, nothing was stepped.
      native: native MuJoCo in float64.
      mjx: MJX in float32.
    """

    size_mismatches: list[str]
    native: StepErrors | None = None
    mjx: StepErrors | None = None


def flight_errors(flight: Flight) -> FlightErrors:
    """Steps every transition of a flight on both backends.

    Raises:
      UserError: unknown robot.
    """
    mismatches = size_mismatches(flight, ModelIndex.of_model(_robot(flight).compile()))
    if mismatches:
        return FlightErrors(mismatches)
    return FlightErrors([], native_errors(flight), mjx_errors(flight))


def native_errors(flight: Flight) -> StepErrors:
    """Native MuJoCo's errors, in float64."""
    physics = NativePhysics(_robot(flight))
    after, _ = physics.step_numpy(_start(flight, np.float64), np.asarray(flight.arrays["ctrl"]))
    return _errors(flight, after)


def mjx_errors(flight: Flight) -> StepErrors:
    """MJX's errors, in float32; compiles its step first."""
    from metaworldx.sim.mjx import MjxPhysics  # slow to import, and only flights need it

    physics = MjxPhysics(_robot(flight))
    start = jax.tree.map(jnp.asarray, _start(flight, np.float32))
    ctrl = jnp.asarray(flight.arrays["ctrl"], jnp.float32)
    step = jax.jit(jax.vmap(lambda state, ctrl: physics.step(state, ctrl)[0]))
    return _errors(flight, step(start, ctrl))


def _errors(flight: Flight, after: PhysicsState) -> StepErrors:
    return StepErrors(
        absolute_error(np.asarray(after.qpos), flight.arrays["qpos"]),
        absolute_error(np.asarray(after.qvel), flight.arrays["qvel"]),
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
