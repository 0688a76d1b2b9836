"""Where a task wants the hands: targets for experts that reach, from the scene as it is."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState


@struct.dataclass
class Aim:
    """Places for the hands in the world `[2, 3]` (m), left first; which hands have one `[2]`."""

    places: jax.Array
    asked: jax.Array


Aiming = Callable[[EnvState], Aim]
"""The aim in one environment's state."""

# The body that is reached for, which hands, and how far to each side of it they go (m).
_BODIES: dict[str, tuple[str, tuple[bool, bool], float]] = {
    "door": ("door_hatch", (True, False), 0.0),
    "push": ("object", (True, False), 0.0),
    "package": ("package_a", (True, True), 0.15),
    "truck": ("package_a", (True, True), 0.15),
    "basketball": ("basketball", (True, True), 0.1),
}


def aiming(env: Env) -> Aiming | None:
    """How a task's aim is read off its states; None where the task wants the hands nowhere.

    Tasks with a goal for the left hand alone (`h1-reach`) keep it in their memory.
    """
    name = env.task.name
    if name == "reach":
        return lambda state: _aim(state.memory.goal, (True, False), 0.0)
    if name not in _BODIES:
        return None
    body, hands, aside = _BODIES[name]
    index = env.task.layout.body(body)
    return lambda state: _aim(state.readings.xpos[index], hands, aside)


def _aim(place: jax.Array, hands: tuple[bool, bool], aside: float) -> Aim:
    offsets = jnp.array([[0.0, aside, 0.0], [0.0, -aside, 0.0]])
    return Aim(place + offsets, jnp.array(hands))
