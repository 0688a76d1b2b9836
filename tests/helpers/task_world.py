"""Hand-made layouts and readings, so that tasks are tested without a simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs.registry import EnvId
from metaworldx.envs.task import ResetState, Task
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

SITES = ("head", "imu", "left_hand", "right_hand", "left_foot", "right_foot")
FREE_NQ, FREE_NV = 7, 6


def make_task(
    env_id: str,
    bodies: Sequence[str] = (),
    sites: Sequence[str] = (),
    joints: Sequence[str] = (),
    geoms: Sequence[tuple[str, str]] = (),
) -> Task:
    """A task over the robot and these names; joints called `free_*` are free, others hinges."""
    parsed = EnvId.parse(env_id)
    spec, cls = parsed.robot_spec, parsed.task_class
    bodies = ("world", "pelvis", "torso_link", *bodies)
    places, nq, nv = {"free_base": (0, 0)}, spec.nq, spec.nv
    for joint in joints:
        places[joint] = (nq, nv)
        free = joint.startswith("free_")
        nq, nv = nq + (FREE_NQ if free else 1), nv + (FREE_NV if free else 1)
    layout = ModelIndex(
        bodies=bodies,
        sites=(*SITES, *sites),
        geoms=tuple(name for name, _ in geoms),
        geom_bodies=tuple(bodies.index(body) for _, body in geoms),
        sensors={"pelvis_subtreelinvel": (0, 3)},
        joints=places,
        actuators=tuple(f"motor{i}" for i in range(spec.nu)),
        nq=nq,
        nv=nv,
    )
    return cls(spec, layout)


def readings(
    task: Task,
    *,
    velocity: Sequence[float] = (0.0, 0.0, 0.0),
    bodies: Mapping[str, Sequence[float]] = {},
    sites: Mapping[str, Sequence[float]] = {},
    quats: Mapping[str, Sequence[float]] = {},
    qpos: Mapping[int, float] = {},
    qvel: Mapping[int, float] = {},
    force: float = 0.0,
    touched: Iterable[str] = (),
) -> SimData:
    """Readings of a robot that stands still and tall at the origin, but for what is named."""
    layout = task.layout
    xpos = np.zeros((len(layout.bodies), 3))
    xpos[layout.body("pelvis")] = (0.0, 0.0, 1.0)
    xquat = np.tile([1.0, 0.0, 0.0, 0.0], (len(layout.bodies), 1))
    site_xpos = np.zeros((len(layout.sites), 3))
    site_xpos[layout.site("head")] = (0.0, 0.0, 1.7)
    site_xpos[layout.site("imu")] = (0.0, 0.0, 1.0)
    for name, value in bodies.items():
        xpos[layout.body(name)] = value
    for name, value in quats.items():
        xquat[layout.body(name)] = value
    for name, value in sites.items():
        site_xpos[layout.site(name)] = value
    q, v = np.zeros(layout.nq), np.zeros(layout.nv)
    q[:7] = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    for adr, value in qpos.items():
        q[adr] = value
    for adr, value in qvel.items():
        v[adr] = value
    named = set(touched)
    assert named <= set(task.contact_rules)
    values = (q, v, xpos, xquat, site_xpos, np.array(velocity, float))
    force_all = np.full(len(layout.actuators), force)
    flags = jnp.array([rule in named for rule in task.contact_rules], bool)
    return SimData(*(jnp.asarray(x, jnp.result_type(float)) for x in (*values, force_all)), flags)


def ground(task: Task):
    """A `site_xpos` for `Task.start` that has every site at the world's origin."""
    return lambda qpos: jnp.zeros((len(task.layout.sites), 3), qpos.dtype)


def starts(task: Task, count: int, site_xpos=None) -> ResetState:
    """That many starts of episodes, stacked."""
    keys = jax.random.split(jax.random.key(7), count)
    return jax.jit(jax.vmap(lambda key: task.start(key, site_xpos or ground(task))))(keys)


def spans(values, low: float, high: float) -> bool:
    """Whether draws stay within [low, high] and come near to both ends (of 500 or so)."""
    values, width = np.asarray(values), high - low
    inside = values.min() >= low - 1e-6 and values.max() <= high + 1e-6
    return inside and values.min() < low + 0.05 * width and values.max() > high - 0.05 * width


def touching(task: Task, rule: str, first: str, second: str) -> bool:
    """Whether a contact of these two geoms makes the rule true."""
    pairs = task.contact_rules[rule].pairs(task.layout)
    names = task.layout.geoms
    i, j = names.index(first), names.index(second)
    assert pairs[i, j] == pairs[j, i]
    return bool(pairs[i, j])
