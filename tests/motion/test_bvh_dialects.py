"""One walk in many dialects of BVH: each gives that walk, or is refused in one line."""

import logging

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from test_importers import one_line, still

from helpers.motion_writers import Y_UP, write_amc
from helpers.walking_person import (
    PERSON,
    Dialect,
    Layer,
    assert_same_walk,
    turn,
    walk,
    what_it_does,
    write,
)
from metaworldx import cli
from metaworldx.core.errors import UserError
from metaworldx.motion.importers import load_human_motion
from metaworldx.motion.retarget import retarget

pytestmark = pytest.mark.filterwarnings("ignore:Gimbal lock")
WALK = walk()
COUNT = len(WALK[1])
STILL = np.zeros((COUNT, 3))
SECONDS = np.arange(COUNT) / 30.0
FLAT = WALK[1] * [100, 0, 100]
FEET = ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")
TOES = ("LeftToeBase", "RightToeBase")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return load_human_motion(write(tmp_path_factory.mktemp("plain") / "plain.bvh", WALK))


def read(tmp_path, dialect, **options):
    return load_human_motion(write(tmp_path / "walk.bvh", WALK, dialect), **options)


PATHS = {
    "hips alone": Dialect(above=(Layer(path=STILL),)),
    "root off and turned": Dialect(above=(Layer(offset=(9, 20, 3), turns=turn("y", 70)),)),
    "root lays y up as z": Dialect(above=(Layer(path=STILL, turns=turn("x", 90)),)),
    "three layers": Dialect(
        above=(
            Layer("a", path=STILL),
            Layer("b", (1, 2, 3), turns=turn("y", 20)),
            Layer("c", path=STILL + np.array([5.0, 0.0, 0.0]), turns=turn("z", 30)),
        )
    ),
    "root sways": Dialect(
        above=(Layer(path=np.sin(SECONDS)[:, None] * [2, 1, 3], turns=turn("y", 6 * SECONDS)),)
    ),
    "root on the ground": Dialect(above=(Layer(path=FLAT),), hips_offset=(0, 90, 0)),
    "added to the offset": Dialect(
        above=(Layer(path=FLAT, turns=turn("y", 40 * SECONDS)),),
        hips_offset=(0, 90, 0),
        relative=True,
    ),
    "all joints": Dialect(above=(Layer(path=STILL),), positions=True),
    "scaled": Dialect(above=(Layer(path=STILL, scale=2.5),)),
}


@pytest.mark.parametrize("kind", PATHS)
def test_path_may_be_any_joints_above_the_hips(kind, tmp_path, plain):
    assert_same_walk(read(tmp_path, PATHS[kind]), plain)


def test_hips_that_move_a_little_below_a_still_root_move(tmp_path):
    """By less than a hundredth of the body, which a bone may slide by."""
    local, root = walk(30)
    local = {joint: turns[:1].repeat(30, axis=0) for joint, turns in local.items()}
    root = root[:1] + 0.01 * np.sin(SECONDS[:30])[:, None] * [1.0, 0.0, 0.0]
    for above in ((), (Layer(path=np.zeros((30, 3))),)):
        path = write(tmp_path / "a.bvh", (local, root), Dialect(above=above))
        moved = load_human_motion(path).positions[:, 0]
        assert np.ptp(moved[:, 1]) == pytest.approx(np.ptp(root[:, 0]), abs=1e-5)


def test_joints_below_the_hips_may_not_slide_and_scales_not_change(tmp_path):
    path = write(tmp_path / "a.bvh", WALK, Dialect(positions=True))
    head, _, rows = path.read_text().partition("0.033333\n")
    table = np.array([row.split() for row in rows.splitlines()], float)
    knee = 6 * [line.split()[1] for line in head.splitlines() if line.startswith("JOINT")].index(
        "LeftLeg"
    )
    table[:, knee + 6 + 1] += np.linspace(0.0, 9.0, COUNT)
    path.write_text(head + "0.033333\n" + "\n".join(" ".join(map(str, row)) for row in table))
    one_line(path, {}, "joint 'LeftLeg' slides on its parent by")
    path = write(tmp_path / "a.bvh", WALK, Dialect(above=(Layer(path=STILL, scale=2.5),)))
    lines = path.read_text().splitlines()
    lines[-1] = lines[-1].replace("2.500000", "2.600000")
    path.write_text("\n".join(lines))
    one_line(path, {}, "'reference' has scale channels that change")


