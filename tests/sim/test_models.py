"""The models: what they are made of, what touches what, and that MJX can carry all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mujoco
import numpy as np
import pytest
from mujoco.mjx._src import collision_driver

from helpers.shared import shared_root
from metaworldx.core.assets import asset_root
from metaworldx.envs.robots import ROBOTS
from metaworldx.sim.model import (
    COLLISION_SETS,
    build_model,
    model_spec,
    robot_collision_geoms,
    scenes,
    set_mjx_limits,
)

SCENES = scenes()
ROBOT_MASS = {"h1": 51.649896, "h1hand": 53.239896, "h1strong": 53.239896}
CAPSULE_OR_SPHERE = {mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_SPHERE}


def test_no_scene_is_missing():
    assert len(SCENES) == 30


@pytest.mark.parametrize("robot", ROBOTS)
def test_robot_has_its_sizes_and_mass(robot):
    model = build_model(robot, "floor", "full")
    spec = ROBOTS[robot]
    assert (model.nq, model.nv, model.nu) == (spec.nq, spec.nv, spec.nu)
    assert model.body("pelvis").subtreemass[0] == pytest.approx(ROBOT_MASS[robot], abs=1e-9)


@pytest.mark.parametrize("robot", ROBOTS)
def test_robot_collides_with_capsules_and_spheres_only(robot):
    geoms = robot_collision_geoms(model_spec(robot, "floor", "full"))
    assert {geom.type for geom in geoms} <= CAPSULE_OR_SPHERE
    assert all(geom.name for geom in geoms)


@pytest.mark.parametrize("robot", ["h1", "h1hand"])
@pytest.mark.parametrize("scene", SCENES)
def test_mjx_can_collide_every_pair(robot, scene):
    model = build_model(robot, scene, "full", visuals=False)
    kinds = {
        (int(model.geom_type[first]), int(model.geom_type[second]))
        for first, second, _ in collision_driver.geom_pairs(model)
    }
    unsupported = {pair for pair in kinds if not collision_driver.has_collision_fn(*pair)}
    assert not unsupported


@pytest.mark.parametrize("scene", SCENES)
def test_leaving_visuals_out_changes_no_state(scene):
    states = []
    for visuals in (True, False):
        model = build_model("h1", scene, "body", visuals=visuals)
        data = mujoco.MjData(model)
        mujoco.mj_step(model, data, nstep=20)
        states.append(np.concatenate([data.qpos, data.qvel]))
    np.testing.assert_array_equal(*states)


def touching(collisions: str, scene: str = "floor") -> set[tuple[str, str]]:
    """Bodies that touch while the robot lies on the floor, face down."""
    model = build_model("h1", scene, collisions)
    data = mujoco.MjData(model)
    data.qpos[2], data.qpos[3:7] = 0.09, [np.sqrt(0.5), 0, np.sqrt(0.5), 0]
    mujoco.mj_forward(model, data)
    bodies = model.geom_bodyid[data.contact.geom]
    return {tuple(sorted(model.body(b).name for b in pair)) for pair in bodies}


def test_feet_set_lets_nothing_but_feet_touch():
    touched = {body for pair in touching("feet") for body in pair}
    assert touched <= {"world", "left_ankle_link", "right_ankle_link"}


def test_body_set_lets_the_trunk_touch_the_floor():
    assert ("torso_link", "world") in touching("body")


def test_body_set_touches_a_scene_that_answers_only():
    """The kitchen's geoms have no contype; a robot without HumanoidBench's own must still touch."""
    assert ("torso_link", "world") in touching("body", "kitchen")


def test_full_set_has_self_contacts_that_body_lacks():
    def pairs(collisions: str) -> int:
        model = build_model("h1", "floor", collisions, visuals=False)
        return sum(1 for _ in collision_driver.geom_pairs(model))

    assert pairs("full") > 5 * pairs("body")


def test_sole_is_flat_seven_centimetres_below_the_ankle():
    model = build_model("h1", "floor", "full")
    for side in ("left", "right"):
        for i in range(2):
            geom = model.geom(f"{side}_foot_collision_{i}")
            axis = np.zeros(9)
            mujoco.mju_quat2Mat(axis, geom.quat)
            reach = axis.reshape(3, 3)[:, 2] * geom.size[1]
            ends = np.sort([geom.pos[0] - reach[0], geom.pos[0] + reach[0]])
            np.testing.assert_allclose(ends, [-0.1, 0.2], atol=1e-9)
            assert geom.pos[2] - geom.size[0] == pytest.approx(-0.07)
            assert reach[2] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("scene", "bodies"), [("package", 1), ("cube", 1), ("bookshelf_hard", 12), ("kitchen", 1)]
)
def test_bodies_moved_at_reset_are_mocap_bodies(scene, bodies):
    assert build_model("h1hand", scene, "full").nmocap == bodies


def limits(scene: str, collisions: str) -> dict[str, int]:
    spec = model_spec("h1", scene, collisions)
    set_mjx_limits(spec)
    model = spec.compile()
    return {model.numeric(i).name: int(model.numeric(i).data[0]) for i in range(model.nnumeric)}


def test_mjx_limits_spare_the_bare_floor_and_bound_many_pairs():
    assert limits("floor", "body") == {}
    for scene in ("hurdle", "cabinet", "truck"):
        assert set(limits(scene, "body")) == {"max_geom_pairs", "max_contact_points"}


def test_caller_can_add_sensors_before_compiling():
    spec = model_spec("h1", "floor", "body")
    spec.add_sensor(
        name="extra",
        type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        objname="pelvis",
    )
    assert spec.compile().sensor("extra").dim[0] == 3


@pytest.mark.parametrize(
    ("robot", "scene", "collisions", "meant"),
    [
        ("h1", "floor", "ful", "full"),
        ("h1", "flor", "full", "floor"),
        ("h1hnd", "floor", "full", "h1hand"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(robot, scene, collisions, meant):
    with pytest.raises(ValueError, match=f"did you mean '{meant}'"):
        model_spec(robot, scene, collisions)


@pytest.mark.parametrize("collisions", COLLISION_SETS)
def test_standing_pose_held_falls_when_humanoidbench_does(collisions):
    """HumanoidBench's h1, told to hold its pose, falls after 76 to 96 control steps."""
    model = build_model("h1", "floor", collisions, visuals=False)
    steps = []
    for seed in range(5):
        data = mujoco.MjData(model)
        pose = np.array(ROBOTS["h1"].stand)
        noise = np.random.default_rng(seed).uniform(-0.01, 0.01, pose.shape)
        data.qpos[:] = pose + noise
        data.ctrl[:] = pose[model.jnt_qposadr[model.actuator_trnid[:, 0]]]
        count = 0
        while data.qpos[2] >= 0.2 and count < 200:
            mujoco.mj_step(model, data, nstep=10)
            count += 1
        steps.append(count)
    assert 70 <= min(steps) <= max(steps) <= 105


def test_committed_files_are_what_the_figures_give(tmp_path: Path):
    root = shared_root()
    if root is None or not (root / "reference" / "facts").is_dir():
        pytest.skip("the figures are not here (METAWORLDX_SHARED or ../shared)")
    tool = asset_root() / "tools" / "from_facts.py"
    subprocess.run(
        [sys.executable, tool, root / "reference" / "facts", "--out", tmp_path], check=True
    )
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.glob("*/*.xml"))
    assert len(made) == 32
    for path in made:
        assert (tmp_path / path).read_text() == (asset_root() / path).read_text(), path
