"""Unload five packages from a truck onto a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import ROBOTS, RobotSpec
from metaworldx.envs.task import (
    ResetState,
    StepResult,
    Task,
    TaskState,
    View,
    progress,
    step_result,
)
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_PACKAGES = ("package_a", "package_b", "package_c", "package_d", "package_e")
_COUNT = len(_PACKAGES)
_LIFT = 0.1
"""A package is picked up once it is this much (m) above where it began."""
_BESIDE = 1.7
"""So near the nearest package (m), the robot is beside it."""
_SLOW = 0.25
"""Slower than this (m/s), a robot may stand; at 0.6 m/s, a walk, it falls whoever takes over."""
_FAR = 1e3
"""A distance (m) at which every closeness below is exactly 0."""


@struct.dataclass
class TruckState:
    """Where each package counts as being.

    The three places keep package numbers `[5]` int32 in the order of arrival, -1 behind the last.

    Attributes:
      on_truck, picked_up, on_table: the packages at each place.
      initial_z: heights of the packages at the episode's first step `[5]`, m.
      initialized: whether `initial_z` has been taken, bool.
    """

    on_truck: jax.Array
    picked_up: jax.Array
    on_table: jax.Array
    initial_z: jax.Array
    initialized: jax.Array


class Truck(Task):
    """Unload five packages from a truck and put them on a table.

    Each package pays 100 when it is first lifted, 100 when it comes to lie on the table and -100
    when it leaves the table; 1000 are paid, and the episode ends, when all five lie there.

    HumanoidBench takes packages out of a list while it walks over that list. So the package behind
    one that moves is passed over in that step, and the order in the lists matters: `_move` does the
    same. HumanoidBench never clears the lists at a reset; here they begin anew.
    """

    view = View(65, -18, 7.0, (1.6, -0.6, 0.7))
    name = "truck"
    instruction = (
        "Walk to the truck, grasp a package and lift it, carry it to the table, put it down."
    )
    scene_description = "A truck with packages on its bed and a table behind the robot."
    scene = "truck"
    camera = "cam_hurdle"
    success_bar = 3000
    milestone_names = ("beside the packages", "slow beside them", "package lifted")
    robot_pose: ClassVar[Mapping[str, tuple[float, ...]]] = {
        name: (2.0, *ROBOTS[name].stand[1:]) for name in ("h1", "h1hand")
    }
    object_qpos = (
        *(5.0, 0.0, 1.1, 0.70710528, -0.70710828, 0.0, 0.0),
        *(5.1, 0.0, 1.3, 0.70675169, 0.0, 0.0, 0.70746169),
        *(5.0, 0.35, 1.3, 0.70710528, 0.70710828, 0.0, 0.0),
        *(5.0, -0.5, 1.1, 1.0, 0.0, 0.0, 0.0),
        *(5.1, -0.6, 1.4, 1.0, 0.0, 0.0, 0.0),
    )

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._packages = np.array([layout.body(package) for package in _PACKAGES])
        self._table = layout.body("table")

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        none = jnp.full(_COUNT, -1, jnp.int32)
        memory = TruckState(
            on_truck=jnp.arange(_COUNT, dtype=jnp.int32),
            picked_up=none,
            on_table=none,
            initial_z=jnp.zeros(_COUNT, begin.qpos.dtype),
            initialized=jnp.asarray(False),
        )
        return begin.replace(memory=memory)

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        packages = data.xpos[self._packages]
        z = packages[:, 2].astype(state.initial_z.dtype)
        initial_z: Any = jnp.where(state.initialized, state.initial_z, z)
        upon_table = _upon_table(packages)
        truck, picked, lifted = _move(state.on_truck, state.picked_up, z > initial_z + _LIFT)
        picked, table, placed = _move(picked, state.on_table, upon_table)
        table, picked, lost = _move(table, picked, ~upon_table)
        all_there = _length(table) == _COUNT

        upright = reward_terms.upright(self.robot, data)
        to_robot = reward_terms.distance(packages, data.qpos[:3])
        robot_truck = _closeness(truck, to_robot)
        robot_picked = _closeness(picked, to_robot)
        picked_table = _closeness(picked, reward_terms.distance(packages, data.xpos[self._table]))
        return step_result(
            upright * (1.0 + robot_truck + robot_picked + picked_table)
            + 100.0 * (lifted + placed - lost)
            + 1000.0 * all_there,
            all_there,
            {
                "upright": upright,
                "reward_robot_package_truck": robot_truck,
                "reward_robot_package_picked_up": robot_picked,
                "reward_package_table": picked_table,
                "packages_on_truck": _length(truck),
                "packages_picked_up": _length(picked),
                "packages_on_table": _length(table),
            },
            TruckState(truck, picked, table, initial_z, jnp.ones_like(state.initialized)),
            success=all_there,
            success_subtasks=_length(table),
        )

    def milestones(self, data: SimData, state: TaskState) -> jax.Array:
        """Nearest package within 1.7 m, slower than 0.25 m/s there, any package lifted."""
        here = self.robot.pelvis_position(data)[:2]
        beside = _BESIDE / jnp.linalg.norm(data.xpos[self._packages, :2] - here, axis=-1).min()
        speed = jnp.linalg.norm(data.qvel[:2])
        slow = jnp.where(beside < 1.0, 0.0, _SLOW / jnp.maximum(speed, 1e-6))
        lifted, there = jnp.any(state.picked_up >= 0), jnp.any(state.on_table >= 0)
        return progress(beside, slow, lifted | there)

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        initial = record.get("initial_zs", {})
        heights: Any = np.array([initial.get(package, 0.0) for package in _PACKAGES])
        initialized: Any = np.asarray(bool(record["initialized"]))
        return TruckState(
            on_truck=_numbers(record["packages_on_truck"]),
            picked_up=_numbers(record["packages_picked_up"]),
            on_table=_numbers(record["packages_on_table"]),
            initial_z=heights,
            initialized=initialized,
        )

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        record: dict[str, Any] = {
            "packages_on_truck": _names(state.on_truck),
            "packages_picked_up": _names(state.picked_up),
            "packages_on_table": _names(state.on_table),
            "initialized": bool(state.initialized),
        }
        if record["initialized"]:
            record["initial_zs"] = {
                name: float(z) for name, z in zip(_PACKAGES, state.initial_z, strict=True)
            }
        return record


def _upon_table(packages: jax.Array) -> jax.Array:
    """Which positions `[5, 3]` (m) lie over the table's top, bool `[5]`."""
    x, y, z = packages.T
    return (x > 1.65) & (x < 2.35) & (y > -2.05) & (y < -1.35) & (z > 0.5)


