"""Native MuJoCo and MJX do the same, and both see the contacts that tasks ask about."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from helpers.worlds import jitted, keys, world
from metaworldx.envs.registry import TASKS, task_class
from metaworldx.envs.scripted_policies import hold_ctrl
from metaworldx.sim.model import model_spec
from metaworldx.sim.model_index import ModelIndex
from metaworldx.sim.native import NativePhysics
from metaworldx.sim.physics import Physics, PhysicsState, Variation, initial_state

FEET = "feet"


@pytest.fixture(scope="module")
def both() -> dict[str, tuple[Physics, object]]:
    """Physics of h1 on the floor on both backends, with a jitted batched step (8 robots)."""
    found = {}
    for backend in ("native", "mjx"):
        physics = world("h1-stand", backend, FEET).physics
        found[backend] = (physics, jax.jit(jax.vmap(physics.step)))
    return found


def standing(height: float = 0.0, noise: float = 0.0, batch: int = 8) -> PhysicsState:
    env = world("h1-stand", "native", FEET)
    qpos = jnp.tile(jnp.asarray(env.task.keyframe(), jnp.float32), (batch, 1))
    jitter = noise * jax.random.normal(jax.random.key(3), (batch, 19))
    qpos = qpos.at[:, 2].add(height).at[:, 7:].add(jitter)
    no = jnp.zeros((batch, 0))
    return initial_state(
        qpos, jnp.zeros((batch, 25)), no.reshape(batch, 0, 3), no.reshape(batch, 0, 4)
    )


def rollout(step, state: PhysicsState, ctrl: jax.Array, steps: int):
    readings = None
    for _ in range(steps):
        state, readings = step(state, ctrl)
    return state, readings


def test_mjx_and_native_agree_in_the_air(both):
    model = both["native"][0].model
    low, high = model.actuator_ctrlrange.T
    ctrl = jax.random.uniform(jax.random.key(1), (8, 19), minval=low / 2, maxval=high / 2)
    start = standing(height=1.5, noise=0.1)
    (a, ra), (b, rb) = (rollout(both[n][1], start, ctrl, 10) for n in ("native", "mjx"))
    np.testing.assert_allclose(a.qpos, b.qpos, atol=1e-4)
    np.testing.assert_allclose(ra.xpos, rb.xpos, atol=1e-4)
    np.testing.assert_allclose(ra.site_xpos, rb.site_xpos, atol=1e-4)
    np.testing.assert_allclose(ra.sensordata, rb.sensordata, atol=1e-2)
    np.testing.assert_allclose(ra.actuator_force, rb.actuator_force, atol=0.05)


def test_mjx_and_native_agree_standing_with_the_pose_held(both):
    env = world("h1-stand", "native", FEET)
    ctrl = jnp.tile(jnp.asarray(hold_ctrl(env), jnp.float32), (8, 1))
    start = standing(noise=0.01)
    (a, _), (b, _) = (rollout(both[n][1], start, ctrl, 25) for n in ("native", "mjx"))
    assert np.all(a.qpos[:, 2] > 0.8), "the robot should still stand"
    assert np.linalg.norm(a.qpos[:, :3] - b.qpos[:, :3], axis=1).max() < 0.02


def test_kinematics_agree_with_each_other_and_with_a_step(both):
    start = standing(height=1.0, noise=0.2)
    found = [jax.jit(jax.vmap(both[n][0].kinematics))(start) for n in ("native", "mjx")]
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    data = mujoco.MjData(both["native"][0].model)
    data.qpos[:] = start.qpos[0]
    mujoco.mj_forward(both["native"][0].model, data)
    np.testing.assert_allclose(found[0][2][0], data.site_xpos, atol=1e-6)


def test_physics_state_goes_from_one_backend_to_the_other(both):
    ctrl = jnp.zeros((8, 19))
    state, _ = rollout(both["native"][1], standing(noise=0.05), ctrl, 2)
    state, _ = rollout(both["mjx"][1], state, ctrl, 2)
    state, _ = rollout(both["native"][1], state, ctrl, 2)
    assert np.all(np.isfinite(state.qpos))


def test_native_serves_several_batch_sizes_and_nested_vmap(both):
    physics, step = both["native"]
    start, ctrl = standing(noise=0.05), jnp.zeros((8, 19))
    flat, _ = step(start, ctrl)
    nested, _ = jax.vmap(jax.vmap(physics.step))(
        jax.tree.map(lambda x: x.reshape(2, 4, *x.shape[1:]), start), ctrl.reshape(2, 4, 19)
    )
    np.testing.assert_array_equal(nested.qpos.reshape(8, -1), flat.qpos)
    one, _ = physics.step(jax.tree.map(lambda x: x[3], start), ctrl[3])
    np.testing.assert_array_equal(one.qpos, flat.qpos[3])


@pytest.mark.parametrize("bad", [np.nan, -np.inf, 2e10])
@pytest.mark.parametrize("name", ["native", "mjx"])
def test_controls_that_mean_nothing_break_their_own_robot(both, name, bad):
    start, ctrl = standing(noise=0.05), jnp.zeros((8, 19))
    after, readings = both[name][1](start, ctrl.at[2, 7].set(bad))
    broken = np.arange(8) == 2
    np.testing.assert_array_equal(np.isnan(after.qpos).all(axis=1), broken)
    np.testing.assert_array_equal(np.isnan(readings.qpos).all(axis=1), broken)
    sound, _ = both[name][1](start, ctrl)
    np.testing.assert_array_equal(after.qpos[~broken], sound.qpos[~broken])


def _native() -> NativePhysics:
    return NativePhysics(model_spec("h1", "floor", "body", visuals=False))


def _numpy(state: PhysicsState) -> PhysicsState:
    return jax.tree.map(np.asarray, state)


def test_one_call_leaves_nothing_behind_for_the_next():
    """Masses and frictions, what broke, poses and sizes: a step is its arguments' alone."""
    used, start, ctrl = _native(), _numpy(standing(noise=0.05)), np.zeros((8, 19))
    heavy = Variation(np.full(8, 0.1), np.full((8, used.model.nbody), 3.0))
    varied = start.replace(variation=heavy)
    broken = start.replace(qvel=np.full_like(start.qvel, np.nan))
    used.step_numpy(broken, np.full((8, 19), np.nan))
    first, _ = used.step_numpy(varied, ctrl)
    used.kinematics_numpy(varied, np.arange(8) < 3)
    used.step_numpy(jax.tree.map(lambda x: x[:5], varied), ctrl[:5])
    nominal, seen = used.step_numpy(start, ctrl)
    again, _ = used.step_numpy(varied, ctrl)
    fresh, known = _native().step_numpy(start, ctrl)
    np.testing.assert_array_equal(nominal.qpos, fresh.qpos)
    np.testing.assert_array_equal(nominal.warmstart, fresh.warmstart)
    np.testing.assert_array_equal(seen.sensordata, known.sensordata)
    np.testing.assert_array_equal(again.qpos, first.qpos)
    assert np.abs(first.qvel - nominal.qvel).max() > 0.01


