"""Which clips the robot can follow: the privileged tracker, its filter, and clips in scenes."""

from __future__ import annotations

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.cli import main
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.experts.body_frame import body_frame, soles_in_heading
from metaworldx.experts.feasibility import follow_clips, shipped_trackers
from metaworldx.experts.motion_command import advance_command, init_command, observe_heading
from metaworldx.experts.motion_library import build_motion_library, concatenate, height_at
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv
from metaworldx.experts.pool import ExpertPool, load_experts
from metaworldx.experts.skills import SKILLS, clips_of
from metaworldx.motion.builtin import clips_for
from metaworldx.motion.checks import speed_limit
from metaworldx.motion.clip import Clip, make_clip
from metaworldx.motion.clip_file import save_clip

WALK = {clip.name: clip for clip in clips_for("walk")}


def _with(clip: Clip, name: str, qpos: np.ndarray, fps: float) -> Clip:
    return make_clip(name, clip.joints, qpos, fps, clip.loop, clip.contacts, skill=clip.skill)


def lifted(clip: Clip, by: float) -> Clip:
    """The clip with its pelvis `by` metres higher."""
    return _with(
        clip, f"{clip.name}_lifted", clip.qpos + by * np.eye(clip.qpos.shape[1])[2], clip.fps
    )


def hurried(clip: Clip, times: float) -> Clip:
    """The clip so fast that its fastest joint moves at so many times its motor's limit."""
    limits = np.array([speed_limit(name) for name in clip.joints])
    share = (np.abs(clip.qvel[:, 6:]) / limits).max()
    return _with(clip, f"{clip.name}_hurried", clip.qpos, clip.fps * times / share)


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    """What the filter's command says of a walking clip, and of it made infeasible in two ways."""
    folder = tmp_path_factory.mktemp("clips")
    good = WALK["walk_1.00"]
    for clip in (good, lifted(good, 0.5), hurried(good, 2.0)):
        save_clip(clip, folder / f"{clip.name}.npz")
    out, keep = folder / "found.json", folder / "kept"
    options = ["--skill", "walk", "--episodes", "4", "--keep", str(keep), "--out", str(out)]
    assert main(["motions", "filter", str(folder), *options]) == 0
    found = {each["clip"]: each for each in json.loads(out.read_text())["clips"]}
    return found, sorted(path.name for path in keep.iterdir())


def test_the_filter_keeps_walk_and_drops_what_cannot_be(filtered):
    found, kept = filtered
    assert kept == ["walk_1.00.npz"]
    assert found["walk_1.00"]["feasible"]
    assert found["walk_1.00"]["tracked"] >= 0.8
    assert "height" in found["walk_1.00_lifted"]["reason"]
    assert "motor's speed" in found["walk_1.00_hurried"]["reason"]


def test_simulation_alone_drops_what_cannot_be(filtered):
    found, _ = filtered
    for name in ("walk_1.00_lifted", "walk_1.00_hurried"):
        assert found[name]["tracked"] < 0.5


def test_the_tracker_sees_ahead_and_is_no_expert_for_a_pool():
    (tracker,) = [e for e in load_experts(shipped_trackers()) if e.name == "walk"]
    assert tracker.skill.preview
    with pytest.raises(UserError, match="tracker"):
        ExpertPool([tracker])


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--skill", "wlak"], "wlak"),
        (["no_such_clip"], "no_such_clip"),
        (["missing.npz"], "missing.npz"),
        (["--episodes", "0"], "episodes is 0"),
        (["--trackers", "nowhere"], "nowhere"),
        (["--out", "/dev/null/x.json"], "/dev/null"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments, wanted, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["motions", "filter", *arguments]) == 2
    error = capsys.readouterr().err
    assert wanted in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_clips_of_other_joints_are_refused():
    (tracker,) = [e for e in load_experts(shipped_trackers()) if e.name == "walk"]
    clip = WALK["walk_1.00"]
    renamed = dataclasses.replace(clip, joints=("wrist", *clip.joints[1:]))
    with pytest.raises(UserError, match="other joints"):
        follow_clips(tracker, [renamed])


# ---- clips by file, in scenes, and by a clock that waits


