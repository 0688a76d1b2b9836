"""Built-in human motions against published figures, native MuJoCo and the tasks' rewards."""

import dataclasses

import mujoco
import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.optimize import nnls
from scipy.spatial.transform import Rotation

from helpers.task_world import make_task, readings
from metaworldx.core.errors import UserError
from metaworldx.motion.builtin import SKILLS, clips_for, ground_for, reach_targets, workspace
from metaworldx.motion.builtin.body import body, sole_ends
from metaworldx.motion.checks import check_motion
from metaworldx.motion.clip import COMMAND, displacement
from metaworldx.motion.clip_edits import mirrored
from metaworldx.motion.kinematics import robot_tree
from metaworldx.rendering.motion_sheet import VIEWS
from metaworldx.sim.model import build_model

MODEL = robot_tree("h1").model
GRAVITY = 9.81
KNEE = {0.0: 5, 0.12: 18, 0.31: 6, 0.4: 5, 0.5: 12, 0.62: 40, 0.7: 60, 0.87: 25, 0.97: 3}
HIP = {0.0: 20, 0.12: 18, 0.31: 0, 0.5: -10, 0.62: 0, 0.75: 20, 0.87: 25}
"""Flexion (degrees) over the gait cycle at normal speed, read off Perry & Burnfield 2010."""


def column(clip, joint):
    return clip.qpos[:, 7 + clip.joints.index(joint)]


def entry(clip, name):
    return np.array(clip.command)[COMMAND[name]]


def straight(skill):
    return [c for c in clips_for(skill) if c.loop and entry(c, "turn_rate")[0] == 0.0]


def places(qpos, *sites):
    """World places of sites, by native MuJoCo `[sites, 3]`."""
    data = mujoco.MjData(MODEL)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(MODEL, data)
    return np.array([data.site(name).xpos.copy() for name in sites])


def outside(point, corners):
    """How far a point of the ground lies outside of the corners' convex hull, m."""
    sides = np.vstack([corners.T, 1e3 * np.ones(len(corners))])
    shares, _ = nnls(sides, np.append(point, 1e3))
    return float(np.linalg.norm(corners.T @ shares - point))


@pytest.mark.parametrize("skill", SKILLS)
def test_every_clip_passes_the_check(skill):
    clips = clips_for(skill)
    for clip in clips:
        found = check_motion(clip, ground_for(clip))
        assert not found.problems, (clip.name, found)
        assert clip.skill == skill and clip.source and clip.licence == "Apache-2.0"
        assert clip.fps == 50.0 and clip.joints == robot_tree("h1").joints
        np.testing.assert_allclose(clip.qpos[0, :2], 0.0, atol=1e-9)
    assert len({clip.name for clip in clips}) == len(clips)


def test_unknown_skills_are_named():
    with pytest.raises(UserError, match="did you mean 'walk'"):
        clips_for("wlak")


def test_the_check_finds_what_is_wrong():
    clip = clips_for("walk")[0]
    for column_, change, word in ((2, -0.05, "under ground"), (7 + 3, 3.0, "range")):
        qpos = clip.qpos.copy()
        qpos[:, column_] += change
        assert any(
            word in text for text in check_motion(dataclasses.replace(clip, qpos=qpos)).problems
        )
    slid = clip.qpos.copy()
    slid[:, 0] *= 1.1
    assert any(
        "slides" in text for text in check_motion(dataclasses.replace(clip, qpos=slid)).problems
    )
    fast = dataclasses.replace(clip, qvel=3.0 * clip.qvel)
    assert any("speed" in text for text in check_motion(fast).problems)
    jump = clip.qpos.copy()
    jump[-1, 10] += 0.01
    assert any(
        "seam" in text for text in check_motion(dataclasses.replace(clip, qpos=jump)).problems
    )


