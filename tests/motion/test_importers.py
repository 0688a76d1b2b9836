"""Importers of human motion, on files that `motion_writers` makes of one stick figure."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from helpers.motion_writers import (
    JOINTS,
    NAMES,
    WRITERS,
    Y_UP,
    assert_keypoints,
    keypoints,
    lafan_frames,
    pose,
    smpl_arrays,
    smpl_rest,
    write_amass,
    write_amc,
    write_bvh,
    write_deepmimic,
    written,
)
from helpers.shared import shared_root
from metaworldx.core.errors import UserError
from metaworldx.motion.human_skeleton import REQUIRED_JOINTS, HumanMotion
from metaworldx.motion.importers import load_human_motion

pytestmark = pytest.mark.filterwarnings("ignore:Gimbal lock")


@pytest.mark.parametrize("kind", WRITERS)
def test_one_pose_gives_the_same_keypoints_in_every_format(kind, tmp_path):
    path, options, expected = written(kind, tmp_path)
    motion = load_human_motion(path, **options)
    assert_keypoints(motion, expected)
    local, _ = pose()
    pelvis = Rotation.from_quat(motion.rotations[:, 0][:, [1, 2, 3, 0]]).as_matrix()
    np.testing.assert_allclose(pelvis, local["pelvis"], atol=1e-5)
    assert motion.fps == 30 and motion.name == "a" and motion.joints[0] == "pelvis"
    assert motion.loop is (True if kind == "deepmimic" else None)


@pytest.mark.parametrize("naming", NAMES)
def test_bvh_joints_by_the_names_that_programs_give_them(naming, tmp_path):
    local, root = pose()
    motion = load_human_motion(write_bvh(tmp_path / "a.bvh", local, root, naming=naming))
    assert set(REQUIRED_JOINTS) <= set(motion.joints)
    assert_keypoints(motion, keypoints(local, root))


def test_world_offsets_and_rotations_give_the_positions(tmp_path):
    for kind in WRITERS:
        path, options, _ = written(kind, tmp_path)
        m = load_human_motion(path, **options)
        for joint, parent in enumerate(m.parents):
            if parent >= 0:
                turn = Rotation.from_quat(m.rotations[:, parent][:, [1, 2, 3, 0]])
                child = m.positions[:, parent] + turn.apply(m.offsets[joint])
                np.testing.assert_allclose(child, m.positions[:, joint], atol=1e-9)


def still(**turned):
    """Two frames at rest but for joints turned about an axis by degrees."""
    local = {joint: np.tile(np.eye(3), (2, 1, 1)) for joint in JOINTS}
    for joint, vector in turned.items():
        local[joint] = Rotation.from_rotvec(np.tile(vector, (2, 1)), degrees=True).as_matrix()
    return local, np.tile([0.0, 0.0, 0.9], (2, 1))


@pytest.mark.parametrize("kind", WRITERS)
def test_a_knee_bent_by_90_degrees_puts_the_ankle_behind_it(kind, tmp_path):
    write, name, options, read = WRITERS[kind]
    if "body_model" in read:
        read = read | {"body_model": tmp_path / "model.npz"}
    motion = load_human_motion(
        write(tmp_path / name, *still(left_knee=(0, 90, 0)), **options), **read
    )
    ankle = motion.positions[0, motion.index("left_ankle")]
    np.testing.assert_allclose(ankle, (-0.409870, 0.084887, 0.9 - 0.421546), atol=1e-5)
    other = motion.positions[0, motion.index("right_ankle")]
    np.testing.assert_allclose(other, (0, -0.084887, 0.9 - 0.421546 - 0.409870), atol=1e-5)


def test_up_is_the_axis_along_which_the_body_stands(tmp_path):
    local, root = still()
    root = np.array([[0.0, 0.0, 0.9], [0.1, 0.2, 0.9]])
    for world in (Y_UP, np.eye(3)):
        amass = write_amass(tmp_path / "a.npz", local, root, world=world)
        lafan = write_bvh(tmp_path / "a.bvh", local, root, world=world, frames_of=lafan_frames)
        for motion in (load_human_motion(amass), load_human_motion(lafan)):
            height = motion.positions[:, motion.index("neck"), 2]
            np.testing.assert_allclose(height - motion.positions[:, 0, 2], 0.5, atol=0.1)


def test_a_zero_pose_with_all_bones_along_one_axis_is_stood_up(tmp_path):
    """LAFAN1's: legs rest straight down, turned about themselves as the clip holds them."""
    local, root = still(left_hip=(0, -30, 0), left_knee=(0, 60, 0))
    motion = load_human_motion(write_bvh(tmp_path / "a.bvh", local, root, frames_of=lafan_frames))
    turns = Rotation.from_quat(motion.rotations[0][:, [1, 2, 3, 0]]).as_rotvec(degrees=True)
    for joint, offset, turned in (
        ("left_knee", (0, 0, -0.421546), (0, 30, 0)),
        ("left_ankle", (0, 0, -0.409870), (0, 30, 0)),
        ("right_ankle", (0, 0, -0.409870), (0, 0, 0)),
        ("neck", (0, 0, 0.223894), (0, 0, 0)),
        ("left_elbow", (0, 0.274788, 0), (-90, 0, 0)),
        ("right_elbow", (0, -0.274788, 0), (90, 0, 0)),
    ):
        np.testing.assert_allclose(motion.offsets[motion.index(joint)], offset, atol=1e-6)
        np.testing.assert_allclose(turns[motion.index(joint)], turned, atol=1e-3)


