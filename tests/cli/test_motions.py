"""`metaworldx motions import | list | preview`: what they print and write, and how they fail."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers.robot_bvh import human_from_clip, write_bvh
from metaworldx import cli
from metaworldx.motion.builtin import clips_for
from metaworldx.motion.clip_file import load_clip, save_clip


@pytest.fixture(scope="module")
def walking(tmp_path_factory) -> Path:
    """A BVH file of a walk."""
    path = tmp_path_factory.mktemp("human") / "walking.bvh"
    write_bvh(human_from_clip(clips_for("walk")[2]), path)
    return path


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(capsys, *args: object) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a `motions` command."""
    status = cli.main(["motions", *map(str, args)])
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys, *args: object) -> str:
    """The one line that bad input ends in; nothing may be left behind."""
    before = sorted(Path.cwd().rglob("*"))
    status, out, err = run(capsys, *args)
    assert (status, out) == (2, "")
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1
    assert sorted(Path.cwd().rglob("*")) == before
    return err


def test_import_writes_a_clip_and_its_figures(capsys, walking):
    status, out, err = run(capsys, "import", walking, "--skill", "walk", "--loop", "--json")
    assert (status, err) == (0, "")
    figures = json.loads(out)
    clip = load_clip(Path("motions/walking.npz"))
    assert figures["clip"] == "motions/walking.npz"
    assert figures["problems"] == [] and figures["limit_excess_rad"] == 0.0
    assert figures["keypoint_mean_m"] < 0.01 and figures["slip_max_m"] < 0.005
    assert figures["frames"] == clip.frames
    assert (clip.name, clip.skill, clip.loop, clip.fps) == ("walking", "walk", True, 50.0)
    assert clip.source == "walking.bvh (bvh)"
    assert clip.command[0] == pytest.approx(1.0, abs=0.02) == figures["speed_m_s"]


def test_import_prints_a_table(capsys, walking):
    args = ("--skill", "walk", "--out", "a/b.npz", "--fps", 25, "--licence", "CC0", "--seed", 3)
    status, out, _ = run(capsys, "import", walking, *args)
    assert status == 0
    assert "keypoints off, mean, cm" in out and out.endswith("wrote a/b.npz\n")
    clip = load_clip(Path("a/b.npz"))
    assert (clip.name, clip.loop, clip.licence) == ("b", False, "CC0")
    # Half the frames a second take twice as long.
    assert clip.duration == pytest.approx(2.0 * clips_for("walk")[2].duration, abs=0.03)


def test_import_refuses_bad_wishes(capsys, walking):
    assert "did you mean 'walk'" in refused(capsys, "import", walking, "--skill", "wlak")
    both = refused(capsys, "import", walking, "--skill", "walk", "--loop", "--no-loop")
    assert "exclude each other" in both
    assert ".npz" in refused(capsys, "import", walking, "--skill", "walk", "--out", "clip.bvh")
    assert "h1" in refused(capsys, "import", walking, "--skill", "walk", "--robot", "h2")
    assert "no such file" in refused(capsys, "import", "nowhere.bvh", "--skill", "walk")