def test_what_mujoco_resets_in_the_midst_of_a_step_counts_as_broken():
    """MuJoCo's own reset would hand back a robot that hangs in the air, finite and at rest."""
    physics = _native()
    physics.model.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    start = _numpy(standing())
    fast = start.replace(qvel=start.qvel + np.where(np.arange(8) == 3, 1e11, 0.0)[:, None])
    after, _ = physics.step_numpy(fast, np.zeros((8, 19)))
    np.testing.assert_array_equal(np.isnan(after.qpos).any(axis=1), np.arange(8) == 3)


@pytest.mark.parametrize("part", ["mocap_pos", "mocap_quat", "mass", "friction"])
def test_what_is_no_number_in_a_state_breaks_its_own_robot(part):
    env = world("h1-package" if part.startswith("mocap") else "h1-stand")
    physics, model = env.physics, env.physics.model
    start = _numpy(jitted(env)[0](keys(3)).physics)
    start = start.replace(variation=Variation(np.ones(3), np.ones((3, model.nbody))))
    if part.startswith("mocap"):
        poses = np.array(getattr(start, part))
        poses[1, 0, 2] = np.nan
        start = start.replace(**{part: poses})
    else:
        getattr(start.variation, part)[1] = np.nan
    after, _ = physics.step_numpy(start, np.zeros((3, model.nu)))
    np.testing.assert_array_equal(np.isnan(after.qpos).any(axis=1), [False, True, False])