def test_a_skill_follows_clip_files(tmp_path):
    path = tmp_path / "mine.npz"
    save_clip(dataclasses.replace(WALK["walk_1.25"], name="mine"), path)
    skill = dataclasses.replace(SKILLS["walk"], clips=("walk_0.75", str(path)), evaluated=1)
    assert [clip.name for clip in clips_of(skill)] == ["walk_0.75", "mine"]


def test_clips_on_stairs_begin_with_the_soles_on_the_stairs():
    clips = ("stair_up_0.80", "stair_down_0.75")
    skill = dataclasses.replace(
        SKILLS["stair"], clips=clips, evaluated=0, on_reference=1.0, noise=0.0
    )
    env = MotionTrackingEnv(
        make("h1-stair", "native"), build_motion_library("h1", clips_of(skill)), skill
    )
    state = jax.jit(env.reset)(jax.random.split(jax.random.key(0), 24))
    qpos = state.readings.qpos[:, :26]
    soles = np.asarray(jax.vmap(lambda q: soles_in_heading("h1", q) + q[:3])(qpos)).reshape(
        24, 8, 3
    )
    # HumanoidBench's first flight: five steps of 0.18 m, 0.6 m deep, up from 0.5 m, a landing of
    # 0.6 m, and five down from 3.5 m.
    up = np.clip(np.floor((soles[..., 0] - 0.5) / 0.6) + 1, 0, 5)
    down = np.clip(np.floor((soles[..., 0] - 3.5) / 0.6) + 1, 0, 5)
    gap = soles[..., 2] - 0.18 * (up - down)
    assert np.all(gap.min(axis=1) > -0.01)
    assert np.all(gap.min(axis=1) < 0.02)
    assert len(np.unique(np.round(np.asarray(qpos[:, 2]), 1))) > 2


def test_a_loop_that_climbs_goes_on_climbing():
    clips = clips_of(SKILLS["stair"])
    library = build_motion_library("h1", clips)
    one = float(clips[0].duration)
    heights = [
        float(height_at(library, jnp.int32(0), jnp.float32(t * one))) for t in (0.25, 1.25, 2.25)
    ]
    np.testing.assert_allclose(np.diff(heights), 0.36, atol=1e-3)


@pytest.mark.parametrize(("behind", "rate"), [(0.0, 1.0), (0.1, 0.6), (0.5, 0.3), (-0.5, 1.5)])
def test_a_clip_waits_for_the_robot(behind, rate):
    clip = WALK["walk_1.00"]
    library = build_motion_library("h1", [clip])
    qpos = jnp.asarray(clip.qpos[0], jnp.float32)
    motion = init_command(
        library, jnp.int32(0), jnp.zeros(()), body_frame("h1", qpos, jnp.zeros(25))
    )
    start = float(observe_heading(library, motion, qpos).ahead)
    assert start == pytest.approx(0.0, abs=2e-3)
    motion = observe_heading(library, motion, qpos.at[0].add(-behind))
    later = advance_command(library, motion, 0.02, 4.0)
    assert float(later.seconds) == pytest.approx(0.02 * rate, abs=2e-4)
    assert float(advance_command(library, motion, 0.02).seconds) == pytest.approx(0.02)


def test_a_clip_follows_where_one_ends():
    skill = SKILLS["crawl"]
    clips = clips_of(skill)
    library = build_motion_library("h1", clips, skill.then)
    down, on = jnp.int32(1), jnp.int32(0)
    qpos = jnp.asarray(clips[1].qpos[-1], jnp.float32)
    body = body_frame("h1", qpos, jnp.zeros(25))
    motion = init_command(library, down, library.duration[down] - 0.03, body)
    motion = advance_command(library, motion, 0.02)
    assert int(motion.clip) == int(down)
    motion = advance_command(library, motion, 0.02)
    assert int(motion.clip) == int(on)
    assert float(motion.seconds) == pytest.approx(0.01, abs=1e-4)
    np.testing.assert_allclose(motion.command, library.command[on])
    # Joined to other skills' clips the numbers go along.
    both = concatenate([build_motion_library("h1", [WALK["walk_1.00"]]), library])
    assert both.next_clip.tolist() == [0, 1, 1]
    alone = build_motion_library("h1", clips)
    assert int(advance_command(alone, motion.replace(clip=down, seconds=9.0), 0.02).clip) == int(
        down
    )