def test_a_crawling_body_does_not_stand_along_its_heading(tmp_path):
    """Y up and facing z: the spine lies along z, which is not up all the same."""
    local, root = still(pelvis=(0, 90, 0))
    root[1, 0] += 0.3
    motion = load_human_motion(write_bvh(tmp_path / "a.bvh", local, root))
    assert_keypoints(motion, keypoints(local, root))


def test_bvh_channels_turn_from_left_to_right(tmp_path):
    local, root = still()
    for order, knee in (
        ("ZXY", (-0.421546, 0.084887, 0.9)),
        ("XZY", (0, 0.084887 + 0.421546, 0.9)),
    ):
        path = write_bvh(tmp_path / "a.bvh", local, root, order=order)
        lines = path.read_text().splitlines()
        hip = 6 + 3 * [line for line in lines if line.split()[0] in ("JOINT",)].index(
            "JOINT LeftUpLeg"
        )
        row = ["0"] * len(lines[-1].split())
        row[1], row[hip], row[hip + 1] = "0.9", "90", "90"
        path.write_text("\n".join([*lines[:-2], " ".join(row), " ".join(row)]))
        motion = load_human_motion(path)
        # ZXY: Rz Rx: the thigh goes back and stays. XZY: Rx Rz: it goes left and stays.
        np.testing.assert_allclose(motion.positions[1, motion.index("left_knee")], knee, atol=1e-5)


def test_cmu_and_lafan1_clavicles_toes_and_trunk(tmp_path):
    text = "HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n"

    def joint(name, x, y, z, *children):
        inner = "".join(children) or "End Site { OFFSET 0 0 1 }\n"
        return f"JOINT {name} {{ OFFSET {x} {y} {z}\nCHANNELS 1 Xrotation\n{inner}}}\n"

    for side, x in (("Left", 1), ("Right", -1)):
        toe = joint(f"{side}ToeBase", 0, -0.5, 2)
        leg = joint(f"{side}UpLeg", 1.6 * x, -2, 0.8, joint(f"{side}Leg", 2.4 * x, -6.6, 0,
              joint(f"{side}Foot", 2.5 * x, -7, 0, toe)))  # fmt: skip
        text += joint(f"{side[0]}HipJoint", 0, 0, 0, leg)
    arms = ""
    for side, x in (("Left", 1), ("Right", -1)):
        hand = joint(f"{side}Hand", 3.4 * x, 0, 0, joint(f"{side}FingerBase", 0, 0, 0))
        arm = joint(f"{side}Arm", 3.3 * x, 0.9, 0, joint(f"{side}ForeArm", 5 * x, 0, 0, hand))
        arms += joint(f"{side}Shoulder", 0, 0, 0, arm)
    arms += joint("Neck", 0, 0, 0, joint("Neck1", 0, 1.4, 0, joint("Head", 0, 1.5, 0)))
    text += joint("LowerBack", 0, 0, 0, joint("Spine", 0, 2.2, 0, joint("Spine1", 0, 2.2, 0, arms)))
    text += "}\n"
    columns = 3 + text.count("CHANNELS 1 ")
    row = " ".join(["0", "17", "0"] + ["0"] * (columns - 3)) + "\n"
    path = tmp_path / "cmu.bvh"
    path.write_text(f"{text}MOTION\nFrames: 2\nFrame Time: .0083333\n{row}{row}")
    motion = load_human_motion(path)
    unit = 0.0254 / 0.45
    assert motion.fps == 120
    toe = motion.positions[0, motion.index("left_toe")]
    np.testing.assert_allclose(toe, np.array([2.8, 6.5, 17 - 16.1]) * unit, atol=1e-6)
    shoulder = motion.positions[0, motion.index("left_shoulder")]
    np.testing.assert_allclose(shoulder, np.array([0, 3.3, 17 + 5.3]) * unit, atol=1e-6)
    chest = motion.positions[0, motion.index("chest")]
    np.testing.assert_allclose(chest, np.array([0, 0, 17 + 4.4]) * unit, atol=1e-6)
    parents = {
        j: motion.joints[p] for j, p in zip(motion.joints, motion.parents, strict=True) if p >= 0
    }
    assert parents["left_shoulder"] == "left_collar" and parents["spine"] == "pelvis"
    assert parents["left_hand"] == "left_wrist" and {"spine_2", "lhipjoint"} <= set(motion.joints)


