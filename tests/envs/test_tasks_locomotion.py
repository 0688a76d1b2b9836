"""Locomotion, obstacles and the maze against closed forms of HumanoidBench's rewards."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.task_world import make_task, readings, starts, touching

BARRIERS = ("left_barrier_collision", "right_barrier_collision", "behind_barrier_collision")
PRONE = (0.75, 0.0, 0.65, 0.0)
CORNERS = ((0.0, 0.0), (3.0, 0.0), (3.0, 6.0), (6.0, 6.0))


def upside_down():
    return {"torso_link": (0.0, 1.0, 0.0, 0.0)}


@pytest.mark.parametrize(("name", "speed"), [("walk", 1.0), ("run", 5.0)])
def test_moving_pays_linearly_up_to_the_speed(name, speed):
    task = make_task(f"h1-{name}")
    rewards = [
        float(task.evaluate(readings(task, velocity=(v, 0.0, 0.0)), ()).reward)
        for v in (0.0, 0.5 * speed, speed, 2.0 * speed, -speed)
    ]
    np.testing.assert_allclose(rewards, [1 / 6, 3.5 / 6, 1.0, 1.0, 1 / 6], rtol=1e-6)


def test_small_control_takes_at_most_a_fifth():
    task = make_task("h1-stand")
    rewards = [
        float(task.evaluate(readings(task, force=f), ()).reward) for f in (0.0, 5.0, 10.0, 300.0)
    ]
    np.testing.assert_allclose(rewards, [1.0, 0.95, 0.8, 0.8], rtol=1e-6)


def test_crawling_perfectly_pays_one_and_never_ends():
    task = make_task("h1-crawl")
    low = {"head": (0.0, 0.0, 0.8), "imu": (0.0, 0.5, 0.7)}
    r = readings(task, velocity=(1.0, 0.0, 0.0), sites=low, quats={"pelvis": PRONE}, qpos={2: 0.0})
    out = task.evaluate(r, ())
    np.testing.assert_allclose(out.reward, 1.0, rtol=1e-6)
    assert not bool(out.terminated)
    assert not task.can_fall


def test_crawling_knows_the_sign_of_a_quaternion_as_humanoidbench_does():
    task = make_task("h1-crawl")
    low = {"head": (0.0, 0.0, 0.8), "imu": (0.0, 0.5, 0.7)}
    other = {"pelvis": tuple(-x for x in PRONE)}
    r = readings(task, velocity=(1.0, 0.0, 0.0), sites=low, quats=other)
    far = 2.0 * np.hypot(0.75, 0.65)
    np.testing.assert_allclose(
        task.evaluate(r, ()).reward, 0.75 + 0.25 * 0.1 ** (far**2), rtol=1e-5
    )


def test_crawling_outside_of_the_tunnel_pays_nothing():
    task = make_task("h1-crawl")
    out = task.evaluate(readings(task, sites={"imu": (0.0, 1.01, 0.8)}), ())
    assert float(out.reward) == 0.0


@pytest.mark.parametrize(
    ("env_id", "rule", "term"),
    [
        ("h1-hurdle", "barrier", "wall_collision_discount"),
        ("h1-pole", "pole", "collision_discount"),
    ],
)
def test_touching_an_obstacle_leaves_a_tenth(env_id, rule, term):
    task = make_task(env_id)
    free = task.evaluate(readings(task), ())
    hit = task.evaluate(readings(task, touched=[rule]), ())
    np.testing.assert_allclose(hit.reward, 0.1 * free.reward, rtol=1e-6)
    np.testing.assert_allclose((free.terms[term], hit.terms[term]), (1.0, 0.1), rtol=1e-6)


def test_pole_pays_half_for_moving_alone():
    task = make_task("h1-pole")
    lying = readings(task, velocity=(0.5, 0.0, 0.0), quats=upside_down(), qpos={2: 0.4})
    out = task.evaluate(lying, ())
    np.testing.assert_allclose(out.reward, 0.5, rtol=1e-6)
    assert bool(out.terminated)


def test_hurdle_asks_about_barriers_only():
    geoms = [("floor", "world"), ("foot", "pelvis"), ("", "world")]
    task = make_task("h1-hurdle", geoms=[*geoms, *((name, "world") for name in BARRIERS)])
    assert all(touching(task, "barrier", name, "foot") for name in BARRIERS)
    assert not touching(task, "barrier", "floor", "foot")
    assert not touching(task, "barrier", "", "foot")


def test_pole_asks_about_poles_but_not_on_the_floor():
    geoms = [
        ("floor", "world"),
        ("foot", "pelvis"),
        ("", "torso_link"),
        ("behind_barrier", "world"),
    ]
    task = make_task("h1-pole", geoms=[*geoms, ("pole_r7_c2", "world")])
    assert touching(task, "pole", "pole_r7_c2", "foot")
    assert touching(task, "pole", "pole_r7_c2", "")
    assert not touching(task, "pole", "pole_r7_c2", "floor")
    assert not touching(task, "pole", "behind_barrier", "foot")


@pytest.mark.parametrize("name", ["stair", "slide"])
def test_climbing_measures_the_head_from_each_foot(name):
    task = make_task(f"h1-{name}")
    high = {"head": (0.0, 0.0, 3.0), "left_foot": (0.0, 0.0, 1.8), "right_foot": (0.0, 0.0, 2.25)}
    out = task.evaluate(readings(task, velocity=(1.0, 0.0, 0.0), sites=high), ())
    np.testing.assert_allclose(out.reward, 0.1, rtol=1e-5)  # one foot a margin too high
    assert not bool(out.terminated)


@pytest.mark.parametrize("name", ["stair", "slide"])
@pytest.mark.parametrize(("tilt", "ends"), [(84.0, False), (85.0, True)])
def test_climbing_ends_by_tilt_not_by_height(name, tilt, ends):
    task = make_task(f"h1-{name}")
    half = np.radians(tilt) / 2
    tilted = {"torso_link": (np.cos(half), 0.0, np.sin(half), 0.0)}
    out = task.evaluate(readings(task, quats=tilted, qpos={2: 0.05}), ())
    assert bool(out.terminated) is ends


def maze():
    return make_task("h1-maze", bodies=["maze"], geoms=[("floor", "world"), ("block", "maze")])


def at(task, corner, velocity=(0.0, 0.0, 0.0), touched=()):
    x, y = corner
    return readings(
        task,
        bodies={"pelvis": (x, y, 1.0)},
        sites={"imu": (x, y, 1.0), "head": (x, y, 1.7)},
        velocity=velocity,
        touched=touched,
    )


def test_maze_pays_each_checkpoint_once_and_ever_more():
    task = maze()
    path = [CORNERS[0], CORNERS[0], (1.5, 0.0), *CORNERS[1:], CORNERS[3]]
    rows = [at(task, corner) for corner in path]
    rows = jax.tree.map(lambda *x: jnp.stack(x), *rows)
    memory = jax.tree.map(lambda x: x[0], starts(task, 1).memory)

    def one(memory, r):
        out = task.evaluate(r, memory)
        return out.memory, out

    last, out = jax.lax.scan(one, memory, rows)
    bonus = out.terms["stage_convert_reward"]
    np.testing.assert_allclose(bonus, [100.0, 0.0, 0.0, 200.0, 300.0, 400.0, 0.0])
    np.testing.assert_allclose(out.success_subtasks, [1, 1, 1, 2, 3, 4, 4])
    assert task.record_of_memory(last) == {"maze_stage": 4, "move_direction": [0.0, 1.0, 0.0]}
    assert not out.success.any()
    # At the end of the way: all but the speed term's name is fulfilled.
    np.testing.assert_allclose(out.reward[-1], 1.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("stage", "way"), [(0, (2.0, 0.0)), (1, (2.0, 0.0)), (2, (0.0, 2.0)), (3, (2.0, 0.0))]
)
def test_maze_wants_2_metres_a_second_along_the_corridor(stage, way):
    task = maze()
    memory = task.memory_of_record({"maze_stage": stage})
    far = (-9.0, -9.0)
    out = task.evaluate(at(task, far, velocity=(*way, 0.0)), memory)
    wrong = task.evaluate(at(task, far, velocity=(way[1], way[0], 0.0)), memory)
    np.testing.assert_allclose((out.terms["move"], wrong.terms["move"]), (1.0, 1 / 6), rtol=1e-6)
    assert task.record_of_memory(out.memory)["maze_stage"] == stage


def test_maze_walls_leave_a_tenth_but_not_of_the_bonus():
    task = maze()
    memory = task.memory_of_record({"maze_stage": 3})
    out = task.evaluate(at(task, CORNERS[3], touched=["wall"]), memory)
    np.testing.assert_allclose(out.reward, 400.0 + 0.1, rtol=1e-6)
    task_with_geoms = make_task(
        "h1-maze", bodies=["maze"], geoms=[("floor", "world"), ("", "maze"), ("foot", "pelvis")]
    )
    assert touching(task_with_geoms, "wall", "", "foot")
    assert not touching(task_with_geoms, "wall", "floor", "foot")