@pytest.mark.parametrize("skill", ["walk", "run", "carry", "crawl", "stair"])
def test_speed_is_the_commanded_one(skill):
    for clip in straight(skill):
        moved, turned = displacement(clip)
        assert moved[0] / clip.duration == pytest.approx(entry(clip, "speed")[0], abs=1e-6)
        np.testing.assert_allclose([moved[1], turned], 0.0, atol=1e-6)


def test_turning_walks_turn_as_commanded():
    clips = [clip for clip in clips_for("walk") if entry(clip, "turn_rate")[0]]
    assert {np.sign(entry(clip, "turn_rate")[0]) for clip in clips} == {-1.0, 1.0}
    for clip in clips:
        turned = displacement(clip)[1]
        assert turned / clip.duration == pytest.approx(entry(clip, "turn_rate")[0], abs=1e-6)
        way = np.linalg.norm(np.diff(clip.qpos[:, :2], axis=0), axis=1).sum() / clip.duration
        assert way == pytest.approx(entry(clip, "speed")[0], rel=0.06)


def test_walking_takes_longer_and_quicker_steps_with_speed():
    clips = straight("walk")
    cadence = [120.0 / clip.duration for clip in clips]
    stride = [displacement(clip)[0][0] for clip in clips]
    assert np.all(np.diff(cadence) > 0.0) and np.all(np.diff(stride) > 0.0)
    # 100 steps a minute at 1 m/s, 118 at 1.4 m/s and the like (Perry & Burnfield 2010).
    assert cadence[2] == pytest.approx(101.0, abs=6.0)
    assert cadence[4] == pytest.approx(120.0, abs=6.0)


def test_walking_supports_as_people_do():
    for clip in straight("walk"):
        stand = clip.contacts[:-1].mean(axis=0)
        double = clip.contacts[:-1].all(axis=1).mean()
        assert np.all((stand > 0.58) & (stand < 0.70)) and 0.16 < double < 0.40
        assert clip.contacts.any(axis=1).all()
    assert 0.20 < straight("walk")[3].contacts[:-1].all(axis=1).mean() < 0.30


def test_walking_stands_tall_enough_for_the_reward():
    for clip in [*clips_for("walk"), *clips_for("stand"), *clips_for("carry")]:
        heights = [places(qpos, "head")[0, 2] for qpos in clip.qpos[::4]]
        assert min(heights) > 1.65, clip.name


def test_walking_follows_normative_joints():
    for clip in straight("walk")[1:]:
        touchdown = np.flatnonzero(np.diff(clip.contacts[:-1, 0].astype(int)) == 1)[0] + 1
        cycle = (np.arange(clip.frames - 1) - touchdown) / (clip.frames - 1) % 1.0
        for joint, sign, table in (("left_knee", 1, KNEE), ("left_hip_pitch", -1, HIP)):
            x, y = np.array([*table, 1.0]), np.array([*table.values(), table[0.0]])
            wanted = CubicSpline(x, y, bc_type="periodic")(cycle)
            assert np.corrcoef(sign * column(clip, joint)[:-1], wanted)[0, 1] > 0.83


@pytest.mark.parametrize("skill", ["walk", "run"])
def test_arms_swing_against_the_legs(skill):
    for clip in straight(skill):
        for side in ("left", "right"):
            arm, leg = column(clip, f"{side}_shoulder_pitch"), column(clip, f"{side}_hip_pitch")
            assert np.corrcoef(arm[:-1], leg[:-1])[0, 1] < -0.5


@pytest.mark.parametrize("skill", ["walk", "carry", "stair"])
def test_the_ground_is_pushed_under_the_standing_soles(skill):
    for clip in clips_for(skill):
        under = ground_for(clip)
        ends = sole_ends(clip.qpos)
        level = under(ends[..., 0], ends[..., 1])
        stands = np.repeat(clip.contacts, 2, axis=1)
        height = np.where(stands, level, 0.0).sum(axis=1) / np.maximum(stands.sum(axis=1), 1)
        point, force = body().ground_point(clip.qpos, clip.fps, clip.loop, height)
        away = [outside(point[t], ends[t, stands[t], :2]) for t in range(clip.frames)]
        # Narrow soles: a little beyond their edges, only as the weight passes over.
        assert np.percentile(away, 90) < 0.02 and max(away) < 0.03, (clip.name, max(away))
        assert force[:, 2].min() > 0.3 * force[:, 2].mean()