def test_asf_axis_turns_the_frame_of_a_bones_angles(tmp_path):
    """C = 90 degrees about z carries x to y: rx then turns about the file's y."""
    write_amc(tmp_path / "a.amc", *still())
    asf, amc = tmp_path / "body.asf", tmp_path / "a.amc"
    lines = asf.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.endswith("name lhumerus"))
    lines[at + 3] = "axis 0 0 90 XYZ"
    asf.write_text("\n".join(lines))
    values = "lhumerus 0 90 0"  # ry about C y = -x of the file: -left
    amc.write_text("\n".join(values if line.startswith("lhumerus") else line
                             for line in amc.read_text().splitlines()))  # fmt: skip
    motion = load_human_motion(amc)
    shoulder, elbow = (
        motion.positions[0, motion.index(f"left_{j}")] for j in ("shoulder", "elbow")
    )
    np.testing.assert_allclose(elbow - shoulder, (0.274788, 0, 0), atol=1e-5)
    assert motion.fps == 120
    (tmp_path / "other.asf").write_text(asf.read_text())
    with pytest.raises(UserError, match=r"2 \.asf files lie beside it"):
        load_human_motion(amc)
    assert load_human_motion(amc, asf=asf).frames == 2


def test_amass_body_model_and_default_skeleton(tmp_path):
    path = write_amass(tmp_path / "a.npz", *pose())
    # 22 joints out of 30 vertices, and a shape direction that moves all by (0, 1, 0) per unit.
    rng = np.random.default_rng(0)
    regressor = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    joints = np.concatenate([smpl_rest() - [0, 2, 0], np.zeros((8, 3))])
    template = regressor.T @ joints
    shape = np.zeros((30, 3, 12))
    shape[:, 1, 5] = regressor.T @ np.ones(30) * 2
    np.savez(tmp_path / "shaped.npz", J_regressor=regressor, v_template=template, shapedirs=shape)
    motion = load_human_motion(path, body_model=tmp_path / "shaped.npz")
    assert_keypoints(motion, keypoints(*pose()))
    arrays = smpl_arrays(*pose())
    poses = arrays.pop("poses")
    np.savez(tmp_path / "split.npz", root_orient=poses[:, :3], pose_body=poses[:, 3:66], **arrays)
    plain, split = load_human_motion(path), load_human_motion(tmp_path / "split.npz")
    np.testing.assert_array_equal(plain.positions, split.positions)
    assert 1.3 < plain.height_m < 1.6
    np.testing.assert_allclose(
        plain.positions[:, 0], arrays["trans"] + [0, -0.22, 0.03], atol=1e-12
    )