def everywhere(seed, size):
    """Axes of each joint turned anyhow, by about `size` rad."""
    rng = np.random.default_rng(seed)
    return {j: Rotation.from_rotvec(rng.normal(0, size, 3)).as_matrix() for j in PERSON}


ZERO_POSES = {
    **{f"turned {d}": Dialect(every=turn("y", d)) for d in (-30, 8, 12, 75, 137, 200)},
    **{f"feet down {d}": Dialect({j: turn("x", d) for j in FEET}) for d in (-40, 15, 40, 90)},
    "left foot down": Dialect({j: turn("x", 40) for j in FEET[:2]}),
    "toes out": Dialect({j: turn("y", 40 if "Left" in j else -40) for j in FEET}),
    "no toes": Dialect({j: turn("x", 30) for j in FEET}, left_out=TOES),
    "no toes, feet turned": Dialect({j: turn("y", 40) for j in FEET}, left_out=TOES),
    "on its back": Dialect(every=turn("x", 90)),
    "on its side": Dialect(every=turn("z", 90)),
    "upside down": Dialect(every=turn("z", 180)),
    "leaning": Dialect(every=turn("x", 20)),
    "arms down": Dialect(
        {j: turn("z", 60 if "Left" in j else -60) for j in PERSON if "Arm" in j or "Hand" in j}
    ),
    "legs twisted": Dialect({j: turn("y", 60) for j in PERSON if "Leg" in j}),
    "chest alone": Dialect({"Chest": turn("y", 35)}),
    **{f"scattered {s}": Dialect(everywhere(s, size)) for s, size in enumerate((0.2, 0.5, 1, 2))},
}


@pytest.mark.parametrize("kind", ZERO_POSES)
def test_zero_pose_may_be_any(kind, tmp_path, plain):
    assert_same_walk(read(tmp_path, ZERO_POSES[kind]), plain)


@pytest.mark.parametrize("kind", ["hips alone", "feet down 40", "turned -30"])
@pytest.mark.slow
def test_robot_walks_ahead_on_level_soles(kind, tmp_path):
    made = retarget(read(tmp_path, (PATHS | ZERO_POSES)[kind]), skill="walk")
    speed, heading, pitch = what_it_does(made.clip)
    assert speed == pytest.approx(1.05, abs=0.05)
    assert heading < 4.0 and pitch < 4.0
    assert 9 <= made.figures.steps <= 11


def test_robots_soles_are_level_where_the_zero_poses_are_not(tmp_path):
    short = walk(30)
    path = write(tmp_path / "a.bvh", short, Dialect({j: turn("x", 40) for j in FEET}))
    speed, heading, pitch = what_it_does(retarget(load_human_motion(path)).clip)
    assert speed == pytest.approx(1.05, abs=0.1) and heading < 6.0 and pitch < 4.0


LEG = {"Left": "Right", "Right": "Left"}


def test_exchanged_sides_are_refused(tmp_path):
    def other(joint):
        return next((LEG[s] + joint[len(s) :] for s in LEG if joint.startswith(s)), joint)

    for left_out in ((), TOES):
        path = write(tmp_path / "a.bvh", WALK, Dialect(name=other, left_out=left_out))
        one_line(path, {}, "left and right are exchanged, or the file is mirrored")


@pytest.mark.parametrize(
    ("up", "world"),
    [
        ("y", np.eye(3)),
        ("z", turn("x", 90)),
        ("-y", turn("x", 180)),
        ("-y", turn("z", 180)),
        ("-z", turn("x", -90)),
        ("x", turn("z", -90)),
        ("-x", turn("z", 90)),
    ],
)
def test_up_is_judged_in_both_senses_and_may_be_told(up, world, tmp_path, plain):
    for every in (np.eye(3), world, world.T):
        dialect = Dialect(world=world, every=every)
        assert_same_walk(read(tmp_path, dialect), plain)
        assert_same_walk(read(tmp_path, dialect, up=up), plain)


# Names