def test_running_flies_and_walking_does_not():
    for clip in clips_for("run"):
        flight = ~clip.contacts[:-1].any(axis=1)
        assert 0.2 < flight.mean() < 0.6
        assert not clip.contacts.all(axis=1).any()
        # In flight the centre of mass falls freely.
        com = body().com(clip.qpos)[:, 2]
        up = (com[2:] - 2.0 * com[1:-1] + com[:-2]) * clip.fps**2
        deep = ~(clip.contacts[2:] | clip.contacts[1:-1] | clip.contacts[:-2]).any(axis=1)
        assert np.all(np.abs(up[deep] + GRAVITY) < 1.5)
    stand = [clip.contacts[:-1].mean() for clip in clips_for("run")]
    assert np.all(np.diff(stand) < 0.0)


def test_standing_sways_as_little_as_people():
    for clip in clips_for("stand"):
        com = body().com(clip.qpos)
        assert np.ptp(com[:, 0]) < 0.03 and clip.contacts.all()
        assert np.abs(clip.qvel[:, 6:]).max() < 0.3


def test_reaching_ends_at_the_target():
    clips = clips_for("reach")
    assert len(clips) >= 90
    ends = np.array([places(clip.qpos[-1], "left_hand", "right_hand") for clip in clips])
    wanted = np.array([[entry(clip, f"{s}_hand") for s in ("left", "right")] for clip in clips])
    used = np.any(wanted != 0.0, axis=2)
    assert np.linalg.norm(ends - wanted, axis=2)[used].max() < 0.02
    assert np.all(used.sum(axis=0) >= 55) and np.all(used.any(axis=1))
    # Targets fill their space: nearly all of 2 x 2 x 2 parts of the box have some.
    for side, name in enumerate(("left", "right")):
        low, high = workspace(name)
        share = (wanted[used[:, side], side] - low) / (high - low)
        assert np.all((share > 0.0) & (share < 1.0))
        assert len({tuple(row) for row in (share > 0.5).tolist()}) >= 7


def test_reach_targets_can_be_drawn_anew():
    one, other = reach_targets(16, seed=1), reach_targets(16, seed=2)
    assert one.shape == (16, 2, 3) and not np.allclose(one, other)
    np.testing.assert_array_equal(one, reach_targets(16, seed=1))


def test_sitting_down_earns_the_reward_and_lasts():
    clip = clips_for("sit")[0]
    model = build_model("h1", "sit_simple", "body", visuals=False)
    data = mujoco.MjData(model)
    data.qpos[:] = clip.qpos[-1]
    data.ctrl[:] = clip.qpos[-1, 7:]
    mujoco.mj_step(model, data, 1000)
    task = make_task("h1-sit_simple", bodies=["chair"])
    sites = {name: data.site(name).xpos for name in ("head", "imu")}
    bodies = {name: data.body(name).xpos for name in ("chair", "pelvis", "torso_link")}
    held = readings(
        task,
        velocity=data.sensor("pelvis_subtreelinvel").data,
        bodies=bodies,
        sites=sites,
        quats={"torso_link": data.body("torso_link").xquat},
        qpos=dict(enumerate(data.qpos)),
        force=float(np.abs(data.actuator_force).max()),
    )
    out = task.evaluate(held, ())
    assert float(out.reward) > 0.75 and not bool(out.terminated)


def test_sitting_down_stays_over_the_feet_until_seated():
    for clip in clips_for("sit")[:2]:
        falling = clip.qpos[:, 2] > 0.78
        com, ends = body().com(clip.qpos)[falling], sole_ends(clip.qpos)[falling]
        assert np.all(com[:, 0] > ends[:, 0, 0]) and np.all(com[:, 0] < ends[:, 1, 0])
        lean = Rotation.from_quat(clip.qpos[:, 3:7], scalar_first=True).as_euler("ZYX")[:, 1]
        assert 0.4 < lean.max() < 0.8 and abs(lean[-1]) < 0.05


