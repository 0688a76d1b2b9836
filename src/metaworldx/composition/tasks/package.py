"""Composition of the package: hands and goal at the package, then the goal at its destination."""

from __future__ import annotations

import jax.numpy as jnp

from metaworldx.composition.affordances import Affordances, ComposedTask, TargetsFn, affordances
from metaworldx.composition.hand_targets import both
from metaworldx.envs.task import Task, TaskState
from metaworldx.sim.data import SimData


def _affordances(task: Task) -> TargetsFn:
    """Goal and hand targets at the package; once it is lifted the goal is its destination."""
    package = task.layout.body("package_a")
    destination = task.layout.site("destination_loc")

    def read(data: SimData, state: TaskState) -> Affordances:
        del state
        at, to = data.xpos[package], data.site_xpos[destination]
        lifted = at[2] > 0.5
        return affordances(both(at, 0.15), (True, True), jnp.where(lifted, to[:2], at[:2]))

    return read


COMPOSED = ComposedTask(_affordances, reference_schedule=(("stand", 510_000), ("reach", 2_000_000)))
