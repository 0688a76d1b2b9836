"""Sitting, balancing and swinging on a bar against closed forms of HumanoidBench's rewards."""

import numpy as np
import pytest

from helpers.task_world import make_task, readings, spans, starts, touching

SPHERE, BOARD = "pivot_sphere_collision", "stand_board_collision"


def seated(task, **changes):
    sites = {"head": (0.0, 0.0, 1.1), "imu": (0.0, 0.0, 0.7)}
    pose = {"qpos": {0: 0.1, 1: 0.5, 2: 0.7}, "bodies": {"chair": (0.0, 0.5, 0.0)}}
    return readings(task, sites=sites, **{**pose, **changes})


@pytest.mark.parametrize(("name", "joints"), [("sit_simple", []), ("sit_hard", ["free_chair"])])
def test_sitting_well_pays_one(name, joints):
    task = make_task(f"h1-{name}", bodies=["chair"], joints=joints)
    out = task.evaluate(seated(task), ())
    np.testing.assert_allclose(out.reward, 1.0, rtol=1e-5)
    assert not bool(out.terminated)
    assert task.sits


def test_sitting_beside_the_chair_or_too_low_pays_less():
    task = make_task("h1-sit_simple", bodies=["chair"])
    beside = task.evaluate(seated(task, bodies={"chair": (0.0, 0.4, 0.0)}), ())
    np.testing.assert_allclose(beside.reward, 0.5 + 0.5 * 0.1, rtol=1e-5)
    low = task.evaluate(seated(task, qpos={0: 0.1, 1: 0.5, 2: 0.48}), ())
    np.testing.assert_allclose(low.reward, 0.5 + 0.5 * 0.1, rtol=1e-5)
    assert bool(low.terminated)


@pytest.mark.parametrize("robot", ["h1", "h1hand"])
def test_sit_hard_starts_before_the_chair_and_turned(robot):
    task = make_task(f"{robot}-sit_hard", bodies=["chair"], joints=["free_chair"])
    begin = starts(task, 500)
    qpos, chair = np.asarray(begin.qpos), task.layout.qpos("free_chair")
    assert spans(qpos[:, 0], 0.2, 0.4)
    assert spans(qpos[:, 1], -0.15, 0.15)
    assert spans(qpos[:, 2], 0.97, 0.99)
    assert spans(2 * np.arctan2(qpos[:, 6], qpos[:, 3]), -1.8, 1.8)
    assert not qpos[:, 4:6].any()
    assert spans(qpos[:, chair], -0.26, -0.24)
    np.testing.assert_allclose(np.linalg.norm(qpos[:, chair + 3 :], axis=1), 1.0, rtol=1e-5)
    assert not np.asarray(begin.qvel).any()


def balance(robot="h1", kind="simple"):
    joints = ["free_stand_board"] + ["free_rolling_pivot"] * (kind == "hard")
    geoms = [("floor", "world"), (BOARD, "board"), (SPHERE, "pivot"), ("foot", "pelvis")]
    return make_task(
        f"{robot}-balance_{kind}", bodies=["board", "pivot"], joints=joints, geoms=geoms
    )


def test_balance_wants_the_head_higher_than_standing():
    task = balance()
    tall = readings(task, sites={"head": (0.0, 0.0, 2.03)})
    np.testing.assert_allclose(task.evaluate(tall, ()).reward, 1.0, rtol=1e-6)
    short = readings(task, sites={"head": (0.0, 0.0, 2.02 - 1.65 / 4)})
    np.testing.assert_allclose(task.evaluate(short, ()).reward, 0.1, rtol=1e-5)


@pytest.mark.parametrize(
    ("height", "touched", "ends"),
    [(1.3, (), False), (0.79, (), True), (1.3, ("sphere",), True), (1.3, ("floor",), True)],
)
def test_balance_ends_low_or_by_a_wrong_contact(height, touched, ends):
    task = balance()
    out = task.evaluate(readings(task, qpos={2: height}, touched=touched), ())
    assert bool(out.terminated) is ends


def test_balance_allows_sphere_board_and_floor_to_touch_each_other_but_one_pair():
    task = balance()

    def lost(first, second):
        return touching(task, "sphere", first, second) or touching(task, "floor", first, second)

    assert not lost(SPHERE, "floor")
    assert not lost(SPHERE, BOARD)
    assert not lost(BOARD, "foot")
    assert lost(BOARD, "floor")
    assert lost("foot", "floor")
    assert lost("foot", SPHERE)


@pytest.mark.parametrize("robot", ["h1", "h1hand"])
@pytest.mark.parametrize("kind", ["simple", "hard"])
def test_balance_starts_on_the_board(robot, kind):
    task = balance(robot, kind)
    start = task.keyframe()
    assert start.shape == (task.layout.nq,)
    np.testing.assert_allclose(start[:3], (-0.1, 0.0, 1.38))
    assert start[task.layout.qpos("free_stand_board") + 2] == 0.37
    if kind == "hard":
        assert start[task.layout.qpos("free_rolling_pivot") + 2] == 0.17


@pytest.mark.parametrize("env_id", ["h1-highbar_simple", "h1strong-highbar_hard"])
def test_highbar_pays_for_feet_above_the_head(env_id):
    task = make_task(env_id)
    upside_down = {"torso_link": (0.0, 1.0, 0.0, 0.0)}
    rewards = []
    for feet in (4.8, 3.8, 2.0):
        sites = {
            "head": (0.0, 0.0, 3.0),
            "left_foot": (0.0, 0.0, feet + 0.3),
            "right_foot": (0.0, 0.0, feet - 0.3),
        }
        out = task.evaluate(readings(task, sites=sites, quats=upside_down), ())
        rewards.append(float(out.reward))
        assert not bool(out.terminated)
    np.testing.assert_allclose(rewards, [1.0, 0.75, 0.5], rtol=1e-5)
    low = task.evaluate(readings(task, sites={"head": (0.0, 0.0, 1.99)}), ())
    assert bool(low.terminated)
    assert not task.can_fall


@pytest.mark.parametrize("env_id", ["h1-highbar_simple", "h1strong-highbar_hard"])
def test_highbar_starts_near_its_keyframe_and_can_be_held(env_id):
    task = make_task(env_id)
    begin = starts(task, 3)
    np.testing.assert_allclose(begin.qpos, np.tile(task.keyframe(), (3, 1)), atol=0.0101)
    assert len(task.hold[task.robot.spec.name]) == task.robot.spec.nu
    # Both arms are raised by the shoulder's roll, mirrored; that is what is commanded, too.
    shoulders = task.keyframe()[np.abs(task.keyframe()) == 3.11]
    np.testing.assert_allclose(shoulders, (3.11, -3.11))
    assert {3.11, -3.11} <= set(task.hold[task.robot.spec.name])