def test_carrying_keeps_the_box_in_the_arms():
    model = build_model("h1", "carry", "full", visuals=False)
    data = mujoco.MjData(model)
    for clip in clips_for("carry"):
        between = np.array([places(q, "left_hand", "right_hand").mean(axis=0) for q in clip.qpos])
        data.qpos[:26] = clip.qpos[0]
        mujoco.mj_kinematics(model, data)
        torso = data.body("torso_link")
        place = torso.xpos + torso.xmat.reshape(3, 3) @ [0.26, 0.0, 0.25]
        # The task's box lies so beside the hands, and shall be there before the torso.
        assert np.linalg.norm(between[0] + [-0.135, 0.0, 0.145] - place) < 0.1
        assert np.ptp(between[:, 2]) < 0.08


def test_stairs_rise_by_two_steps_a_cycle():
    for clip in clips_for("stair"):
        moved, _ = displacement(clip)
        way = 1.0 if "up" in clip.name else -1.0
        np.testing.assert_allclose(moved[[0, 2]], [1.2, way * 0.36], atol=1e-6)
        height = ground_for(clip)
        x = np.linspace(-1.0, 2.0, 3001)
        steps = np.diff(height(x, 0.0 * x))
        np.testing.assert_allclose(steps[steps != 0.0], way * 0.18, atol=1e-9)
        assert np.all(np.isclose(np.diff(x[1:][steps != 0.0]), 0.6, atol=2e-3))


def test_crawling_is_what_the_reward_wants():
    for clip in straight("crawl"):
        for qpos in clip.qpos[::5]:
            head, imu = places(qpos, "head", "imu")
            assert 0.55 < head[2] < 1.0 and 0.55 < imu[2] < 1.0
            assert np.linalg.norm(qpos[3:7] - [0.75, 0.0, 0.65, 0.0]) < 0.2
        hands = np.array([places(q, "left_hand", "right_hand")[:, 2] for q in clip.qpos[:-1]])
        assert np.all((hands < 0.02).any(axis=1))
        # Diagonal: a hand and the foot on the other side stand together.
        together = (hands[:, 1] < 0.02) == clip.contacts[:-1, 0]
        assert together.mean() > 0.75


def test_getting_down_ends_on_hands_and_feet_without_losing_balance():
    (clip,) = (clip for clip in clips_for("crawl") if not clip.loop)
    head, hand = places(clip.qpos[-1], "head", "left_hand")
    assert 0.55 < head[2] < 1.0 and hand[2] < 0.02
    data = mujoco.MjData(MODEL)
    for qpos in clip.qpos[:: len(clip.qpos) // 6][:5]:
        data.qpos[:] = qpos
        mujoco.mj_kinematics(MODEL, data)
        mujoco.mj_comPos(MODEL, data)
        # The soles reach from 0.1 m behind the ankles to 0.2 m before them.
        ankle = data.body("left_ankle_link").xpos[0]
        assert -0.04 < data.subtree_com[0, 0] - ankle < 0.14
    np.testing.assert_allclose(clip.qvel[-1], 0.0, atol=1e-6)


def test_mirroring_twice_gives_the_clip_back():
    for skill in SKILLS:
        clip = clips_for(skill)[0]
        twice = mirrored(mirrored(clip))
        np.testing.assert_array_equal(twice.qpos, clip.qpos)
        assert not check_motion(mirrored(clip), ground_for(mirrored(clip))).problems


def test_the_sheets_show_clips_of_every_skill():
    assert set(VIEWS) == set(SKILLS)
    for skill, view in VIEWS.items():
        assert set(view.clips) <= {clip.name for clip in clips_for(skill)}
