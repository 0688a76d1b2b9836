"""What tasks' scenes ask of hands and legs, and how far they say the task is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.composition.affordances import (
    MILESTONES,
    affordances_of,
    drop_lost_targets,
)
from metaworldx.composition.tasks.basketball import catching_places
from metaworldx.composition.tasks.push import push_place
from metaworldx.envs.factory import make

TASKS = ("door", "push", "basketball", "truck", "package", "reach")


def _start(task):
    env = make(f"h1-{task}", "native")
    state = jax.tree.map(lambda x: x[0], env.reset(jax.random.split(jax.random.key(0), 1)))
    return env, state


def _with_body(env, state, name, place):
    body = env.task.layout.body(name)
    xpos = jnp.asarray(state.readings.xpos).at[body].set(jnp.asarray(place))
    qpos = jnp.asarray(state.readings.qpos)
    if f"free_{name}" in env.task.layout.joints:
        free = env.task.layout.qpos(f"free_{name}")
        qpos = qpos.at[free : free + 3].set(jnp.asarray(place))
    return state.replace(readings=state.readings.replace(xpos=xpos, qpos=qpos))


@pytest.mark.parametrize("task", TASKS)
def test_no_milestone_but_the_first_is_reached_at_the_start(task):
    """A package may lie where the robot starts."""
    env, state = _start(task)
    scene = affordances_of(env)(state)
    assert np.all(np.isfinite(scene.hand_targets)) and np.all(np.isfinite(scene.goal))
    assert scene.milestones.shape == (MILESTONES,) and float(scene.milestones[1:].max()) < 1.0
    assert 1 <= len(env.task.milestone_names) <= MILESTONES


def test_tasks_without_a_scene_ask_nothing():
    env, state = _start("walk")
    scene = affordances_of(env)(state)
    assert not scene.has_target.any() and not scene.has_goal and env.task.milestone_names == ()


def test_a_pushed_box_has_moved_and_is_at_its_goal():
    env, state = _start("push")
    read = affordances_of(env)
    x, y, z = env.task.object_qpos[:3]
    assert float(read(_with_body(env, state, "object", [x, y, z])).milestones[1]) == 0.0
    half = read(_with_body(env, state, "object", [x, y + 0.05, z]))
    assert float(half.milestones[1]) == pytest.approx(0.5, abs=1e-3)
    there = read(_with_body(env, state, "object", state.memory.goal))
    assert float(there.milestones[2]) == 1.0


def test_a_hand_goes_round_the_box_until_behind_it_then_through_it():
    box, goal = np.array([0.7, 0.0, 1.0]), np.array([0.7, -0.4, 1.0])

    def place(x, y, goal=goal):
        return np.asarray(push_place(jnp.array([x, y, 1.0]), jnp.array(box), jnp.array(goal))) - box

    # From the robot, with the goal to the right: out to the left of the box, clear of its corners.
    before = place(0.4, 0.05)
    assert before[1] > 0.1 and np.linalg.norm(before[:2]) > 0.14 * np.sqrt(2.0)
    # It comes nearer to behind at every step round.
    later = place(*(box + before)[:2])
    assert later[1] > before[1] and later[0] > before[0]
    # Behind: through the box, rather back towards the robot than ahead of the goal.
    through = place(0.73, 0.17)
    assert through[1] < -0.08 and -0.05 < through[0] < 0.0
    # A goal straight ahead is pushed to from the front, straight.
    np.testing.assert_allclose(
        place(0.5, 0.01, np.array([0.9, 0.0, 1.0]))[:2], [0.1, 0.0], atol=1e-6
    )
    assert before[2] == through[2] > 0.0


@pytest.mark.parametrize(
    ("goal", "box", "left"),
    [
        (-0.4, 0.0, True),
        (0.4, 0.0, False),
        (0.2, 0.3, True),  # pushed too far: back with the other hand
        (0.2, 0.23, False),  # but not for so little
    ],
)
def test_the_hand_on_the_far_side_from_the_goal_is_asked(goal, box, left):
    env, state = _start("push")
    state = state.replace(memory=state.memory.replace(goal=jnp.array([0.8, goal, 1.0])))
    scene = affordances_of(env)(_with_body(env, state, "object", [0.7, box, 1.0]))
    np.testing.assert_array_equal(scene.has_target, [left, not left])
    # Legs go to the goal's side of the table.
    assert np.sign(scene.goal[1]) == np.sign(goal) and abs(scene.goal[1]) < abs(goal)


def _with_robot(state, x, y, speed=0.0):
    """The robot's pelvis there, looking along x and going so fast (m/s)."""
    r = state.readings
    qpos = jnp.asarray(r.qpos).at[:2].set(jnp.array([x, y]))
    qpos = qpos.at[3:7].set(jnp.array([1.0, 0.0, 0.0, 0.0]))
    qvel = jnp.asarray(r.qvel).at[:2].set(jnp.array([speed, 0.0]))
    # The pelvis is the first body after the world.
    xpos = jnp.asarray(r.xpos).at[1, :2].set(jnp.array([x, y]))
    return state.replace(readings=r.replace(qpos=qpos, qvel=qvel, xpos=xpos))


