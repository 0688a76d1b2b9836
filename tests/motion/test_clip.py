"""Clips: files, velocities, resampling, going on with loops, mirroring and blending."""

import dataclasses

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from metaworldx.core.errors import UserError
from metaworldx.motion.clip import COMMAND, checked, command, displacement, make_clip, velocities
from metaworldx.motion.clip_edits import mirrored, resampled, sampled
from metaworldx.motion.clip_file import load_clip, save_clip
from metaworldx.motion.kinematics import heading, robot_tree, wrapped

JOINTS = robot_tree("h1").joints


def loop(turn=0.0, frames=51, fps=50.0, speed=1.0, name="loop"):
    """A made-up loop of period 1 s that goes `speed` m and turns by `turn` (rad), on an arc."""
    phase = np.linspace(0.0, 1.0, frames)
    rng = np.random.default_rng(0)
    waves = rng.uniform(-0.2, 0.2, (2, len(JOINTS)))
    swing = 2.0 * np.pi * phase[:, None]
    hinges = 0.3 + waves[0] * np.sin(swing) + waves[1] * np.cos(2.0 * swing)
    yaw = turn * phase
    if turn:
        radius = speed / turn
        at = np.stack([radius * np.sin(yaw), radius * (1.0 - np.cos(yaw)), 1.0 + 0.0 * yaw], axis=1)
    else:
        at = np.stack([speed * phase, 0.0 * phase, 1.0 + 0.0 * phase], axis=1)
    at[:, 2] += 0.02 * np.sin(2.0 * swing[:, 0])
    tilt = np.stack([yaw, 0.1 * np.sin(swing[:, 0]), 0.05 * np.cos(swing[:, 0])], axis=1)
    quat = Rotation.from_euler("ZYX", tilt).as_quat(scalar_first=True)
    given = command(speed=speed, turn_rate=turn, left_hand=(0.3, 0.2, 1.0), seat=(0.1, 0.2, 0.4))
    contacts = np.stack([phase % 1.0 < 0.6, (phase + 0.5) % 1.0 < 0.6], axis=1)
    qpos = np.concatenate([at, quat, hinges], axis=1)
    return make_clip(name, JOINTS, qpos, fps, True, contacts, skill="walk", command=given)


def test_velocities_are_mujocos():
    clip = loop(turn=0.5, frames=201, fps=200.0)
    model = robot_tree("h1").model
    for t in (1, 40, 137):
        wanted = np.empty(model.nv)
        mujoco.mj_differentiatePos(
            model, wanted, 2.0 / clip.fps, clip.qpos[t - 1], clip.qpos[t + 1]
        )
        # Central differences: turns of two frames are a little more than twice those of one.
        np.testing.assert_allclose(clip.qvel[t, 6:], wanted[6:], atol=1e-9)
        np.testing.assert_allclose(clip.qvel[t, :3], wanted[:3], atol=1e-9)
        np.testing.assert_allclose(clip.qvel[t, 3:6], wanted[3:6], atol=0.02)


def test_velocities_move_the_clip_on():
    clip = loop(turn=0.5, frames=201, fps=200.0)
    model = robot_tree("h1").model
    qpos = clip.qpos[60].copy()
    for t in range(60, 80):
        mujoco.mj_integratePos(model, qpos, 0.5 * (clip.qvel[t] + clip.qvel[t + 1]), 1.0 / clip.fps)
    np.testing.assert_allclose(qpos, clip.qpos[80], atol=5e-4)


def test_velocities_of_a_loop_are_continuous_over_its_seam():
    clip = loop(turn=0.5)
    turned = Rotation.from_euler("z", 0.5)
    np.testing.assert_allclose(turned.apply(clip.qvel[0, :3]), clip.qvel[-1, :3], atol=1e-9)
    np.testing.assert_allclose(clip.qvel[0, 3:], clip.qvel[-1, 3:], atol=1e-9)


def test_ends_of_no_loop_have_one_sided_velocities():
    qpos = np.tile(loop().qpos[0], (3, 1))
    qpos[:, 0] = 0.0, 0.1, 0.3
    np.testing.assert_allclose(velocities(qpos, 10.0, False)[:, 0], [1.0, 1.5, 2.0])


def test_a_loop_goes_on_where_it_ends():
    for turn in (0.0, 0.5):
        clip = loop(turn)
        before, after = sampled(clip, np.array([0.999, 1.001]))
        np.testing.assert_allclose(before, after, atol=0.02)
        # Frame k of round n is frame k moved on n times, backwards as well as forwards.
        moved, turned = displacement(clip)
        for n in (-1, 1):
            later = sampled(clip, np.array([0.3 + n]))[0]
            now = sampled(clip, np.array([0.3]))[0]
            np.testing.assert_allclose(later[7:], now[7:], atol=1e-9)
            first, second = (now, later) if n > 0 else (later, now)
            spin = Rotation.from_euler("z", turned)
            start = clip.qpos[0, :3]
            if n > 0:
                wanted = start + moved + spin.apply(first[:3] - start)
                np.testing.assert_allclose(second[:3], wanted, atol=1e-9)
        far = sampled(clip, np.array([7.25]))[0]
        if turn:
            assert np.hypot(far[0], far[1] - 1.0 / turn) == pytest.approx(1.0 / turn, abs=0.01)
        else:
            assert far[0] == pytest.approx(7.25, abs=1e-6)


