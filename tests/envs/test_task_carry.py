"""Carry: the box rests on the arms, and the reward follows how it is held."""

import functools

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from helpers.object_world import evaluate, gaussian, see, task_of
from metaworldx.sim.model import build_model

HELD = {"box_place", "box_upright", "hands_on_box"}


@functools.cache
def model():
    return build_model("h1", "carry", "body")


def placed(qpos):
    data = mujoco.MjData(model())
    data.qpos[:] = qpos
    mujoco.mj_forward(model(), data)
    return data


def seen(data):
    r = see(task_of("h1-carry"))
    fields = ("qpos", "qvel", "xpos", "xquat", "site_xpos", "sensordata", "actuator_force")
    return r.replace(**{name: jnp.array(getattr(data, name)) for name in fields})


def begin(seed):
    """qpos of a start, with the hands where the noisy pose puts them."""
    task = task_of("h1-carry")
    return task.start(
        jax.random.key(seed), lambda qpos: jnp.asarray(placed(np.asarray(qpos)).site_xpos)
    ).qpos


@pytest.mark.parametrize("seed", range(4))
def test_box_stays_on_the_arms_of_a_supported_robot(seed):
    task, data = task_of("h1-carry"), placed(begin(seed))
    base, arms_and_legs = data.qpos[:7].copy(), task.keyframe()[7:26]
    for step in range(750):
        data.ctrl[:] = arms_and_legs
        data.qpos[:7], data.qvel[:6] = base, 0.0
        mujoco.mj_step(model(), data)
        if step % 50 == 49:
            out = evaluate(task, seen(data))
            assert not bool(out.terminated)
            assert all(float(out.terms[name]) == 1.0 for name in HELD)
    assert abs(data.qvel[-6:]).max() < 0.05


@pytest.mark.parametrize("seed", range(8))
def test_box_begins_close_over_the_forearms_without_touching(seed):
    data = placed(begin(seed))
    box = model().geom("carry_box_collision").id
    for part in ("left_elbow_collision_0", "right_elbow_collision_0", "torso_collision_1"):
        gap = mujoco.mj_geomDistance(model(), data, box, model().geom(part).id, 1.0, None)
        assert 0.0 < gap < 0.03


def moved_box(offset, quat=(1.0, 0.0, 0.0, 0.0)):
    qpos = task_of("h1-carry").keyframe()
    qpos[26:29] += offset
    qpos[29:33] = quat
    return evaluate(task_of("h1-carry"), seen(placed(qpos)))


def test_reward_falls_with_the_box_out_of_place():
    # The keyframe has the box 3 cm above its resting place.
    out = moved_box((0.0, 0.0, 0.37))
    np.testing.assert_allclose(out.terms["box_place"], gaussian(0.4, 0.0, 0.1, 0.3), rtol=0.02)
    assert float(out.terms["hands_on_box"]) < 0.5
    assert float(out.reward) < 0.05 * float(moved_box((0.0, 0.0, 0.0)).reward)


def test_a_box_on_its_side_earns_nothing():
    out = moved_box((0.0, 0.0, 0.0), (2**-0.5, 2**-0.5, 0.0, 0.0))
    assert float(out.terms["box_upright"]) == pytest.approx(0.0, abs=1e-6)
    assert float(out.reward) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("height", "ends"), [(0.49, True), (0.51, False)])
def test_episode_ends_when_the_box_is_low(height, ends):
    start = task_of("h1-carry").keyframe()[28]
    assert bool(moved_box((0.0, 0.0, height - start)).terminated) is ends