def test_the_way_leads_round_the_trucks_ramp_and_ends_beside_the_packages():
    env, state = _start("truck")
    read = affordances_of(env)
    before = read(_with_robot(state, 2.0, 0.0))
    assert before.goal[0] < 2.0 and before.goal[1] > 1.2  # the ramp is 1.2 m wide to each side
    along = read(_with_robot(state, 2.5, 1.9))
    assert along.goal[0] > 2.5 and along.goal[1] > 1.2 and along.turn < before.turn
    assert float(along.milestones.max()) < 1.0
    walking, slow = (read(_with_robot(state, 4.7, 1.7, speed)) for speed in (0.6, 0.1))
    assert walking.milestones[0] == 1.0 and walking.milestones[1] < 1.0
    assert slow.milestones[1] == 1.0
    assert not read(_with_robot(state, 2.0, 0.0)).milestones[1] > 0.0


def test_a_ball_that_comes_is_met_below_and_then_shut_in_between_hands_and_chest():
    def places(x, y, z, touched):
        return np.asarray(catching_places(jnp.array([x, y, z]), jnp.array(touched)))

    # It comes at 0.3 over the pelvis, its radius is 0.12: over the hands, which leave it room.
    ready = places(1.0, 0.0, 0.4, False)
    assert ready[:, 2].max() < 0.3 and ready[0, 1] - ready[1, 1] > 0.24
    # At the chest: hands meet so that it cannot pass, beyond its middle.
    keep = places(0.24, 0.0, 0.3, True)
    assert 0.0 < keep[0, 1] - keep[1, 1] < 0.24 and keep[:, 0].min() > 0.3
    assert keep[:, 2].max() < 0.3
    # They follow it to the left and up, and what is left is as what is right.
    aside, high = places(0.2, 0.14, 0.3, True), places(0.24, 0.0, 0.4, True)
    assert aside[:, 1].mean() > 0.05 and np.all(high[:, 2] > keep[:, 2])
    other = places(0.2, -0.14, 0.3, True)[::-1] * [1.0, -1.0, 1.0]
    np.testing.assert_allclose(aside, other, atol=1e-6)


def test_places_to_catch_a_ball_turn_with_the_robot():
    env, state = _start("basketball")
    read, turn = (
        affordances_of(env),
        jnp.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    )
    r, robot = state.readings, env.task.robot
    hips, ball = env.task.layout.body("pelvis"), env.task.layout.body("basketball")
    pelvis, half = robot.pelvis_position(r), np.sqrt(0.5)
    level = r.replace(xquat=r.xquat.at[hips].set(jnp.array([1.0, 0.0, 0.0, 0.0])))
    moved = r.xpos.at[ball].set(pelvis + turn @ (r.xpos[ball] - pelvis))
    turned = r.replace(xquat=r.xquat.at[hips].set(jnp.array([half, 0.0, 0.0, half])), xpos=moved)
    before = read(state.replace(readings=level)).hand_targets - pelvis
    after = read(state.replace(readings=turned)).hand_targets - pelvis
    np.testing.assert_allclose(after, before @ turn.T, atol=1e-5)


def test_a_package_that_is_lifted_is_brought_to_its_destination():
    env, state = _start("package")
    read = affordances_of(env)
    at = np.asarray(state.readings.xpos[env.task.layout.body("package_a")])
    np.testing.assert_allclose(read(state).goal, at[:2], atol=1e-6)
    up = read(_with_body(env, state, "package_a", [at[0], at[1], 0.8]))
    to = np.asarray(state.readings.site_xpos[env.task.layout.site("destination_loc")])
    np.testing.assert_allclose(up.goal, to[:2], atol=1e-6)
    assert float(up.milestones[1]) == 1.0


def test_a_handle_that_was_lost_is_reached_for_no_more():
    env, state = _start("door")
    scene = affordances_of(env)(state).replace(has_target=jnp.array([True, False]))
    assert drop_lost_targets(scene, jnp.zeros(MILESTONES)).has_target[0]
    assert not drop_lost_targets(scene, jnp.array([1.0, 0.0, 0.0])).has_target[0]
