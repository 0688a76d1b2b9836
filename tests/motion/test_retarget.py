"""Retargeting: Eq. 8 against closed forms, the solver's parts, and whole motions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from scipy.spatial.transform import Rotation

from helpers.robot_bvh import human_from_clip, write_bvh
from helpers.shared import shared_root
from metaworldx.core.errors import UserError
from metaworldx.motion.builtin import clips_for
from metaworldx.motion.checks import check_motion
from metaworldx.motion.importers import load_human_motion
from metaworldx.motion.kinematics import Point, robot_tree
from metaworldx.motion.retarget import retarget, unrolled
from metaworldx.motion.retarget.command_labels import ahead, command_of
from metaworldx.motion.retarget.contacts import ENDS, find_standing, slips, stance
from metaworldx.motion.retarget.looping import closed, round_trip
from metaworldx.motion.retarget.robot_body import body_of
from metaworldx.motion.retarget.trajectory_ik import match

FPS = 50.0
SHARED = shared_root()


def arm_angles(frames: int = 60) -> np.ndarray:
    """Exact inverse kinematics of a planar arm, links 0.3 and 0.25 m, on a circle: `[T, 2]`."""
    phase = np.linspace(0.0, 2.0 * np.pi, frames)
    x, y = 0.3 + 0.12 * np.cos(phase), 0.1 + 0.12 * np.sin(phase)
    elbow = np.arccos((x**2 + y**2 - 0.3**2 - 0.25**2) / (2 * 0.3 * 0.25))
    shoulder = np.arctan2(y, x) - np.arctan2(0.25 * np.sin(elbow), 0.3 + 0.25 * np.cos(elbow))
    reached = 0.3 * np.cos(shoulder) + 0.25 * np.cos(shoulder + elbow)
    np.testing.assert_allclose(reached, x, atol=1e-12)
    return np.stack([shoulder, elbow], axis=1)


def rows(target: np.ndarray, weight: float, gamma: float, speed: np.ndarray):
    """Eq. 8 of one joint as least squares, `A q = b`."""
    count = len(target)
    difference = np.diff(np.eye(count), axis=0) * FPS
    root, slow = np.sqrt(weight), np.sqrt(gamma * weight)
    matrix = np.vstack([root * np.eye(count), slow * difference])
    return matrix, np.concatenate([root * target, slow * speed])


def test_match_keeps_what_is_within_limits():
    target = arm_angles()
    wide = np.full(2, 9.0)
    np.testing.assert_allclose(match(target, -wide, wide, FPS, gamma=0.01), target, atol=1e-9)


def test_match_is_the_tridiagonal_system_where_no_limit_acts():
    target = arm_angles()
    weights, gamma, wide = np.array([1.0, 3.0]), 2e-3, np.full(2, 9.0)
    found = match(target, -wide, wide, FPS, weights, gamma, np.zeros((59, 2)))
    for j in range(2):
        matrix, right = rows(target[:, j], weights[j], gamma, np.zeros(59))
        exact = np.linalg.solve(matrix.T @ matrix, matrix.T @ right)
        np.testing.assert_allclose(found[:, j], exact, atol=1e-9)
        assert np.ptp(exact) < 0.98 * np.ptp(target[:, j])


def test_match_without_velocities_clips_at_limits():
    target = arm_angles()
    low, high = np.array([-0.2, 1.2]), np.array([0.4, 1.9])
    assert np.any(target < low) and np.any(target > high)
    np.testing.assert_allclose(match(target, low, high, FPS), np.clip(target, low, high))


def test_match_with_velocities_and_limits_is_the_bounded_optimum():
    target = arm_angles()
    low, high, gamma = np.array([-0.2, 1.2]), np.array([0.4, 1.9]), 1e-3
    found = match(target, low, high, FPS, gamma=gamma)
    speed = np.diff(target, axis=0) * FPS
    for j in range(2):
        matrix, right = rows(target[:, j], 1.0, gamma, speed[:, j])
        best = lsq_linear(matrix, right, (low[j], high[j]), tol=1e-14).x
        np.testing.assert_allclose(found[:, j], best, atol=1e-7)
    assert np.abs(found - np.clip(target, low, high)).max() > 1e-3


def test_match_refuses_crossed_limits_and_negative_weights():
    target = arm_angles()
    with pytest.raises(UserError, match="crossed"):
        match(target, np.ones(2), np.zeros(2), FPS)
    with pytest.raises(UserError, match="negative"):
        match(target, -np.ones(2), np.ones(2), FPS, weights=-1.0)


def poses(count: int = 3) -> np.ndarray:
    rng, tree = np.random.default_rng(0), robot_tree("h1")
    qpos = rng.normal(size=(count, 26))
    qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    qpos[:, 7:] = rng.uniform(tree.low, tree.high, (count, 19))
    return qpos


def test_points_are_the_trees_and_jacobians_their_differences():
    body, qpos = body_of("h1"), poses()
    points = (Point("left_elbow_link", (0.3, 0.0, 0.0)), Point("right_ankle_link", (0.1, 0.2, 0)))
    frames = body.frames(qpos)
    at = body.points(frames, points)
    np.testing.assert_allclose(at, robot_tree("h1").points(np.float32(qpos), points), atol=2e-6)
    jacobian = body.point_jacobian(frames, at, body.index(tuple(p.body for p in points)))
    for k in range(body.size):
        step = np.zeros((len(qpos), body.size))
        step[:, k] = 1e-6
        ahead, behind = (
            body.points(body.frames(body.moved(qpos, sign * step)), points) for sign in (1, -1)
        )
        np.testing.assert_allclose(jacobian[..., k], (ahead - behind) / 2e-6, atol=1e-7)


def test_steps_undo_moves():
    body, qpos = body_of("h1"), poses(1)
    step = np.random.default_rng(1).normal(size=(1, 25)) * 0.3
    both = np.concatenate([qpos, body.moved(qpos, step)])
    np.testing.assert_allclose(body.steps(both), step, atol=1e-12)


def test_soles_that_stand_together_get_places_a_sole_apart():
    body, clip = body_of("h1"), clips_for("walk")[2]
    human = human_from_clip(clip)
    on = find_standing(human, FPS)
    standing = on >= 0
    assert 0.5 < standing[:, :2].any(axis=1).mean() < 0.75
    still = stance(on, body.points(body.frames(clip.qpos), ENDS), np.zeros(1))
    both = standing[:, :2].all(axis=1)
    apart = np.linalg.norm(still.places[both, 1] - still.places[both, 0], axis=1)
    np.testing.assert_allclose(apart, 0.3, atol=1e-9)
    assert slips(standing, still.places).max() < 1e-9


def test_slip_is_the_way_from_where_a_stance_begins():
    standing = np.zeros((10, 4), bool)
    standing[2:6, 1] = True
    ends = np.zeros((10, 4, 3))
    ends[:, 1, 0] = 0.01 * np.arange(10)
    np.testing.assert_allclose(slips(standing, ends), [0.03])


def test_loops_close_and_go_on():
    human = human_from_clip(clips_for("walk")[2])
    open_ended = dataclasses.replace(human, rotations=human.rotations.copy())
    open_ended.rotations[-1] = human.rotations[-2]
    loop = closed(open_ended)
    moved, turned = round_trip(loop)
    assert turned == 0.0
    np.testing.assert_allclose(loop.positions[-1], loop.positions[0] + moved, atol=1e-9)
    longer, period = unrolled(loop, 5, 7), loop.frames - 1
    assert longer.frames == loop.frames + 12
    np.testing.assert_allclose(
        longer.positions[5 + period :], longer.positions[5 : 5 + 8] + moved, atol=1e-9
    )
    np.testing.assert_allclose(
        longer.positions[:5], longer.positions[period : period + 5] - moved, atol=1e-9
    )


@pytest.mark.parametrize(
    ("skill", "number"),
    [("walk", 2), ("walk", -1), ("run", 0), ("run", -1), ("reach", 6)],
    ids=lambda x: str(x),
)
def test_robot_clip_written_as_bvh_comes_back(tmp_path, skill, number):
    clip = clips_for(skill)[number]
    write_bvh(human_from_clip(clip), tmp_path / "clip.bvh")
    back = retarget(load_human_motion(tmp_path / "clip.bvh"), loop=clip.loop).clip
    assert (back.frames, back.fps, back.joints) == (clip.frames, clip.fps, clip.joints)
    assert np.abs(back.qpos[:, 7:] - clip.qpos[:, 7:]).max() < 0.05
    np.testing.assert_allclose(back.qpos[:, 2], clip.qpos[:, 2], atol=0.005)


@pytest.mark.parametrize("size", [0.7, 1.2])
def test_size_of_the_human_makes_no_difference(size):
    clip = clips_for("walk")[2]
    human = human_from_clip(clip)
    other = dataclasses.replace(
        human, offsets=human.offsets * size, positions=human.positions * size
    )
    made = retarget(other, skill="walk")
    assert made.figures.scale == pytest.approx(1.0 / size)
    assert np.abs(made.clip.qpos[:, 7:] - clip.qpos[:, 7:]).max() < 0.06
    assert made.clip.command[0] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("skill", ["walk", "carry", "reach", "sit"])
def test_commands_are_read_off_the_motion(skill):
    for clip in clips_for(skill)[:3]:
        np.testing.assert_allclose(command_of(clip, body_of("h1")), clip.command, atol=0.015)


def test_clip_starts_at_the_origin_heading_along_x():
    clip = clips_for("walk")[2]
    human = human_from_clip(clip)
    turned = retarget(dataclasses.replace(human, loop=False), name="moved").clip
    np.testing.assert_allclose(turned.qpos[0, :2], 0.0, atol=1e-12)
    w, x, y, z = turned.qpos[0, 3:7]
    assert np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)) == pytest.approx(0.0, abs=1e-9)
    assert (turned.name, turned.loop) == ("moved", False)


def test_heading_goes_on_when_the_body_lies_down():
    for pitch in np.linspace(-1.9, 1.9, 9):
        turn = Rotation.from_euler("z", 0.7) * Rotation.from_euler("y", pitch)
        x, y = ahead(turn.as_quat(scalar_first=True)[None])[0]
        assert np.arctan2(y, x) == pytest.approx(0.7)


def test_bad_wishes_are_refused():
    human = human_from_clip(clips_for("reach")[0])
    with pytest.raises(UserError, match="did you mean 'walk'"):
        retarget(human, skill="wlak")
    with pytest.raises(UserError, match="not 'h2'"):
        retarget(human, robot="h2")
    with pytest.raises(UserError, match="is no loop"):
        retarget(human, loop=True)


KEYPOINT_MEANS = {"walk": 0.02, "run": 0.02, "jump": 0.02, "crawl": 0.04, "dance_a": 0.12}


@pytest.mark.skipif(SHARED is None, reason="needs the shared reference data")
@pytest.mark.parametrize("name", list(KEYPOINT_MEANS))
def test_recorded_motions(name):
    motion = load_human_motion(SHARED / "reference" / "mocap" / f"humanoid3d_{name}.txt")
    made = retarget(motion, skill=name if name in ("walk", "run", "crawl") else "")
    figures, clip = made.figures, made.clip
    assert clip.loop and figures.limit_excess_rad == 0.0
    assert figures.keypoint_mean_m < KEYPOINT_MEANS[name]
    assert figures.penetration_m < 0.01
    assert made.human.frames == clip.frames
    assert clip.duration == pytest.approx(motion.duration_s, abs=0.5 / FPS)
    if name == "dance_a":
        return
    assert figures.slip_max_m < 0.005
    assert check_motion(clip).problems == []
    if name == "walk":
        assert clip.command[0] == pytest.approx(0.95, abs=0.02)
        assert 0.45 < clip.contacts.mean() < 0.7
    if name == "run":
        assert clip.command[0] == pytest.approx(3.42, abs=0.05)
        assert not clip.contacts.all(axis=1).any()