PARTS = ("UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand")
NAMINGS = {
    "Bip01 % Thigh": "Calf Foot Toe0 Clavicle UpperArm Forearm Hand",
    "CC_Base_%_Thigh": "Calf Foot ToeBase Clavicle Upperarm Forearm Hand",
    "J_Bip_%_UpperLeg": "LowerLeg Foot ToeBase Shoulder UpperArm LowerArm Hand",
    "Zorro:%Thigh": "Shin Foot Toe Shoulder UArm FArm Hand",
    "%ULeg": "LLeg Foot Toe Clav UArm LArm Hand",
    "DEF-%_thigh": "shin foot toe shoulder upper_arm forearm hand",
    "rig_%_leg_upper_jnt": "leg_lower foot toes clavicle arm_upper arm_lower hand",
    "Hero%ThighBend": "Shin Foot Toe Collar ShldrBend ForearmBend Hand",
    "%Leg": "Knee Foot Toe Shoulder Arm Elbow Hand",
}


def naming(pattern, parts, root=None):
    begin, _, first = pattern.partition("%")
    joiner, end = ("_", "_jnt") if first.startswith("_leg") else (first[0], "")
    joiner = joiner if not joiner.isalnum() else ""
    names = dict(zip(PARTS, [first.strip("_ ").removesuffix("_jnt"), *parts.split()], strict=True))

    def name(joint):
        side = next((s for s in ("Left", "Right") if joint.startswith(s)), None)
        if side is None:
            return root if root and joint == "Hips" else begin + joint
        return begin + side[0] + joiner + names[joint[len(side) :]] + end

    return name


@pytest.mark.parametrize("pattern", NAMINGS)
def test_names_with_blanks_prefixes_and_short_forms(pattern, tmp_path, plain):
    for root in (None, "root"):
        dialect = Dialect(name=naming(pattern, NAMINGS[pattern], root))
        assert_same_walk(read(tmp_path, dialect), plain)


def test_a_prefix_that_the_root_lacks(tmp_path, plain):
    name = naming("Bip01_%_Thigh", NAMINGS["Bip01 % Thigh"], "Bip01")
    assert name("Hips") == "Bip01" and name("LeftUpLeg") == "Bip01_L_Thigh"
    assert_same_walk(read(tmp_path, Dialect(name=name)), plain)


def numbered(joint):
    return f"Bone.{list(PERSON).index(joint):03d}"


CANONICAL = ("hip", "knee", "ankle", "toe", "collar", "shoulder", "elbow", "wrist")
GIVEN = {
    f"{side.lower()}_{name}": numbered(side + part)
    for side in LEG
    for name, part in zip(CANONICAL, PARTS, strict=True)
}


def test_names_may_be_given(tmp_path, plain, monkeypatch, capsys):
    path = write(tmp_path / "walk.bvh", WALK, Dialect(name=numbered))
    one_line(path, {}, "tell which with names=")
    motion = load_human_motion(path, names=GIVEN)
    assert_same_walk(motion, plain)
    told = []
    monkeypatch.setattr(
        "metaworldx.motion.retarget.retarget", lambda m, *_: told.append(m) or 1 / 0
    )
    pairs = [f"{joint}={name}" for joint, name in GIVEN.items()]
    for args in (["--names", *pairs], [x for pair in pairs for x in ("--names", pair)]):
        with pytest.raises(ZeroDivisionError):
            cli.main(["motions", "import", str(path), "--skill", "walk", *args])
        np.testing.assert_array_equal(told.pop().positions, motion.positions)
    for pair, says in (("left_hip", "joint=name such as"), ("left_hip=a", "left_hip twice")):
        args = ["--skill", "walk", "--names", "left_hip=b", pair]
        assert cli.main(["motions", "import", str(path), *args]) == 2
        err = capsys.readouterr().err
        assert says in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"lef_hip": "Bone.001"}, "unknown joint 'lef_hip'; did you mean 'left_hip'?"),
        ({"left_hip": "Bone.0005"}, "left_hip: unknown joint 'Bone.0005'; did you mean 'Bone.0"),
        ({"left_hip": GIVEN["left_knee"]}, "'Bone.006' is given to left_hip and to left_knee"),
        ({"pelvis": "Bone.004"}, "pelvis is 'Bone.004', on which legs and arms do not hang"),
    ],
)
def test_names_that_are_none_are_refused(change, says, tmp_path):
    path = write(tmp_path / "walk.bvh", WALK, Dialect(name=numbered))
    one_line(path, {"names": GIVEN | change}, says)


