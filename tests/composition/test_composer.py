"""Composition in a task with objects: experts act on the robot's own numbers, mixed by weights."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.cli import main
from metaworldx.composition.arm_ik import arm_ik
from metaworldx.composition.body_part_mixer import PLAIN, BodyPartMixer, MixerConfig
from metaworldx.composition.composer import Composer
from metaworldx.composition.gating_policies import constant_gating
from metaworldx.composition.tasks.door import handle_place
from metaworldx.composition.weight_smoothing import SmoothingConfig
from metaworldx.envs.factory import make
from metaworldx.experts.body_frame import ROBOT, arm_hinges, body_frame
from metaworldx.experts.motion_command import command_features
from metaworldx.experts.pool import ExpertPool, load_experts
from metaworldx.motion.kinematics import heading, to_heading
from metaworldx.vlm.offline.teacher import OfflineTeacher

ENVS = 2


@pytest.fixture(scope="module")
def door():
    """A composer of three experts at the door, its first state, and its compiled functions."""
    chosen = [e for e in load_experts() if e.name in ("stand", "walk", "reach")]
    pool, env = ExpertPool(chosen), make("h1-door", "native")
    composer = Composer(pool, env, SmoothingConfig(seconds=0.0, margin=0.0), PLAIN)
    state = jax.jit(env.reset)(jax.random.split(jax.random.key(0), ENVS))
    begin = jax.jit(lambda state, wanted: composer.begin(state, constant_gating(wanted)))
    act = jax.jit(
        lambda state, composer_state, wanted, confidence: composer.act(
            state, composer_state, constant_gating(wanted), confidence
        )
    )
    return composer, state, begin, act


def _in_world(seen, qpos):
    yaw = heading(qpos[3:7])
    turn = jnp.array([[jnp.cos(yaw), -jnp.sin(yaw)], [jnp.sin(yaw), jnp.cos(yaw)]])
    return jnp.concatenate([seen[:, :2] @ turn.T, seen[:, 2:]], axis=1)


SURE = jnp.ones(ENVS)


def _one(composer, name):
    one = np.zeros((ENVS, len(composer.pool)), np.float32)
    one[:, composer.pool.index(name)] = 1.0
    return jnp.asarray(one)


def test_one_expert_alone_acts_as_it_does_without_composition(door):
    composer, state, begin, act = door
    wanted = _one(composer, "stand")
    composer_state = begin(state, wanted)
    motion = composer.pool.begin(composer.body_frame(state))
    acting = jax.jit(composer.pool.act)
    step = jax.jit(composer.env.step)
    index = composer.pool.index("stand")
    for _ in range(3):
        body = composer.body_frame(state)
        alone = acting(motion, body)[:, index]
        acted, composer_state = act(state, composer_state, wanted, SURE)
        np.testing.assert_allclose(acted.action, alone, atol=1e-5)
        np.testing.assert_allclose(acted.weights, wanted)
        motion = composer.pool.advance(motion, body)
        state = step(state, acted.action)


def test_actions_are_the_weighted_sum(door):
    _, state, begin, act = door
    wanted = jnp.tile(jnp.array([[0.2, 0.5, 0.3]]), (ENVS, 1))
    composer_state = begin(state, wanted)
    acted, _ = act(state, composer_state, wanted, SURE)
    np.testing.assert_allclose(acted.weights, wanted, atol=1e-6)
    mixed = jnp.einsum("bk,bka->ba", wanted, acted.each)
    np.testing.assert_allclose(acted.action, mixed, atol=1e-5)


def test_experts_at_rest_begin_anew_where_the_robot_is(door):
    composer, state, begin, act = door
    wanted = _one(composer, "walk")
    _, after = act(state, begin(state, wanted), wanted, SURE)
    walk, reach = composer.pool.index("walk"), composer.pool.index("reach")
    np.testing.assert_allclose(after.follow.seconds[:, walk], 0.02, atol=1e-6)
    np.testing.assert_allclose(after.follow.seconds[:, reach], 0.0)


def test_experts_that_go_head_for_the_goal(door):
    composer, state, begin, act = door
    wanted = _one(composer, "walk")
    scene = jax.vmap(composer.scene)(state)
    _, after = act(state, begin(state, wanted), wanted, SURE)
    way = scene.goal - composer.body_frame(state).qpos[:, :2]
    walk, stand = composer.pool.index("walk"), composer.pool.index("stand")
    np.testing.assert_allclose(
        after.follow.heading[:, walk], np.arctan2(way[:, 1], way[:, 0]), atol=1e-3
    )
    assert np.all(np.abs(after.follow.heading[:, stand] - after.follow.heading[:, walk]) > 1e-6)


def test_reaching_is_asked_for_the_door_s_handle(door):
    composer, state, begin, _ = door
    assert not jax.vmap(composer.scene)(state).has_target.any()  # two paces away
    turned = composer.env.task.layout.qpos("door_hatch_hinge")
    readings = state.readings
    state = state.replace(readings=readings.replace(qpos=readings.qpos.at[:, turned].set(0.5)))
    np.testing.assert_array_equal(
        jax.vmap(composer.scene)(state).has_target, [[True, False]] * ENVS
    )
    motion = begin(state, _one(composer, "reach")).follow
    index = composer.pool.index("reach")
    handle = jax.vmap(composer.scene)(state).hand_targets[:, 0]
    for n in range(ENVS):
        one = jax.tree.map(lambda x, n=n: x[n, index], motion)
        body = jax.tree.map(lambda x, n=n: x[n], composer.body_frame(state))
        seen = command_features(composer.pool.library, one, body, 1.0)
        here = handle[n] - jnp.append(body.qpos[:2], 0.0)
        np.testing.assert_allclose(seen[2:5], to_heading(here, heading(body.qpos[3:7])), atol=1e-4)
        np.testing.assert_allclose(seen[5:8], 0.0)


def test_a_hand_goes_back_up_over_and_down_on_a_handle():
    grip = jnp.array([0.66, 0.3, 1.2])

    def way(x, y, z, angle=0.0):
        return np.asarray(handle_place(jnp.array([x, y, z]), grip, jnp.asarray(angle))) - grip

    assert way(0.72, 0.3, 1.1)[0] < -0.1  # under it: back towards the robot
    np.testing.assert_allclose(way(0.45, 0.1, 1.35)[1], 0.0)  # high, aside: over it
    assert way(0.45, 0.1, 1.35)[2] > 0.1
    down = way(0.67, 0.3, 1.28)
    np.testing.assert_allclose(down[0], 0.01, atol=1e-6)  # where it is along the handle
    assert down[2] < 0.0
    assert way(0.69, 0.3, 1.1, angle=0.9)[2] < 0.0  # and stays, lower than the handle was


def test_led_arms_bring_hands_to_places_close_by(door):
    composer, state, _, _ = door
    arms = 7 + arm_hinges(ROBOT)
    qpos = composer.body_frame(state).qpos[0].at[arms].set(jnp.array([0.4, 0.2, 0.1, -0.5]))

    def body(qpos):
        return body_frame(ROBOT, qpos, jnp.zeros(25))

    hands = qpos[:3] + _in_world(body(qpos).hands, qpos)
    way = jnp.array([[0.01, 0.0, 0.01], [0.0, -0.01, 0.01]])
    led = jax.jit(lambda qpos, places: arm_ik(body(qpos), places))
    for _ in range(20):  # as a motor without load would
        qpos = qpos.at[arms].set(led(qpos, hands + way))
    after = qpos[:3] + _in_world(body(qpos).hands, qpos)
    np.testing.assert_allclose(after, hands + way, atol=1e-3)
    far = led(qpos, hands + 100.0 * way) - qpos[arms]
    assert np.abs(far).max() <= 0.25 + 1e-6


def test_an_arm_goes_apart_only_where_it_is_asked():
    parts = BodyPartMixer(
        MixerConfig(), ["walk", "reach"], ["left_knee", "left_elbow", "right_elbow"]
    )
    actions = jnp.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    weights = jnp.array([0.7, 0.3])
    mixed = parts.mix(weights, actions, jnp.array([True, False]))
    legs, arms = 0.3**4 / (0.3**4 + 0.7**4), 2.4**4 / (2.4**4 + 0.7**4)
    np.testing.assert_allclose(mixed, [legs, arms, legs], rtol=1e-5)


def test_doubt_leaves_the_robot_to_the_stabiliser(door):
    composer, state, begin, act = door
    wanted = _one(composer, "walk")
    acted, _ = act(state, begin(state, wanted), wanted, jnp.zeros(ENVS))
    np.testing.assert_allclose(acted.weights, _one(composer, "stand"), atol=1e-6)


@pytest.mark.slow
def test_a_teacher_is_asked_once_for_all_that_a_pool_does_by_its_weights(capsys, monkeypatch):
    asked, ask = [], OfflineTeacher.ask

    def counted(self, question):
        asked.append(question.task)
        return ask(self, question)

    monkeypatch.setattr(OfflineTeacher, "ask", counted)
    args = ["eval", "teacher", "offline", "--task", "h1-door", "--episodes", "2", "--json"]
    assert main(args) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["teacher"] == "offline" and found["pool"] == "shipped"
    assert sum(found["weights"].values()) == pytest.approx(1.0, abs=1e-5)
    assert found["return_mean"] > 100.0 and found["no_fall_share"] == 1.0
    # Two episodes of 1,000 control steps, and 30 s of standing through: nobody was asked in them.
    assert found["lengths"] == [1000, 1000] and asked == ["h1-door-v0"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["teacher", "offline"], "needs --task"),
        (["teacher", "offline", "--task", "h1-door", "--expert", "walk"], "unknown: --expert"),
        (["teacher", "oracle", "--task", "h1-door"], "unknown teacher"),
        (["teacher", "offline", "--task", "h1-dor"], "did you mean"),
        (["techer", "offline"], "did you mean 'eval teacher'?"),
    ],
)
def test_bad_input_is_one_line(capsys, args, told):
    assert main(["eval", *args]) == 2
    err = capsys.readouterr().err
    assert told in err and err.count("\n") == 1