def test_a_clip_that_is_no_loop_is_held_at_its_ends():
    clip = dataclasses.replace(loop(), loop=False)
    held = sampled(clip, np.array([-1.0, 9.0]))
    np.testing.assert_allclose(held, clip.qpos[[0, -1]], atol=1e-9)


def test_resampling_keeps_the_motion():
    clip = loop(turn=0.3)
    other = resampled(resampled(clip, 130.0), clip.fps)
    assert other.frames == clip.frames
    np.testing.assert_allclose(other.qpos, clip.qpos, atol=5e-3)
    third = resampled(clip, 30.0)
    assert third.duration == pytest.approx(clip.duration, abs=0.5 / 30.0)
    checked(third)


def test_mirroring_twice_gives_the_clip_back():
    clip = loop(turn=0.5)
    twice = mirrored(mirrored(clip))
    for key in ("qpos", "qvel", "contacts"):
        np.testing.assert_array_equal(getattr(twice, key), getattr(clip, key))
    assert twice.command == clip.command


def test_mirroring_reflects_every_body():
    clip = mirrored(loop(turn=0.5))
    tree = robot_tree("h1")
    data, other = mujoco.MjData(tree.model), mujoco.MjData(tree.model)
    data.qpos[:], other.qpos[:] = loop(turn=0.5).qpos[20], clip.qpos[20]
    for each in (data, other):
        mujoco.mj_kinematics(tree.model, each)
    for name in ("pelvis", "left_ankle_link", "left_elbow_link"):
        partner = name.replace("left", "right")
        there = data.body(partner).xpos * [1, -1, 1]
        np.testing.assert_allclose(other.body(name).xpos, there, atol=1e-9)
    assert clip.command[1] == -0.5
    np.testing.assert_allclose(np.array(clip.command)[COMMAND["right_hand"]], [0.3, -0.2, 1.0])
    # Mirrored velocities are those of the mirrored positions.
    np.testing.assert_allclose(velocities(clip.qpos, clip.fps, True), clip.qvel, atol=1e-9)


def test_files_keep_a_clip(tmp_path):
    clip = loop(turn=0.2)
    save_clip(clip, tmp_path / "a.npz")
    back = load_clip(tmp_path / "a.npz")
    np.testing.assert_allclose(back.qpos, clip.qpos, atol=1e-6)
    np.testing.assert_array_equal(back.contacts, clip.contacts)
    np.testing.assert_allclose(back.command, clip.command, atol=1e-6)
    assert (back.name, back.skill, back.joints, back.loop) == ("loop", "walk", JOINTS, True)


def test_bad_files_are_refused(tmp_path):
    with pytest.raises(UserError, match="no clip file"):
        load_clip(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(UserError, match="not a clip"):
        load_clip(tmp_path / "text.npz")
    np.savez(tmp_path / "pickled.npz", format=np.array([{"a": 1}], object))
    with pytest.raises(UserError, match="pickled"):
        load_clip(tmp_path / "pickled.npz")


def test_broken_clips_are_refused():
    clip = loop()
    bent = clip.qpos.copy()
    bent[-1, 10] += 0.1
    with pytest.raises(UserError, match="no loop"):
        checked(dataclasses.replace(clip, qpos=bent))
    nan = clip.qpos.copy()
    nan[3, 8] = np.nan
    with pytest.raises(UserError, match="NaN"):
        checked(dataclasses.replace(clip, qpos=nan))
    with pytest.raises(UserError, match="fps"):
        resampled(clip, 0.0)


def test_headings_turn_with_the_body_even_when_it_crawls():
    lean = Rotation.from_euler("yx", [[0.05, 0.02], [1.64, 0.0], [1.5, 0.2], [-0.6, 0.3]])
    for yaw in (-2.0, 0.4, 3.0):
        turned = (Rotation.from_euler("z", yaw) * lean).as_quat(scalar_first=True)
        away = heading(jnp.asarray(turned)) - heading(jnp.asarray(lean.as_quat(scalar_first=True)))
        np.testing.assert_allclose(wrapped(away - yaw), 0.0, atol=1e-5)
    # Heading along x, prone and a little more: its x axis points at the floor and backwards.
    crawls = Rotation.from_euler("y", 1.64).as_quat(scalar_first=True)
    assert abs(float(heading(jnp.asarray(crawls)))) < 1e-5