def test_names_that_could_be_two_joints_are_refused(tmp_path):
    path = write(tmp_path / "a.bvh", WALK)
    text = path.read_text()
    path.write_text(text.replace("LeftToeBase", "Left_Foot"))
    one_line(path, {}, "left_ankle could be 'LeftFoot' or 'Left_Foot'; tell which")
    path.write_text(text.replace("UpLeg", "Leg1").replace("Leg\n", "Leg2\n"))
    one_line(path, {}, "left_hip could be 'LeftLeg1' or 'LeftLeg2'; tell which")


# What files say and nobody reads


def test_amc_header_has_the_rate(tmp_path):
    path = write_amc(tmp_path / "a.amc", *still())
    text = path.read_text()
    assert load_human_motion(path).fps == 120
    path.write_text(text.replace(":DEGREES", ":DEGREES\n:SAMPLES-PER-SECOND 60"))
    assert load_human_motion(path).fps == 60
    assert load_human_motion(path, fps=25).fps == 25
    for bad in ("0", "many", "60 60", ""):
        path.write_text(text.replace(":DEGREES", f":DEGREES\n:SAMPLES-PER-SECOND {bad}"))
        with pytest.raises(UserError, match="SAMPLES-PER-SECOND"):
            load_human_motion(path)


def test_whoever_lies_still_is_not_stood_up(tmp_path):
    """Along axes that a file hardly ever has up, breathing on the ground."""
    local, root = walk(30)
    local = {joint: np.tile(np.eye(3), (30, 1, 1)) for joint in local}
    root = root * 0 + [0.0, 0.1, 0.0] + 0.01 * np.sin(SECONDS[:30])[:, None] * [0, 1, 0]
    for lies in (turn("x", -90), turn("z", 90), turn("z", -90)):
        local["Hips"] = np.tile(lies, (30, 1, 1))
        motion = load_human_motion(write(tmp_path / "a.bvh", (local, root)))
        neck = motion.positions[:, motion.index("neck")] - motion.positions[:, 0]
        assert np.abs(neck[:, 2]).max() < 0.05


def test_what_is_passed_over_is_told(tmp_path, caplog):
    path, asf = write_amc(tmp_path / "a.amc", *still()), tmp_path / "body.asf"
    with caplog.at_level(logging.WARNING):
        load_human_motion(path)
    assert caplog.messages == []
    path.write_text(path.read_text().replace(":DEGREES", ":DEGREES\n:SMOOTHED 3"))
    text = asf.read_text().replace("   mass 1.0", "   mass 1.0\n  force 2")
    asf.write_text(text.replace(":hierarchy", ":constraints\n  x 1\n:hierarchy"))
    with caplog.at_level(logging.WARNING):
        load_human_motion(path)
    told = " ".join(caplog.messages)
    assert "':SMOOTHED' is not known here" in told and "':constraints'" in told
    assert all("\n" not in message and str(path) in message for message in caplog.messages)


def test_a_bvh_without_a_path_is_told(tmp_path, caplog):
    path = write(tmp_path / "a.bvh", WALK)
    lines = path.read_text().splitlines()
    begin = lines.index("MOTION")
    lines[4] = lines[4].replace("6 Xposition Yposition Zposition", "3")
    rows = [" ".join(line.split()[3:]) for line in lines[begin + 3 :]]
    path.write_text("\n".join([*lines[: begin + 3], *rows]))
    load_human_motion(path)
    assert "no joint has position channels" in caplog.text


def test_an_amc_whose_y_points_down_stands(tmp_path):
    """The file's world turned about x by a half turn: the same body upside down, and told."""
    local, root = still()
    half = turn("x", 180)
    local["pelvis"] = Y_UP.T @ half @ Y_UP @ local["pelvis"]
    path = write_amc(tmp_path / "a.amc", local, root @ (Y_UP.T @ half @ Y_UP).T)
    for options in ({}, {"up": "-y"}):
        motion = load_human_motion(path, **options)
        height = motion.positions[..., 2]
        assert np.all(height[:, motion.index("neck")] > height[:, 0])
        assert np.all(height[:, motion.index("left_ankle")] < height[:, 0])
