"""MuJoCo Warp does as native MuJoCo does, on JAX's CPU device, and tells where it found no room."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from helpers.worlds import world
from metaworldx.core.errors import UserError
from metaworldx.envs.scripted_policies import hold_ctrl
from metaworldx.sim.mjx import WarpPhysics
from metaworldx.sim.model import model_spec
from metaworldx.sim.physics import SUBSTEPS, PhysicsState, initial_state

pytest.importorskip("warp", reason="warp-lang is not installed (metaworld-x[warp] has it)")

LYING = [0.0, 0.0, 0.08, 0.7071, 0.0, -0.7071, 0.0]


def physics(scene: str = "floor", collisions: str = "body", **room: int) -> WarpPhysics:
    """h1 in a scene, with native MuJoCo's number of solver iterations."""
    return WarpPhysics(model_spec("h1", scene, collisions, visuals=False), **room)


def robots(count: int, lying: int = 0, noise: float = 0.05) -> PhysicsState:
    """Robots that stand, but for the last few, which lie on their backs."""
    env = world("h1-stand")
    qpos = jnp.tile(jnp.asarray(env.task.keyframe(), jnp.float32), (count, 1))
    qpos = qpos.at[:, 7:].add(noise * jax.random.normal(jax.random.key(3), (count, 19)))
    if lying:
        qpos = qpos.at[count - lying :, :7].set(jnp.array(LYING))
    return initial_state(
        qpos, jnp.zeros((count, 25)), jnp.zeros((count, 0, 3)), jnp.zeros((count, 0, 4))
    )


def held(count: int) -> jax.Array:
    ctrl = jnp.asarray(hold_ctrl(world("h1-stand")), jnp.float32)
    return jnp.tile(ctrl, (count, 1))


@pytest.fixture(scope="module")
def two():
    """A jitted step of two robots on Warp; compiling its kernels takes half a minute."""
    return jax.jit(jax.vmap(physics().step))


def test_h1_stand_goes_as_on_native(two):
    native = jax.jit(jax.vmap(world("h1-stand").physics.step))
    ctrl = world("h1-stand").ctrl(
        jax.random.uniform(jax.random.key(1), (10, 2, 19), minval=-1.0, maxval=1.0)
    )
    ours = theirs = robots(2)
    for t in range(10):
        (ours, seen), (theirs, known) = two(ours, ctrl[t]), native(theirs, ctrl[t])
    np.testing.assert_allclose(ours.qpos, theirs.qpos, atol=3e-4)
    np.testing.assert_allclose(seen.xpos, known.xpos, atol=3e-4)
    np.testing.assert_allclose(seen.site_xpos, known.site_xpos, atol=3e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -2e10])
def test_controls_that_mean_nothing_break_their_own_robot(two, bad):
    ctrl = held(2)
    after, seen = two(robots(2), ctrl.at[0, 3].set(bad))
    assert np.isnan(after.qpos[0]).all() and np.isnan(seen.qpos[0]).all()
    np.testing.assert_array_equal(after.qpos[1], two(robots(2), ctrl)[0].qpos[1])


def test_more_robots_than_it_was_made_for_are_refused_while_tracing():
    step = physics(worlds=3).step
    with pytest.raises(UserError, match=r"4 environments at once.*made for 3; set worlds=4"):
        jax.eval_shape(jax.vmap(jax.vmap(step)), *_in_twos(robots(4), held(4)))


def _in_twos(*trees):
    return jax.tree.map(lambda x: x.reshape(2, len(x) // 2, *x.shape[1:]), trees)


@pytest.mark.slow
def test_a_batch_is_each_of_its_robots(two):
    """Sixteen robots that lie touch the floor in far more points than one has room for."""
    alone, model = physics(), world("h1-stand").physics.model
    ctrl = jax.random.uniform(
        jax.random.key(2), (16, 19), minval=model.actuator_ctrlrange[:, 0] / 2, maxval=0.0
    )
    start = robots(16, lying=14)
    many, _ = jax.jit(jax.vmap(alone.step))(start, ctrl)
    assert np.isfinite(many.qpos).all()
    one = jax.jit(alone.step)
    for i in (0, 2, 7, 15):
        single, _ = one(jax.tree.map(lambda x, i=i: x[i], start), ctrl[i])
        np.testing.assert_allclose(single.qpos, many.qpos[i], atol=2e-5)

    def scanned(state, ctrl):
        def body(state, _):
            return alone.step(state, ctrl)[0], None

        return jax.lax.scan(body, state, None, length=1)[0]

    nested = jax.jit(jax.vmap(jax.vmap(scanned)))(*_in_twos(start, ctrl))
    np.testing.assert_allclose(nested.qpos.reshape(16, 26), many.qpos, atol=2e-5)
    # One set of controls for all: a batch dimension that not everything has.
    same, _ = jax.jit(jax.vmap(alone.step, in_axes=(0, None)))(start, ctrl[0])
    assert same.qpos.shape == (16, 26)


@pytest.mark.slow
def test_what_finds_no_room_counts_as_broken():
    few = jax.jit(jax.vmap(physics(contacts=2).step))
    assert np.isnan(few(robots(3, lying=2), held(3))[0].qpos).all(), "whose contacts are missing?"
    # Rows are each robot's own.
    start, ctrl, room = robots(3), held(3), 10
    needed = [_rows(start.qpos[i], ctrl[i]) for i in range(3)]
    assert min(needed) < room < max(needed)
    after, _ = jax.jit(jax.vmap(physics(constraints=room).step))(start, ctrl)
    np.testing.assert_array_equal(np.isnan(after.qpos).any(axis=1), np.array(needed) > room)


def _rows(qpos: jax.Array, ctrl: jax.Array) -> int:
    """Constraint rows that a control step needs at most, by MuJoCo itself."""
    model = world("h1-stand").physics.model
    data = mujoco.MjData(model)
    data.qpos[:], data.ctrl[:] = qpos, ctrl
    most = 0
    for _ in range(SUBSTEPS):
        mujoco.mj_step(model, data)
        most = max(most, int(data.nefc))
    return most


@pytest.mark.slow
def test_json_is_json():
    """Warp tells about its devices and kernels, and of solvers that stop, on stdout."""
    command = "from metaworldx.cli import main; raise SystemExit(main())"
    arguments = ["bench", "env", "--tasks", "h1-stand", "--backend", "warp", "--num-envs", "2"]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments, "--steps", "5", "--rounds", "1", "--json"],
        env={**os.environ, "METAWORLDX_WARP_ON_CPU": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"][0]["backend"] == "warp"