def _move(
    source: jax.Array, target: jax.Array, leaves: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Walks over `source` once and moves the packages that leave to the end of `target`.

    As in `for p in source: if leaves[p]: source.remove(p)`, removing the package at position i
    closes the gap, so that the next one looked at, at i + 1, is the one after the next.

    Args:
      source, target: package numbers in order `[5]`, -1 behind the last.
      leaves: whether a package leaves, by its number, bool `[5]`.

    Returns:
      `source` and `target` afterwards, and how many packages moved, int32.
    """
    moved = jnp.zeros((), jnp.int32)
    end = jnp.full(1, -1, source.dtype)
    for i in range(_COUNT):
        package = source[i]
        goes = (package >= 0) & leaves[package]
        behind_last = jnp.arange(_COUNT) == _length(target)
        source = jnp.where(goes, jnp.concatenate([source[:i], source[i + 1 :], end]), source)
        target = jnp.where(goes & behind_last, package, target)
        moved = moved + goes
    return source, target, moved


def _length(order: jax.Array) -> jax.Array:
    return jnp.sum(order >= 0, dtype=jnp.int32)


def _closeness(order: jax.Array, distances: jax.Array) -> jax.Array:
    """1 when the nearest package of a list is within 0.2 m, 0 from 4.2 m or for an empty list."""
    there = jnp.any(order[:, None] == jnp.arange(_COUNT), axis=0)
    nearest = jnp.min(jnp.where(there, distances, _FAR))
    return tolerance(nearest, (0.0, 0.2), 4.0, "linear", 0.0)


def _numbers(names: Sequence[str]) -> Any:
    numbers = [_PACKAGES.index(name) for name in names]
    return np.array(numbers + [-1] * (_COUNT - len(numbers)), np.int32)


def _names(order: np.ndarray) -> list[str]:
    return [_PACKAGES[int(i)] for i in order if i >= 0]