RULED = [name for name in TASKS if task_class(name).contact_rules]


def listed_flags(physics: NativePhysics, rules, data: mujoco.MjData) -> list[bool]:
    """The contact rules on MuJoCo's own list of contacts."""
    layout = ModelIndex.of_model(physics.model)
    pairs = [tuple(int(g) for g in contact.geom) for contact in data.contact]
    return [any(rule.pairs(layout)[a, b] for a, b in pairs) for rule in rules.values()]


@pytest.mark.parametrize("name", RULED)
def test_contact_flags_are_those_of_mujocos_contact_list(name):
    env = world(f"{TASKS[name].robots[0]}-{name}")
    physics, rules = env.physics, env.task.contact_rules
    state = jax.tree.map(np.asarray, jitted(env)[0](keys(4)).physics)
    rng, seen = np.random.default_rng(0), []
    model, data = physics.model, mujoco.MjData(physics.model)
    free = [adr for joint, (adr, _) in env.task.layout.joints.items() if joint.startswith("free")]
    low, high = model.actuator_ctrlrange.T
    for step in range(30):
        if step % 3 == 2:  # move things about, so that they meet
            qpos = state.qpos.copy()
            for adr in free:
                qpos[:, adr : adr + 3] += rng.normal(0, 0.4, (4, 3))
            if name in ("hurdle", "maze", "pole"):
                qpos[:, 0] += rng.uniform(0, 4, 4)
                qpos[:, 1] += rng.uniform(-3, 3, 4)
            if name == "window":  # the wiping tool at the pane
                qpos[:, free[-1] : free[-1] + 3] = rng.uniform(
                    [0.7, -0.3, 1.2], [1.0, 0.3, 1.8], (4, 3)
                )
            qpos[:, 2] = np.maximum(qpos[:, 2], 0.3)
            state = dataclasses.replace(state, qpos=qpos, qvel=state.qvel * 0.2)
        ctrl = rng.uniform(low, high, (4, model.nu))
        before = state
        state, readings = physics.step_numpy(before, ctrl, substeps=1)
        for i in range(4):
            mujoco.mj_resetData(model, data)
            data.qpos[:], data.qvel[:] = before.qpos[i], before.qvel[i]
            if model.nmocap:
                data.mocap_pos[:], data.mocap_quat[:] = before.mocap_pos[i], before.mocap_quat[i]
            mujoco.mj_forward(model, data)
            expected = listed_flags(physics, rules, data)
            assert list(readings.contact[i]) == expected
            seen.append(expected)
    seen = np.array(seen)
    assert np.all(seen.any(0)), "no rule may stay untouched, or nothing was tested"
    assert not np.all(seen.all(0))


def test_mjx_sees_the_contacts_that_native_sees():
    worlds = [world("h1-basketball", backend) for backend in ("native", "mjx")]
    state = jitted(worlds[0])[0](keys(6)).physics
    hand = worlds[0].physics.kinematics(jax.tree.map(lambda x: x[0], state))[2]
    at = hand[worlds[0].task.layout.site("left_hand")]
    ball = (
        worlds[0].task.layout.qpos("free_ball")
        if "free_ball" in worlds[0].task.layout.joints
        else 26
    )
    places = jnp.stack([at, at + 1.0, jnp.array([2.0, 2.0, 0.1]), at + 0.05, at - 0.05, at + 2.0])
    state = dataclasses.replace(state, qpos=state.qpos.at[:, ball : ball + 3].set(places))
    state = dataclasses.replace(state, qvel=state.qvel * 0.0)
    flags = [
        np.asarray(jax.jit(jax.vmap(w.physics.step))(state, jnp.zeros((6, 19)))[1].contact)
        for w in worlds
    ]
    np.testing.assert_array_equal(flags[0], flags[1])
    assert flags[0].any() and not flags[0].all()