def test_deepmimic_frames_of_unequal_length_are_resampled(tmp_path):
    """A body turning evenly turns evenly in the result, whatever the frames' lengths."""
    times = np.array([0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.8])
    local, _ = still()
    turns = Rotation.from_rotvec(times[:, None] * np.array([0, 0, 1.0])).as_matrix()
    local = {j: turns if j == "pelvis" else np.tile(np.eye(3), (8, 1, 1)) for j in local}
    root = times[:, None] * np.array([1.0, 0, 0]) + [0, 0, 0.9]
    path = write_deepmimic(tmp_path / "a.txt", local, root, [*np.diff(times), 0.0], loop="none")
    motion = load_human_motion(path)
    assert motion.fps == 10 and motion.frames == 9 and motion.loop is False
    np.testing.assert_allclose(motion.positions[:, 0, 0], np.arange(9) / 10, atol=1e-9)
    yaw = 2 * np.arctan2(motion.rotations[:, 0, 3], motion.rotations[:, 0, 0])
    np.testing.assert_allclose(yaw, np.arange(9) / 10, atol=1e-9)


def test_real_deepmimic_clips():
    root = shared_root()
    folder = root / "reference" / "mocap" if root else Path("absent")
    if not folder.is_dir():
        pytest.skip("the shared motion clips are not here")
    clips = {path.stem: load_human_motion(path) for path in sorted(folder.glob("*.txt"))}
    assert len(clips) == 5 and all(clip.loop for clip in clips.values())
    walk = clips["humanoid3d_walk"]
    assert walk.fps == 30 and walk.frames == 39
    speed = (walk.positions[-1, 0, 0] - walk.positions[0, 0, 0]) / walk.duration_s
    assert 0.8 < speed < 1.2  # forward is +x
    lowest = min(clip.positions[..., 2].min() for clip in clips.values())
    assert -0.1 < lowest < 0.1


# Bad input


def text_kinds(tmp_path, kind):
    path, options, _ = written(kind, tmp_path)
    return path, options, path.read_text()


BAD_TEXT = [
    ("bvh", "Frames: 7", "Frames: 900000000000", "is the file whole"),
    ("bvh", "Frames: 7", "Frames: 0", "is the file whole"),
    ("bvh", "Frames: 7", "Frames: seven", "not a whole number"),
    ("bvh", "Frame Time: 0.033333", "Frame Time: 0", "0 frames a second"),
    ("bvh", "Frame Time: 0.033333", "Frame Time: -1", "frames a second"),
    ("bvh", "Frame Time: 0.033333", "Frame Time: 0.0000001", "1 to 1000 is right"),
    ("bvh", "Frame Time: 0.033333", "Frame Time: nan", "must be finite"),
    ("bvh", "HIERARCHY", "HIERARCH", "must begin with HIERARCHY"),
    ("bvh", "MOTION", "", "no MOTION section"),
    ("bvh", "LeftLeg", "Tail", "no joint for left_knee; the skeleton has Hips, Spine2"),
    ("bvh", "Xposition Y", "Xposition X", "CHANNELS of 'Hips'"),
    ("bvh", "OFFSET", "OFSET", "cannot make sense of 'OFSET"),
    ("bvh", "-0.4215460", "nan", "must be finite"),
    ("bvh", "-0.4215460", "1" * 5000, "an OFFSET is '1111"),
    ("bvh", "-0.4215460", "1e300", "too large to be one of a motion"),
    ("bvh", "-0.4215460", "-42154600", "no unit makes a person's"),
    ("deepmimic", "{", "[", "is not JSON"),
    ("deepmimic", '"wrap"', '"wrop"', "'wrap' or 'none'"),
    ("deepmimic", '"wrap"', "[1]", "'wrap' or 'none'"),
    ("deepmimic", "Frames", "Framez", "a list `Frames`"),
    ("deepmimic", "[[0.0333", "[[-0.0333", "frame 0 lasts -0.0333"),
    ("deepmimic", "[[0.0333", "[[NaN, 0.0333", "45 numbers; 44"),
    ("deepmimic", "[[0.0333", '[["0.0333', "is not JSON"),
    ("deepmimic", "[[0.0333333", "[[1e400, 1, 2], [0.033", "frame 0 has 3 numbers"),
    ("amc", "root", "roots", "a bone that the .asf lacks"),
    ("amc", "\n5\n", "\n6\n", "frame 6 follows frame 4; frames are missing"),
    ("amc", "ltibia ", "ltibia 1 ", "'ltibia' has 4 numbers; its .asf says 3"),
    ("amc", "ltibia ", "# ltibia ", "lacks 'ltibia'"),
    ("amc", "ltibia ", "ltibia nan#", "has 1 numbers"),
]  # fmt: skip


