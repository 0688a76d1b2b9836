"""Room for contacts and constraint rows is enough for what the scenes need, by MuJoCo itself."""

from __future__ import annotations

import jax
import mujoco
import numpy as np
import pytest

from metaworldx.envs import EnvConfig, environment_ids, make
from metaworldx.sim.contact_capacity import ContactCapacity, contact_capacity_for
from metaworldx.sim.model import build_model
from metaworldx.sim.physics import SUBSTEPS


def needed(
    env_id: str, collisions: str, robots: int, steps: int
) -> tuple[int, int, ContactCapacity]:
    """Most contacts and rows of robots that act at random and lie where they fall; the room."""
    env = make(env_id, "native", collisions, EnvConfig(auto_reset=False))
    model, keys = env.physics.model, jax.random.split(jax.random.key(0), robots)
    start = jax.jit(env.reset)(keys)
    rng, contacts, rows = np.random.default_rng(0), 0, 0
    low, high = model.actuator_ctrlrange.T
    for i in range(robots):
        data = mujoco.MjData(model)
        data.qpos[:], data.qvel[:] = start.physics.qpos[i], start.physics.qvel[i]
        if model.nmocap:
            data.mocap_pos[:] = start.physics.mocap_pos[i]
            data.mocap_quat[:] = start.physics.mocap_quat[i]
        for _ in range(steps):
            data.ctrl[:] = rng.uniform(low, high)
            for _ in range(SUBSTEPS):
                mujoco.mj_step(model, data)
                contacts, rows = max(contacts, data.ncon), max(rows, data.nefc)
    return contacts, rows, contact_capacity_for(model)


@pytest.mark.parametrize(
    "env_id",
    [
        "h1hand-bookshelf_simple",
        *(pytest.param(name, marks=pytest.mark.slow) for name in environment_ids()),
    ],
)
def test_robots_that_fall_about_have_twice_the_room_they_need(env_id):
    quick = not env_id.endswith("-v0")
    for collisions in ("body",) if quick else ("body", "full"):
        contacts, rows, room = needed(env_id, collisions, *((2, 30) if quick else (4, 150)))
        assert 2 * contacts <= room.contacts, (collisions, contacts)
        assert 1.5 * rows <= room.constraints, (collisions, rows)


def test_room_is_counted_from_shapes_and_constraints():
    spec = mujoco.MjSpec.from_string(
        """<mujoco><worldbody>
        <geom type="plane" size="1 1 1"/>
        <body pos="0 0 1"><freejoint/><geom type="box" size=".1 .1 .1" condim="4"/></body>
        <body pos="0 0 2"><joint type="hinge" range="0 1" limited="true" frictionloss="1"/>
          <geom type="capsule" size=".1 .1"/><geom type="sphere" size=".1" contype="0"
            conaffinity="0"/></body>
        </worldbody></mujoco>"""
    )
    room = contact_capacity_for(spec.compile())
    # A box lies in four points, a capsule in two, each with six rows; the sphere touches nothing.
    assert (room.contacts, room.constraints) == (6, 6 * 6 + 1 + 1)


def test_bigger_scenes_have_more_room():
    floor, shelf = (
        contact_capacity_for(build_model("h1hand", scene, "body", visuals=False))
        for scene in ("floor", "bookshelf_simple")
    )
    assert shelf.contacts > floor.contacts
