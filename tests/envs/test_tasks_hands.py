"""Reach, push, door and basketball against closed forms of HumanoidBench's rewards."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.task_world import ground, make_task, readings, spans, starts, touching


def goal_memory(task, goal):
    return task.memory_of_record({"goal": list(goal)})


@pytest.mark.parametrize(("away", "pays"), [(2.0, 0.0), (0.9, 5.0), (0.06, 5.0), (0.04, 15.0)])
def test_reach_pays_by_distance_over_an_upright_pelvis(away, pays):
    task = make_task("h1-reach")
    r = readings(task, sites={"left_hand": (0.5, 0.5 + away, 1.0)}, qvel={0: 3.0, 24: 4.0})
    out = task.evaluate(r, goal_memory(task, (0.5, 0.5, 1.0)))
    np.testing.assert_allclose(out.reward, 5.0 - 0.0025 + pays, rtol=1e-6)
    assert not bool(out.terminated)


def test_reach_sees_robot_hand_and_goal():
    task = make_task("h1-reach")
    r = readings(task, sites={"left_hand": (0.1, 0.2, 0.3)}, qvel={3: 7.0})
    obs = task.observe(r, goal_memory(task, (1.0, 2.0, 3.0)))
    assert obs.shape == (57,)
    np.testing.assert_allclose(obs[:51], np.concatenate([r.qpos, r.qvel]))
    np.testing.assert_allclose(obs[51:], (0.1, 0.2, 0.3, 1.0, 2.0, 3.0), rtol=1e-6)


def test_reach_draws_goals_from_its_box():
    goal = np.asarray(starts(make_task("h1-reach"), 500).memory.goal)
    for axis, (low, high) in enumerate([(-2.0, 2.0), (-2.0, 2.0), (0.2, 2.0)]):
        assert spans(goal[:, axis], low, high)
    assert np.abs(np.corrcoef(goal.T) - np.eye(3)).max() < 0.15


def push(robot="h1"):
    return make_task(f"{robot}-push", bodies=["object"], joints=["free_object"])


def box_at(task, *place):
    adr = task.layout.qpos("free_object")
    return {adr + i: x for i, x in enumerate(place)}


@pytest.mark.parametrize(("away", "arrives"), [(0.3, False), (0.051, False), (0.049, True)])
def test_push_pays_1000_and_ends_on_arrival(away, arrives):
    task, goal = push(), (0.8, 0.1, 1.0)
    box = (0.8 + away, 0.1, 1.0)
    r = readings(task, qpos=box_at(task, *box), sites={"left_hand": (0.8 + away, 0.1, 1.5)})
    out = task.evaluate(r, goal_memory(task, goal))
    np.testing.assert_allclose(out.reward, 1000.0 * arrives - away - 0.05, rtol=1e-4)
    assert bool(out.success) is bool(out.terminated) is arrives
    np.testing.assert_allclose(out.terms["reward_success"], 1000.0 * arrives)
    assert task.record_of_memory(out.memory)["goal"] == pytest.approx(goal)


def test_push_has_a_finite_gradient_with_hand_box_and_goal_in_one_place():
    task, place = push(), (0.8, 0.1, 1.0)
    r = readings(task, qpos=box_at(task, *place), sites={"left_hand": place})
    slope = jax.grad(lambda r: task.evaluate(r, goal_memory(task, place)).reward, allow_int=True)(r)
    assert np.isfinite(slope.qpos).all()
    assert np.isfinite(slope.site_xpos).all()


def test_push_sees_the_box_and_its_velocity():
    task = push("h1hand")
    adr = task.layout.qvel("free_object")
    moving = {adr: 1.0, adr + 1: 2.0, adr + 2: 3.0, adr + 3: 9.0}
    r = readings(task, qpos=box_at(task, 0.7, 0.2, 0.9), qvel=moving)
    obs = task.observe(r, goal_memory(task, (1.0, 0.0, 1.0)))
    assert obs.shape == (163,)
    np.testing.assert_allclose(
        obs[151:], (0, 0, 0, 1.0, 0.0, 1.0, 0.7, 0.2, 0.9, 1.0, 2.0, 3.0), rtol=1e-6
    )


@pytest.mark.parametrize("robot", ["h1", "h1hand"])
def test_push_draws_goals_on_the_table_and_puts_the_box_before_the_robot(robot):
    task = push(robot)
    begin = starts(task, 500)
    goal, qpos = np.asarray(begin.memory.goal), np.asarray(begin.qpos)
    assert spans(goal[:, 0], 0.7, 1.0)
    assert spans(goal[:, 1], -0.5, 0.5)
    np.testing.assert_array_equal(goal[:, 2], 1.0)
    box = task.layout.qpos("free_object")
    for offset, centre in enumerate((0.7, 0.0, 1.0)):
        assert spans(qpos[:, box + offset], centre - 0.01, centre + 0.01)
    turned = np.flatnonzero(np.abs(task.keyframe() - 1.57) < 1e-9)
    assert turned.tolist() == ([22, 47] if robot == "h1hand" else [])


def door():
    return make_task("h1-door", bodies=["door_hatch"], joints=["door_hinge", "door_hatch_hinge"])


def test_door_adds_up_its_five_parts():
    task = door()
    hinge, hatch = task.layout.qpos("door_hinge"), task.layout.qpos("door_hatch_hinge")
    far = {"door_hatch": (0.9, 5.0, 1.2)}
    none = readings(task, bodies=far)
    # Standing still pays 0.1, a closed hatch 0.1 of its share, and no hand is near.
    np.testing.assert_allclose(task.evaluate(none, ()).reward, 0.1 + 0.05 * 0.1, rtol=1e-5)
    through = readings(
        task,
        bodies=far,
        qpos={hinge: 1.2, hatch: 1.0},
        sites={"imu": (1.2, 0.0, 1.0), "right_hand": (0.9, 5.2, 1.2)},
    )
    np.testing.assert_allclose(task.evaluate(through, ()).reward, 1.0, rtol=1e-6)
    ajar = task.evaluate(readings(task, bodies=far, qpos={hinge: 0.5}), ())
    np.testing.assert_allclose(ajar.terms["door_openness_reward"], 0.25, rtol=1e-6)
    pressed = task.evaluate(readings(task, bodies=far, qpos={hinge: -0.1}), ())
    np.testing.assert_allclose(pressed.terms["door_openness_reward"], -0.01, rtol=1e-5)


@pytest.mark.parametrize(("height", "ends"), [(0.59, False), (0.57, True)])
def test_door_ends_with_a_low_pelvis(height, ends):
    task = door()
    assert bool(task.evaluate(readings(task, qpos={2: height}), ()).terminated) is ends


HOOP = (5.9, 0.0, 2.25)


def basketball(robot="h1"):
    return make_task(
        f"{robot}-basketball",
        bodies=["basketball"],
        sites=["hoop_center"],
        joints=["free_basketball"],
        geoms=[("floor", "world"), ("basketball_collision", "basketball"), ("", "pelvis")],
    )


def ball_at(task, place, **changes):
    height = {task.layout.qpos("free_basketball") + 2: place[2]}
    return readings(
        task,
        bodies={"basketball": place},
        sites={"hoop_center": HOOP, "left_hand": (0.3, 0.2, 1.2), "right_hand": (0.3, -0.2, 1.2)},
        **{"qpos": height, **changes},
    )


def test_basketball_goes_from_catch_to_throw_to_success():
    task = basketball()
    memory = task.memory_of_record({"stage": "catch"})
    flying = task.evaluate(ball_at(task, (1.3, 0.2, 1.2)), memory)
    # The farther hand counts, 1.077 m away; the first 0.2 m are free.
    near = 0.1 ** ((np.hypot(1.0, 0.4) - 0.2) ** 2)
    np.testing.assert_allclose(flying.reward, 0.5 + 0.5 * near, rtol=1e-5)
    assert task.record_of_memory(flying.memory) == {"stage": "catch"}

    caught = task.evaluate(ball_at(task, (0.3, 0.0, 1.2), touched=["ball"]), flying.memory)
    aim = 1.0 - 0.9 * np.hypot(5.6, 1.05) / 7.0
    np.testing.assert_allclose(caught.reward, 0.15 + 0.05 + 0.8 * aim, rtol=1e-5)
    assert task.record_of_memory(caught.memory) == {"stage": "throw"}
    assert (float(flying.success_subtasks), float(caught.success_subtasks)) == (0.0, 1.0)

    thrown = task.evaluate(ball_at(task, (5.0, 0.0, 2.25)), caught.memory)
    assert task.record_of_memory(thrown.memory) == {"stage": "throw"}
    assert not bool(thrown.terminated)

    scored = task.evaluate(ball_at(task, (5.9, 0.04, 2.25)), thrown.memory)
    assert bool(scored.success)
    assert bool(scored.terminated)
    assert float(scored.reward) > 1000.9


def test_basketball_pays_for_a_hit_even_before_the_catch():
    task = basketball()
    out = task.evaluate(ball_at(task, HOOP), task.memory_of_record({"stage": "catch"}))
    np.testing.assert_allclose(out.reward, 1000.5, atol=1e-3)
    assert bool(out.success)
    assert task.record_of_memory(out.memory) == {"stage": "catch"}


def test_basketball_ends_with_ball_or_robot_down():
    task = basketball()
    memory = task.memory_of_record({"stage": "throw"})
    ball = task.layout.qpos("free_basketball") + 2
    for qpos, ends in [({ball: 0.51}, False), ({ball: 0.49}, True), ({ball: 1.0, 2: 0.49}, True)]:
        out = task.evaluate(ball_at(task, (0.3, 0.0, 1.0), qpos=qpos), memory)
        assert bool(out.terminated) is ends


def test_basketball_counts_any_contact_of_the_ball():
    task = basketball()
    assert touching(task, "ball", "basketball_collision", "floor")
    assert touching(task, "ball", "basketball_collision", "")
    assert not touching(task, "ball", "floor", "")


@pytest.mark.parametrize("robot", ["h1", "h1hand"])
def test_basketball_throws_the_ball_at_the_robot_from_over_its_hand(robot):
    task = basketball(robot)
    hand = task.layout.site("left_hand")

    def site_xpos(qpos):
        # The hand rides on the pelvis, so that the noisy height is seen to be used.
        places = jnp.zeros((len(task.layout.sites), 3), qpos.dtype)
        return places.at[hand, 2].set(qpos[2] + 0.05)

    begin = starts(task, 500, site_xpos)
    ball, speed = task.layout.qpos("free_basketball"), task.layout.qvel("free_basketball")
    place, velocity = np.asarray(begin.qpos)[:, ball:], np.asarray(begin.qvel)
    angle = np.arctan2(place[:, 1], place[:, 0])
    assert spans(angle, -1.45, 1.45)
    np.testing.assert_allclose(np.hypot(place[:, 0], place[:, 1]), 1.5, rtol=1e-5)
    np.testing.assert_allclose(velocity[:, speed : speed + 2], -5.0 * place[:, :2], rtol=1e-4)
    np.testing.assert_allclose(place[:, 2], begin.qpos[:, 2] + 0.05 + 0.3924, rtol=1e-5)
    velocity = np.delete(velocity, [speed, speed + 1], axis=1)
    assert not velocity.any()
    assert not np.asarray(begin.memory.throwing).any()


@pytest.mark.parametrize("precise", [False, True])
@pytest.mark.parametrize("make", [push, basketball, lambda: make_task("h1-maze", ["maze"])])
def test_memory_keeps_its_form_from_start_to_step_and_record(make, precise):
    with jax.enable_x64(precise):
        task = make()
        start = jax.eval_shape(lambda key: task.start(key, ground(task)), jax.random.key(0))
        step = jax.eval_shape(task.evaluate, readings(task), start.memory)
        record = {"goal": [0.0, 0.0, 1.0], "stage": "catch", "maze_stage": 0}
        recorded = task.memory_of_record(record)
        forms = [
            jax.tree.map(lambda x: (x.shape, x.dtype), memory)
            for memory in (start.memory, step.memory, recorded)
        ]
        assert forms[0] == forms[1] == forms[2]
