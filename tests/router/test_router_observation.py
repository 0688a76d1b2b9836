"""What a router observes, against MuJoCo's own kinematics and against scenes that are moved."""

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from metaworldx.composition.affordances import MILESTONES, Affordances
from metaworldx.composition.observation import OBS_SIZE, router_observation
from metaworldx.experts.body_frame import body_frame
from metaworldx.sim.model import model_spec

SEES = jax.jit(
    lambda qpos, qvel, scene, reached: router_observation(
        body_frame("h1", qpos, qvel), scene, reached
    )
)
MODEL = model_spec("h1", "floor", "feet").compile()
# Where what is seen lies in the vector.
HEIGHT, TILT, VELOCITY, SPIN = 0, slice(1, 4), slice(4, 7), slice(7, 10)
HANDS, AWAY, ASKED = slice(10, 16), slice(16, 22), slice(22, 24)
WAY, GOING, FAR = slice(24, 26), 26, 27
NOW, EVER = slice(28, 28 + MILESTONES), slice(28 + MILESTONES, OBS_SIZE)


def _pose(yaw: float = 0.0, seed: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The robot standing at (1, 2), turned; joints, tilt and speeds drawn if a seed is given."""
    qpos, qvel = np.zeros(MODEL.nq), np.zeros(MODEL.nv)
    qpos[:3], turn = (1.0, 2.0, 0.98), Rotation.from_euler("z", yaw)
    if seed is not None:
        rng = np.random.default_rng(seed)
        qpos[7:], qvel = rng.uniform(-0.5, 0.5, MODEL.nq - 7), rng.normal(size=MODEL.nv)
        turn = turn * Rotation.from_rotvec([*rng.normal(size=2) * 0.3, 0.0])
    qpos[3:7] = turn.as_quat(scalar_first=True)
    return qpos, qvel


def _scene(
    places, has_target=(True, True), goal=(0.0, 0.0), has_goal=True, milestones=None
) -> Affordances:
    return Affordances(
        hand_targets=jnp.asarray(places, jnp.float32),
        has_target=jnp.asarray(has_target),
        goal=jnp.asarray(goal, jnp.float32),
        has_goal=jnp.asarray(has_goal),
        turn=jnp.asarray(0.4),
        milestones=jnp.zeros(MILESTONES) if milestones is None else jnp.asarray(milestones),
        once=jnp.asarray(False),
    )


def _seen(pose, scene: Affordances, reached=None) -> np.ndarray:
    reached = jnp.zeros(MILESTONES) if reached is None else jnp.asarray(reached)
    return np.asarray(SEES(*(jnp.asarray(x, jnp.float32) for x in pose), scene, reached))


def _mujoco(pose) -> mujoco.MjData:
    data = mujoco.MjData(MODEL)
    data.qpos[:], data.qvel[:] = pose
    mujoco.mj_forward(MODEL, data)
    return data


def _hands(data: mujoco.MjData) -> np.ndarray:
    return np.stack([data.site(f"{side}_hand").xpos for side in ("left", "right")])


@pytest.mark.parametrize("seed", [0, 1])
def test_the_robot_is_seen_as_mujoco_has_it(seed):
    yaw = 0.8
    pose = _pose(yaw, seed)
    data, back = _mujoco(pose), Rotation.from_euler("z", -yaw)
    seen = _seen(pose, _scene(np.zeros((2, 3)), (False, False), has_goal=False))
    assert seen.shape == (OBS_SIZE,)
    hands = back.apply(_hands(data) - data.qpos[:3])
    np.testing.assert_allclose(seen[HANDS].reshape(2, 3), hands, atol=1e-5)
    pelvis = data.body("pelvis").xmat.reshape(3, 3)
    np.testing.assert_allclose(seen[TILT], pelvis.T @ [0.0, 0.0, 1.0], atol=1e-5)
    np.testing.assert_allclose(seen[VELOCITY], back.apply(data.qvel[:3]), atol=1e-5)
    # MuJoCo's spin of a free joint is in the body's own frame.
    np.testing.assert_allclose(seen[SPIN], data.qvel[3:6], atol=1e-6)


def test_the_height_is_over_the_soles():
    upright = _pose()
    level = _seen(upright, _scene(np.zeros((2, 3))))[HEIGHT]
    # A straight leg's ankle, and 7 cm of foot under it.
    ankle = _mujoco(upright).body("left_ankle_link").xpos[2]
    assert level == pytest.approx(upright[0][2] - (ankle - 0.07), abs=5e-3)
    raised = upright[0].copy()
    raised[2] += 0.3
    assert _seen((raised, upright[1]), _scene(np.zeros((2, 3))))[HEIGHT] == pytest.approx(level)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_whole_scene_can_be_turned_and_moved_and_looks_the_same(seed):
    rng = np.random.default_rng(seed + 10)
    qpos, qvel = _pose(0.3, seed)
    places = qpos[:3] + rng.uniform(-0.6, 0.6, (2, 3))
    goal, milestones = qpos[:2] + rng.uniform(-2.0, 2.0, 2), rng.uniform(size=MILESTONES)
    here = _seen((qpos, qvel), _scene(places, goal=goal, milestones=milestones))
    turn, by = Rotation.from_euler("z", rng.uniform(-3.0, 3.0)), np.array([3.0, -2.0, 0.0])
    moved, speeds = qpos.copy(), qvel.copy()
    moved[:3] = turn.apply(qpos[:3]) + by
    before = Rotation.from_quat(qpos[3:7], scalar_first=True)
    moved[3:7] = (turn * before).as_quat(scalar_first=True)
    speeds[:3] = turn.apply(qvel[:3])
    end = (turn.apply([*goal, 0.0]) + by)[:2]
    there = _seen((moved, speeds), _scene(turn.apply(places) + by, goal=end, milestones=milestones))
    np.testing.assert_allclose(there, here, atol=3e-5)
    # And if the robot alone is turned, it does not.
    alone = _seen((np.r_[qpos[:3], moved[3:]], qvel), _scene(places, goal=goal))
    assert np.abs(alone[WAY] - here[WAY]).max() > 0.05


def test_places_and_the_goal_are_seen_from_the_hands_and_the_robot():
    # Looking along y: what is ahead has a greater y, what is to the left a smaller x.
    pose = _pose(np.pi / 2)
    hands = _hands(_mujoco(pose))
    places = hands + np.array([[0.0, 0.4, 0.1], [-0.2, 0.0, 0.0]])
    seen = _seen(pose, _scene(places, goal=(1.0, 4.0)))
    np.testing.assert_allclose(seen[AWAY], [0.4, 0.0, 0.1, 0.0, 0.2, 0.0], atol=1e-5)
    np.testing.assert_allclose(seen[WAY], [2.0, 0.0], atol=1e-5)
    assert seen[FAR] == pytest.approx(2.0, abs=1e-5)
    np.testing.assert_array_equal([*seen[ASKED], seen[GOING]], [1.0, 1.0, 1.0])
    left = _seen(pose, _scene(places, goal=(0.0, 2.0)))
    np.testing.assert_allclose(left[WAY], [0.0, 1.0], atol=1e-5)


def test_what_is_far_counts_as_no_farther_than_so_much_in_the_same_direction():
    pose = _pose()
    hands = _hands(_mujoco(pose))
    far = _seen(pose, _scene(hands + [[9.0, -9.0, 0.5]] * 2, goal=(31.0, 42.0)))
    np.testing.assert_allclose(far[AWAY], [1.5, -1.5, 0.5] * 2, atol=1e-5)
    # 30 m ahead and 40 m to the left are 3 m in all: 1.8 and 2.4.
    np.testing.assert_allclose(far[WAY], [1.8, 2.4], atol=1e-5)
    assert far[FAR] == pytest.approx(3.0)


def test_nothing_is_seen_of_places_and_goals_that_are_not():
    pose = _pose(0.5, 3)
    nobody = [
        _seen(pose, _scene(place, (False, False), goal, has_goal=False))
        for place, goal in ((np.zeros((2, 3)), (0.0, 0.0)), (np.ones((2, 3)), (7.0, 7.0)))
    ]
    np.testing.assert_array_equal(*nobody)
    np.testing.assert_array_equal(nobody[0][AWAY.start : FAR + 1], 0.0)
    left = _seen(pose, _scene(np.ones((2, 3)), (True, False), has_goal=False))
    assert np.all(left[AWAY][:3] != 0.0) and not left[AWAY][3:].any()
    np.testing.assert_array_equal(left[ASKED], [1.0, 0.0])


def test_milestones_are_seen_as_they_are_and_as_far_as_they_have_ever_been():
    now, ever = np.linspace(0.1, 0.4, MILESTONES), np.linspace(0.5, 0.9, MILESTONES)
    seen = _seen(_pose(), _scene(np.zeros((2, 3)), milestones=now), ever)
    np.testing.assert_allclose(seen[NOW], now, rtol=1e-6)
    np.testing.assert_allclose(seen[EVER], ever, rtol=1e-6)