def test_import_refuses_broken_files(capsys, walking, tmp_path):
    text = walking.read_text()
    for broken in (text[: len(text) // 3], "", text.replace("Frames:", "Framse:")):
        path = tmp_path / "broken.bvh"
        path.write_text(broken)
        assert "broken.bvh" in refused(capsys, "import", path, "--skill", "walk")


def test_import_does_not_write_into_a_folder(capsys, walking, tmp_path):
    (tmp_path / "x.npz").mkdir()
    err = refused(capsys, "import", walking, "--skill", "walk", "--out", "x.npz")
    assert "it is a folder" in err


@pytest.fixture
def few(monkeypatch):
    """Only the built-in walks, so that a list takes no time."""
    monkeypatch.setattr("metaworldx.motion.builtin.SKILLS", ("walk",))


def test_list_has_built_in_clips_and_a_folders(capsys, few, tmp_path):
    clip = clips_for("walk")[0]
    save_clip(clip, tmp_path / "own.npz")
    status, out, _ = run(capsys, "list", tmp_path, "--json")
    listed = json.loads(out)
    assert status == 0 and listed["unreadable"] == []
    assert [entry["name"] for entry in listed["clips"][:-1]] == [c.name for c in clips_for("walk")]
    own = listed["clips"][-1]
    assert own["file"] == str(tmp_path / "own.npz")
    assert (own["skill"], own["frames"], own["loop"]) == ("walk", clip.frames, True)
    assert own["speed_m_s"] == 0.5 and own["problems"] == []
    status, out, _ = run(capsys, "list", tmp_path)
    assert status == 0
    assert out.splitlines()[0] == f"{len(clips_for('walk')) + 1} clips"
    assert "walk_1.00" in out and "good" in out


def test_list_tells_what_is_wrong_with_a_clip(capsys, few, tmp_path):
    clip = clips_for("walk")[0]
    low = clip.qpos.copy()
    low[:, 2] -= 0.1
    save_clip(dataclasses.replace(clip, qpos=low), tmp_path / "low.npz")
    _, out, _ = run(capsys, "list", tmp_path, "--json")
    assert "under ground" in " ".join(json.loads(out)["clips"][-1]["problems"])


def test_list_goes_on_past_files_that_are_no_clips(capsys, few, tmp_path):
    save_clip(clips_for("walk")[0], tmp_path / "own.npz")
    np.savez(tmp_path / "bad.npz", weights=np.zeros(3))
    status, out, err = run(capsys, "list", tmp_path, "--json")
    listed = json.loads(out)
    assert status == 2 and err.count("\n") == 1 and "bad.npz is not a clip" in err
    assert [entry["file"] for entry in listed["unreadable"]] == [str(tmp_path / "bad.npz")]
    assert listed["clips"][-1]["file"] == str(tmp_path / "own.npz")
    assert "no folder" in refused(capsys, "list", tmp_path / "nowhere")


def rendered(*args: object) -> str:
    """What `motions preview` prints in a process of its own, which OpenGL needs set up first."""
    environment = os.environ | {"MUJOCO_GL": os.environ.get("MUJOCO_GL", "egl")}
    code = "import mujoco; mujoco.GLContext(8, 8).make_current()"
    if subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment
    ).returncode:
        pytest.skip("no off-screen OpenGL")
    code = "import sys; from metaworldx import cli; sys.exit(cli.main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "motions", "preview", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_preview_refuses_what_is_no_motion(capsys, tmp_path):
    (tmp_path / "text.md").write_text("# not a motion\n")
    assert "text.md" in refused(capsys, "preview", tmp_path / "text.md")
    np.savez(tmp_path / "bad.npz", format=np.array("something"))
    assert "bad.npz is not a clip" in refused(capsys, "preview", tmp_path / "bad.npz")
    assert "ending" in refused(capsys, "preview", "walk_1.00", "--out", "clip.jpg")
    assert "width is 0" in refused(capsys, "preview", "walk_1.00", "--width", 0)


def test_sheet_refuses_a_folder_that_is_a_file(capsys, tmp_path):
    (tmp_path / "sheets").write_text("none")
    assert "sheets" in refused(capsys, "sheet", tmp_path / "sheets")


def test_preview_names_the_nearest_clip(capsys, few):
    assert "did you mean 'walk_1.00'" in refused(capsys, "preview", "wlak_1.00")


def red(picture: Path) -> int:
    """Pixels as red as the human's right side is drawn, which nothing of the robot is."""
    from mediapy import read_image

    colours = read_image(picture)[..., :3].astype(int)
    assert colours.shape == (240, 640, 3)
    return int(np.sum(colours[..., 0] > 1.8 * colours[..., 1:].max(axis=-1)))


SMALL = ("--width", 160, "--height", 120)


def test_preview_draws_the_human_beside_the_robot(walking):
    told = rendered(walking, "--out", "both.png", *SMALL)
    assert told == "walking: 1.18 s; wrote both.png and both-joints.png\n"
    assert red(Path("both.png")) > 50
    assert Path("both-joints.png").stat().st_size > 10_000


@pytest.mark.slow
def test_preview_of_a_clip_file_draws_the_robot_alone(tmp_path):
    save_clip(clips_for("walk")[2], tmp_path / "walk.npz")
    rendered(tmp_path / "walk.npz", "--out", "robot.png", *SMALL)
    assert red(Path("robot.png")) < 10


@pytest.mark.slow
def test_preview_writes_a_video():
    told = rendered("walk_1.00", "--out", "walk.mp4", "--width", 64, "--height", 48)
    assert told.startswith("walk_1.00: 1.18 s; wrote walk.mp4")
    assert Path("walk.mp4").stat().st_size > 1000
    assert sorted(path.name for path in Path().iterdir()) == ["walk-joints.png", "walk.mp4"]