def one_line(path, options, says):
    with pytest.raises(UserError) as caught:
        load_human_motion(path, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1 and says in message, message


@pytest.mark.parametrize(("kind", "old", "new", "says"), BAD_TEXT)
def test_bad_text_is_told_in_one_line(kind, old, new, says, tmp_path):
    path, options, text = text_kinds(tmp_path, kind)
    assert old in text
    path.write_text(text.replace(old, new, 1))
    one_line(path, options, says)
    one_line(path, options, str(path))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (":bonedata", ":bones", "no :bonedata section"),
        ("    lfemur ltibia", "    lfemur rtibia", "more than one parent"),
        ("    lfemur ltibia", "", "does not join 'lfoot'"),
        ("name ltibia", "name lshank", "names the bone 'ltibia', which :bonedata lacks"),
        ("  length 0.45", "  length 0", "is not a scale"),
        ("dof rx ry rz", "dof rx ry tz", "of rx ry rz"),
        ("angle deg", "angle grad", "deg or rad is right"),
        ("   XYZ", "   XXZ", "one such as XYZ is right"),
        ("direction", "direction 1", "should hold 3 number(s)"),
    ],
)
def test_bad_asf_is_told_in_one_line(old, new, says, tmp_path):
    path, options, _ = written("amc", tmp_path)
    asf = tmp_path / "body.asf"
    text = asf.read_text()
    assert old in text
    asf.write_text(text.replace(old, new, 1))
    one_line(path, options, says)


