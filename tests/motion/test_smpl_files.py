"""SMPL's .npz files of other axes, rotations and units; first frames; what is left out."""

from __future__ import annotations

import dataclasses
import json
import logging

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from helpers.motion_writers import smpl_rest, write_amc, write_bvh, write_deepmimic
from helpers.robot_bvh import human_from_clip
from helpers.smpl_walk import WORLDS, crawl, still, walk, write
from metaworldx import cli
from metaworldx.core.errors import UserError
from metaworldx.motion.builtin import clips_for, ground_for
from metaworldx.motion.checks import check_motion
from metaworldx.motion.importers import load_human_motion


@pytest.fixture
def model(tmp_path):
    """The figure's own bones, for SMPL files of it."""
    np.savez(tmp_path / "model.npz", J=smpl_rest())
    return tmp_path / "model.npz"


def refusal(path, **options) -> str:
    with pytest.raises(UserError) as caught:
        load_human_motion(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def over(motion, joint: str, other: str) -> np.ndarray:
    """How much higher one joint is than another, [T] m."""
    heights = motion.positions[..., 2]
    return heights[:, motion.index(joint)] - heights[:, motion.index(other)]


# ---- which way is up

MOTIONS = {
    "stand": still(),
    "stoop": still(pelvis=40.0, left_hip=-40.0, right_hip=-40.0),
    "sit": still(left_hip=-90.0, right_hip=-90.0, left_knee=90.0, right_knee=90.0),
    "walk": walk(),
}


@pytest.mark.parametrize("away", [(0.0, 0.0, 0.0), (0.3, 0.2, 4.0)])
@pytest.mark.parametrize("yaw", [0.0, 90.0])
@pytest.mark.parametrize("up", WORLDS)
@pytest.mark.parametrize("name", MOTIONS)
def test_the_body_tells_which_axis_is_up(name, up, yaw, away, tmp_path):
    path = write(tmp_path / "a.npz", *MOTIONS[name], up=up, yaw=yaw, away=away)
    motion = load_human_motion(path)
    # The figure's arms hang at rest; trunk and shanks are what it is held by.
    assert over(motion, "neck", "pelvis").min() > 0.25
    assert over(motion, "left_knee", "left_ankle").mean() > 0.3


@pytest.mark.parametrize("frames", [2, 5])
@pytest.mark.parametrize("up", WORLDS)
def test_a_few_frames_tell_it_too(up, frames, tmp_path):
    for name in ("stand", "walk"):
        local, root = MOTIONS[name]
        some = {joint: turns[9 : 9 + frames] for joint, turns in local.items()}
        path = write(tmp_path / "a.npz", some, root[9 : 9 + frames], up=up, away=(0.0, 0.2, 4.0))
        assert over(load_human_motion(path), "neck", "pelvis").min() > 0.4


@pytest.mark.parametrize("up", WORLDS)
def test_hands_and_knees_that_rest_tell_it(up, tmp_path, model):
    path = write(tmp_path / "a.npz", *crawl(), up=up, yaw=90.0)
    motion = load_human_motion(path, body_model=model)
    assert np.abs(over(motion, "neck", "pelvis")).max() < 0.25
    assert over(motion, "pelvis", "left_knee").min() > 0.2


@pytest.mark.parametrize("up", ["-y", "-z", "y"])
def test_up_may_be_given(up, tmp_path):
    lying = still(pelvis=90.0)
    path = write(tmp_path / "a.npz", *lying, up=up)
    motion = load_human_motion(path, up=up)
    assert np.abs(over(motion, "neck", "pelvis")).max() < 0.1


def test_axes_that_cannot_be_told_are_asked_for(tmp_path):
    """On the back, in no known axes: the world may be either way up."""
    path = write(tmp_path / "a.npz", *still(pelvis=-90.0), up="-y", yaw=90.0, away=(0.0, 0.0, 4.0))
    assert "give up= (z, y, -y, -z)" in refusal(path)


def test_who_lies_on_amass_floor_is_not_stood_up(tmp_path):
    local, root = still(pelvis=-90.0)
    root[:, 2] = 0.1
    for yaw in (0.0, 90.0, 180.0):
        motion = load_human_motion(write(tmp_path / "a.npz", local, root, yaw=yaw))
        assert np.abs(over(motion, "neck", "pelvis")).max() < 0.15


# ---- rotations that are no axis-angle vectors


def _others() -> dict[str, np.ndarray]:
    vectors = np.tile([np.pi / 2, 0.0, 0.0] + [0.0] * 153, (30, 1)).reshape(30, 52, 3)
    turns = Rotation.from_rotvec(vectors.reshape(-1, 3))
    matrices = turns.as_matrix().reshape(30, 52, 3, 3)
    quats = turns.as_quat().reshape(30, 52, 4)
    six = matrices[..., :2].reshape(30, 52, 6)
    degrees = np.degrees(vectors).reshape(30, -1)
    bent = vectors.copy()
    bent[:, 4, 0] = 40.0
    return {
        **{f"quaternions of {n}": quats[:, :n].reshape(30, -1) for n in (22, 24, 52)},
        **{f"6D of {n}": six[:, :n].reshape(30, -1) for n in (22, 24, 52)},
        **{f"matrices of {n}": matrices[:, :n].reshape(30, -1) for n in (22, 24, 52)},
        "quaternions apart": quats[:, :24],
        "6D apart": six[:, :24],
        "matrices apart": matrices[:, :22],
        "flat matrices apart": matrices[:, :22].reshape(30, 22, 9),
        "no root": np.zeros((30, 69)),
        "degrees": degrees[:, :72],
        "degrees of y up": np.where(np.arange(66) == 13, 40.0, 0.0) + np.zeros((30, 1)),
        "a knee of 40": bent.reshape(30, -1),
        "a spine of 5": np.where(np.arange(66) == 9, 4.0, 0.0) + np.zeros((30, 1)),
    }


@pytest.mark.parametrize("kind", _others())
def test_rotations_of_another_kind_are_refused(kind, tmp_path):
    path = tmp_path / "a.npz"
    trans = np.tile([0.0, 0.0, 1.1], (30, 1))
    np.savez(path, poses=_others()[kind], trans=trans, mocap_framerate=30.0)
    assert "axis-angle" in refusal(path)


def test_a_root_that_has_turned_round_is_a_root(tmp_path):
    """What an optimiser follows may go on past a whole turn."""
    path = write(tmp_path / "a.npz", *still())
    with np.load(path) as file:
        arrays = dict(file)
    arrays["poses"][:, :3] *= (np.pi * 2 * 2 + np.linalg.norm(arrays["poses"][0, :3])) / (
        np.linalg.norm(arrays["poses"][0, :3])
    )
    np.savez(path, **arrays)
    assert over(load_human_motion(path), "neck", "pelvis").min() > 0.4


# ---- the unit of `trans`


@pytest.mark.parametrize("unit", [1000.0, 100.0, 93.0, 39.37, 3.281])
@pytest.mark.parametrize("up", ["z", "-y"])
def test_a_path_in_another_unit_is_asked_for_and_mended(unit, up, tmp_path, model):
    path = write(tmp_path / "a.npz", *walk(), up=up, unit=unit)
    assert "give units= (m, cm, mm" in refusal(path, body_model=model, up=up)
    motion = load_human_motion(path, body_model=model, units=1.0 / unit, up=up)
    moved = motion.positions[-1, 0] - motion.positions[0, 0]
    assert np.linalg.norm(moved[:2]) == pytest.approx(walk()[1][-1, 0], abs=1e-6)


@pytest.mark.parametrize("unit", [1000.0, 100.0, 93.0])
def test_one_who_stands_in_another_unit_is_asked_for_it(unit, tmp_path):
    local, root = still()
    root[:, 0] = 0.01 * np.sin(np.arange(40) / 5.0)
    assert "give units=" in refusal(write(tmp_path / "a.npz", local, root, unit=unit))


@pytest.mark.parametrize("floor", [-1.0, 1.0, 5.0])
def test_floors_anywhere_near_are_none_of_a_unit(floor, tmp_path, model):
    path = write(tmp_path / "a.npz", *walk(), away=(0.0, 0.0, floor))
    assert load_human_motion(path, body_model=model).positions[0, 0, 2] > floor + 0.8


@pytest.mark.parametrize("skill", ["run", "crawl", "stair", "sit", "carry"])
def test_what_skills_do_is_none_of_a_unit(skill):
    for clip in clips_for(skill):
        from metaworldx.motion.pacing import slides, speed_problem

        motion = human_from_clip(clip)
        assert slides(motion) == (None, None) and speed_problem(motion) is None


def test_millimetres_in_deepmimic_are_refused(tmp_path):
    local, root = walk()
    assert "in metres" in refusal(write_deepmimic(tmp_path / "a.txt", local, 1000.0 * root))


def test_import_refuses_a_path_in_millimetres_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "a.npz", *still(), unit=1000.0)
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["motions", "import", str(path), "--skill", "stand"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "give units=" in err
    assert sorted(tmp_path.rglob("*")) == before


# ---- what DeepMimic's own files hold


def test_quaternions_of_any_length_but_none(tmp_path):
    path = write_deepmimic(tmp_path / "a.txt", *walk(12))
    plain = load_human_motion(path)
    text = path.read_text()
    data = json.loads(text)
    lengths = np.linspace(0.58, 1.12, 12)
    for row, length in zip(data["Frames"], lengths, strict=True):
        row[16:20] = (length * np.array(row[16:20])).tolist()
    path.write_text(json.dumps(data))
    np.testing.assert_allclose(load_human_motion(path).positions, plain.positions, atol=1e-12)
    data["Frames"][3][16:20] = [0.0, 0.01, 0.0, 0.0]
    path.write_text(json.dumps(data))
    assert "frame 3: right_hip's quaternion has length 0.01" in refusal(path)


# ---- frames in front


def with_rest_in_front(local, root, count=1):
    """The motion after so many frames of the rest pose."""
    rest = {joint: np.tile(np.eye(3), (count, 1, 1)) for joint in local}
    return (
        {joint: np.concatenate([rest[joint], turns]) for joint, turns in local.items()},
        np.concatenate([np.tile(root[:1], (count, 1)), root]),
    )


WRITERS = {
    "bvh": lambda folder, *motion: write_bvh(folder / "a.bvh", *motion),
    "amc": lambda folder, *motion: write_amc(folder / "a.amc", *motion),
    "npz": lambda folder, *motion: write(folder / "a.npz", *motion),
    "txt": lambda folder, *motion: write_deepmimic(folder / "a.txt", *motion),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_pose_in_front_is_told_and_left_out(kind, tmp_path, caplog):
    moving = walk()
    plain = load_human_motion(WRITERS[kind](tmp_path, *moving))
    assert not caplog.records
    for count in (1, 3):
        caplog.clear()
        path = WRITERS[kind](tmp_path, *with_rest_in_front(*moving, count))
        load_human_motion(path)
        told = [record.getMessage() for record in caplog.records]
        assert len(told) == 1 and f"--skip-frames {count} " in told[0] and "\n" not in told[0]
        caplog.clear()
        motion = load_human_motion(path, skip_frames=count)
        assert not caplog.records and motion.loop is not True
        np.testing.assert_allclose(motion.positions, plain.positions, atol=1e-5)


@pytest.mark.parametrize("kind", WRITERS)
def test_frames_left_out_leave_a_motion(kind, tmp_path):
    path = WRITERS[kind](tmp_path, *walk(6))
    assert load_human_motion(path, skip_frames=4).frames == 2
    assert "at least 2 must be left (4 at most)" in refusal(path, skip_frames=5)
    assert "skip_frames is -1" in refusal(path, skip_frames=-1)


def test_a_motion_that_starts_fast_jumps_from_nothing():
    from metaworldx.motion.importers.leading_frames import jumps_after

    fading = 0.9 ** np.arange(40)
    assert jumps_after(fading, 30.0) == 0
    assert jumps_after(np.r_[1.2, 0.5 * fading], 30.0) == 0
    assert jumps_after(np.r_[1.2, 0.05 * fading], 30.0) == 1
    assert jumps_after(np.r_[0.0, 0.0, 1.2, 0.05 * fading], 30.0) == 3
    assert jumps_after(np.zeros(9), 30.0) == jumps_after(np.ones(1), 30.0) == 0


# ---- what a file holds beside


def test_arrays_that_are_left_out_are_told(tmp_path, caplog):
    known = {"dmpls": np.zeros((40, 8)), "marker_data": np.zeros(3), "gender": np.array("female")}
    load_human_motion(write(tmp_path / "a.npz", *still(), **known))
    assert not caplog.records
    load_human_motion(write(tmp_path / "a.npz", *still(), scale=np.array(2.0), **known))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().endswith("a.npz: not understood and left out: 'scale'")


def test_keys_of_deepmimic_that_are_left_out_are_told(tmp_path, caplog):
    path = write_deepmimic(tmp_path / "a.txt", *walk(6))
    text = path.read_text()
    path.write_text(text.replace('"Loop"', '"LeftJoints": [1], "RightJoints": [2], "Loop"'))
    load_human_motion(path)
    assert not caplog.records
    path.write_text(text.replace('"Loop"', '"LoopMode": "Wrap", "FrameDuration": 1, "Loop"'))
    load_human_motion(path)
    (record,) = caplog.records
    assert "left out: 'FrameDuration', 'LoopMode'" in record.getMessage()


# ---- what a skill asks


def _problems(clip) -> str:
    return "; ".join(check_motion(clip, ground_for(clip)).problems)


def test_a_clip_that_is_not_its_skills_is_not_good():
    stand, stride = clips_for("stand")[0], clips_for("walk")[2]
    assert _problems(stand) == _problems(stride) == ""
    lies = stand.qpos.copy()
    lies[:, 3:7] = Rotation.from_euler("y", -90, degrees=True).as_quat(scalar_first=True)
    lies[:, 2] = 0.3
    on_back = dataclasses.replace(stand, qpos=lies)
    assert "90 degrees from upright" in _problems(on_back)
    assert "lies on its back" in _problems(dataclasses.replace(on_back, skill="crawl"))
    none = np.zeros_like(stride.contacts)
    assert "stands for 0% of" in _problems(dataclasses.replace(stride, contacts=none))
    lame = stride.contacts & [True, False]
    long = dataclasses.replace(stride, contacts=lame, fps=30.0, loop=False)
    assert "one of the soles never stands" in _problems(long)
    high = stride.qpos + np.where(np.arange(stride.qpos.shape[1]) == 2, 0.3, 0.0)
    assert "0.30 m over the ground" in _problems(dataclasses.replace(stride, qpos=high))
    far = stride.qpos * np.where(np.arange(stride.qpos.shape[1]) == 0, 9.0, 1.0)
    assert "goes 9.0 m/s" in _problems(dataclasses.replace(stride, qpos=far))
    assert "stays 1.0" in _problems(dataclasses.replace(stand, skill="sit"))