class Sentinel:
    """Pickles to a call that would leave a trace."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_bad_npz_is_told_in_one_line_and_never_unpickled(tmp_path):
    path, trace = tmp_path / "a.npz", tmp_path / "trace"
    good = smpl_arrays(*pose())
    for change, says in (
        ({"poses": np.zeros((7, 60))}, "[T, 156] or [T, 165] is right"),
        ({"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3))}, "0 frame(s)"),
        ({"poses": np.full((7, 156), np.nan)}, "poses.npy holds NaN"),
        ({"poses": np.full((7, 156), 1e6)}, "in radians are right"),
        ({"poses": np.array([Sentinel(trace)], dtype=object)}, "is pickled"),
        ({"trans": np.zeros((6, 3))}, "for 7 poses"),
        ({"trans": np.full((7, 3), 1e6)}, "from the origin"),
        ({"trans": np.full((7, 3), 1e30)}, "too large to be one of a motion"),
        ({"mocap_framerate": np.array(0.0)}, "0 frames a second"),
        ({"mocap_framerate": np.array(-120)}, "1 to 1000 is right"),
        ({"mocap_framerate": np.array("fast")}, "not numbers"),
        ({"mocap_framerate": np.zeros(2)}, "one number is right"),
    ):
        np.savez(path, **(good | change))
        one_line(path, {}, says)
    for lacking, says in (("poses", "not an AMASS motion"), ("trans", "no `trans`")):
        np.savez(path, **{key: value for key, value in good.items() if key != lacking})
        one_line(path, {}, says)
    np.savez(path, **{key: value for key, value in good.items() if key != "mocap_framerate"})
    one_line(path, {}, "give fps=")
    assert load_human_motion(path, fps=120).fps == 120
    for model, says in (
        (tmp_path / "m.pkl", "give the model as .npz"),
        (path, "a body model holds"),
    ):
        one_line(path, {"fps": 120, "body_model": model}, says)
    path.write_bytes(pickle.dumps({"poses": Sentinel(trace)}))
    one_line(path, {}, "is a pickle")
    path.write_bytes(b"no archive")
    one_line(path, {}, "is not an .npz file")
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        member, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 156)}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("poses.npy", member.getvalue() + bytes(64))
    one_line(path, {}, "claims shape (1000000000000, 156)")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("poses.npy", member.getvalue().replace(b"(", b"[").replace(b"}", b" "))
    one_line(path, {}, "is damaged or not an .npz file")
    assert not trace.exists()


def test_files_that_cannot_be_motions(tmp_path):
    one_line(tmp_path / "absent.bvh", {}, "no such file")
    one_line(tmp_path, {}, "cannot be read")
    one_line("a\0b.bvh", {}, "cannot be read")
    for name in ("a.bvh", "a.amc", "a.npz", "a.txt", "a"):
        (tmp_path / name).write_bytes(b"")
        one_line(tmp_path / name, {}, "the file is empty")
    (tmp_path / "a.c3d").write_bytes(b"\x02\x50 something")
    one_line(tmp_path / "a.c3d", {}, "unknown motion format; known are deepmimic (.txt .json), bvh")
    path, _, text = text_kinds(tmp_path, "bvh")
    for options, says in (
        ({"format": "bhv"}, "unknown motion format 'bhv'; did you mean 'bvh'?"),
        ({"up": "w"}, "up is 'w'; one of y, z, -y, -z, x, -x is right"),
        ({"units": "ft"}, "unknown unit 'ft'"),
        ({"units": -1.0}, "a positive number is right"),
        ({"units": "mm"}, "are the units right?"),
        ({"units": "cm"}, "0.3 to 3 m"),
        ({"fps": 0}, "0 frames a second"),
        ({"fps": float("nan")}, "1 to 1000 is right"),
        ({"asf": path}, "asf= is for amc, not for bvh files"),
    ):
        one_line(path, options, says)
    bare = tmp_path / "motion"
    bare.write_text(text)
    assert load_human_motion(bare).source == "motion (bvh)"


def test_checked_refuses_what_is_no_body(tmp_path):
    path, _, _ = written("bvh", tmp_path)
    motion = load_human_motion(path, licence="CC0")
    assert motion.licence == "CC0"
    stretched = motion.positions.copy()
    stretched[3, motion.index("left_toe")] += 0.05
    for change, says in (
        ({"positions": stretched}, "the bone to left_toe changes its length by 0.0866 m"),
        ({"rotations": motion.rotations * 1.1}, "not of length 1"),
        ({"positions": motion.positions[:1]}, "at least 2"),
        ({"rotations": motion.rotations[1:]}, "rotations have shape"),
        ({"offsets": motion.offsets * np.nan}, "must be finite"),
        ({"offsets": motion.offsets * 9}, "are the units right?"),
        ({"fps": 0.0}, "frame rate 0"),
        ({"joints": ("root", *motion.joints[1:])}, "no joint 'pelvis'"),
        ({"parents": (0, *motion.parents[1:])}, "parents before children"),
    ):
        with pytest.raises(UserError, match=r"^a.bvh") as caught:
            HumanMotion.checked(**(vars(motion) | change))
        assert says in str(caught.value)


@pytest.mark.parametrize("kind", ["deepmimic", "bvh", "amc", "amass", "asf", "model"])
def test_damaged_files_give_an_error_or_a_motion(kind, tmp_path):
    first = {"asf": "amc", "model": "amass"}.get(kind, kind)
    path, options, _ = written(first, tmp_path, frames=3)
    target = {"asf": tmp_path / "body.asf", "model": tmp_path / "model.npz"}.get(kind, path)
    data = target.read_bytes()
    rng = np.random.default_rng(1)
    damaged = [data[:cut] for cut in np.linspace(0, len(data) - 2, 80).astype(int)]
    for count in (1, 1, 1, 4, 30):
        for _ in range(40):
            flipped = np.frombuffer(data, np.uint8).copy()
            flipped[rng.integers(0, len(data), count)] = rng.integers(0, 256, count)
            damaged.append(flipped.tobytes())
    for _ in range(60):  # the header, where structure stands
        flipped = np.frombuffer(data, np.uint8).copy()
        flipped[rng.integers(0, min(len(data), 2000), 2)] = rng.integers(0, 256, 2)
        damaged.append(flipped.tobytes())
    errors = 0
    for content in damaged:
        target.write_bytes(content)
        try:
            motion = load_human_motion(path, **options)
        except UserError as error:
            errors += 1
            assert len(str(error).splitlines()) == 1
        else:
            assert np.isfinite(motion.positions).all() and motion.frames >= 2
    assert errors >= 40
