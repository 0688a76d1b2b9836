"""A person who walks, made up, written as BVH in many dialects; and what a clip of it does.

The lower foot stays where it is and level: on the robot 1.05 m/s, and the person faces where it
goes. Axes here: x left, y up, z forward; m. `DIALECT` fields change the file and not the walk.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.kinematics import sole_points
from metaworldx.motion.retarget.contacts import find_standing
from metaworldx.motion.retarget.keypoint_scaling import fitted
from metaworldx.motion.retarget.looping import at_rate
from metaworldx.motion.retarget.robot_body import body_of

FPS = 30.0
PERSON = {  # joint: (parent, place on it)
    "Hips": (None, (0, 0, 0)),
    "Spine": ("Hips", (0, 0.12, 0)),
    "Chest": ("Spine", (0, 0.2, 0)),
    "Neck": ("Chest", (0, 0.2, 0)),
    "Head": ("Neck", (0, 0.1, 0)),
}
for _side, _x in (("Left", 1), ("Right", -1)):
    PERSON |= {
        f"{_side}UpLeg": ("Hips", (0.09 * _x, -0.05, 0)),
        f"{_side}Leg": (f"{_side}UpLeg", (0, -0.42, 0)),
        f"{_side}Foot": (f"{_side}Leg", (0, -0.42, 0)),
        f"{_side}ToeBase": (f"{_side}Foot", (0, -0.06, 0.13)),
        f"{_side}Shoulder": ("Chest", (0.05 * _x, 0.15, 0)),
        f"{_side}Arm": (f"{_side}Shoulder", (0.13 * _x, 0, 0)),
        f"{_side}ForeArm": (f"{_side}Arm", (0.28 * _x, 0, 0)),
        f"{_side}Hand": (f"{_side}ForeArm", (0.25 * _x, 0, 0)),
    }
ENDS = {"Head": (0, 0.1, 0), "LeftToeBase": (0, 0, 0.05), "RightToeBase": (0, 0, 0.05)}


def turn(axis, degrees):
    """[3, 3] about an axis, or [T, 3, 3] for T angles."""
    vectors = np.multiply.outer(np.asarray(degrees, float), np.eye(3)["xyz".index(axis)])
    return Rotation.from_rotvec(vectors, degrees=True).as_matrix()


def walk(frames=75, step_hz=0.9):
    """Local rotations, joint: [T, 3, 3], and the pelvis' path [T, 3]."""
    phase = 2 * np.pi * step_hz * np.arange(frames) / FPS
    local = {joint: np.tile(np.eye(3), (frames, 1, 1)) for joint in PERSON}
    for side, sign, shift in (("Left", 1, 0), ("Right", -1, np.pi)):
        hip = 0.38 * np.sin(phase + shift)
        knee = 0.06 + 0.7 * np.clip(np.cos(phase + shift), 0, None)
        local[f"{side}UpLeg"] = turn("x", np.degrees(-hip))
        local[f"{side}Leg"] = turn("x", np.degrees(knee))
        local[f"{side}Foot"] = turn("x", np.degrees(hip - knee))
        swing = turn("x", np.degrees(0.35 * np.sin(phase + shift)))
        local[f"{side}Arm"] = swing @ turn("z", np.degrees(-1.25 * sign))
        local[f"{side}ForeArm"] = np.tile(turn("y", np.degrees(-0.4 * sign)), (frames, 1, 1))
    local["Spine"] = turn("y", np.degrees(0.1 * np.sin(phase)))
    places = positions(local)
    root = np.zeros((frames, 3))
    for k in range(frames):
        foot = places["LeftFoot" if np.cos(phase[k]) < 0 else "RightFoot"]
        if k:
            root[k] = root[k - 1] + foot[k - 1] - foot[k]
        root[k, 1] = 0.06 - foot[k, 1]
    return local, root


def positions(local):
    """Places of the joints, pelvis at the origin, `[T, 3]` each."""
    place, spin = {}, {}
    for joint, (parent, offset) in PERSON.items():
        if parent is None:
            place[joint], spin[joint] = np.zeros((len(local[joint]), 3)), local[joint]
        else:
            place[joint] = place[parent] + spin[parent] @ np.array(offset, float)
            spin[joint] = spin[parent] @ local[joint]
    return place


@dataclass
class Layer:
    """A joint above the hips: its OFFSET, path (or none), and turns, `[T, 3]` and `[T, 3, 3]`."""

    name: str = "reference"
    offset: tuple = (0.0, 0.0, 0.0)
    path: np.ndarray | None = None
    turns: np.ndarray | None = None
    scale: float | None = None


@dataclass
class Dialect:
    """How a file is written; lengths in units."""

    frames_of: dict = field(default_factory=dict)
    """Joint: columns are its own axes in the T-pose."""
    every: np.ndarray = field(default_factory=lambda: np.eye(3))
    """The axes of all other joints."""
    world: np.ndarray = field(default_factory=lambda: np.eye(3))
    above: tuple = ()
    hips_offset: tuple = (0.0, 0.0, 0.0)
    relative: bool = False
    """Position channels of the hips are added to their OFFSET."""
    positions: bool = False
    """Every joint has position channels."""
    left_out: tuple = ()
    unit: float = 0.01
    name: object = staticmethod(lambda joint: joint)


def write(path, motion, dialect=None, order="ZXY"):
    """Writes the walk `(local, root)`; the same walk whatever the dialect."""
    how = dialect or Dialect()
    local, root = motion
    count = len(root)
    lines, columns = ["HIERARCHY"], []
    axes = [f"{axis}rotation" for axis in order]
    moves = ["Xposition", "Yposition", "Zposition"]

    def own(joint):
        return how.frames_of.get(joint, how.every)

    def begin(name, offset, channels):
        kind = "JOINT" if len(columns) else "ROOT"
        lines.extend([f"{kind} {name}", "{", "OFFSET {:.6f} {:.6f} {:.6f}".format(*offset)])
        lines.append(f"CHANNELS {len(channels)} {' '.join(channels)}")

    def euler(turns):
        return Rotation.from_matrix(turns).as_euler(order, degrees=True)

    place, spin, scale = np.zeros((count, 3)), np.tile(np.eye(3), (count, 1, 1)), 1.0
    for layer in how.above:
        channels = [*(moves if layer.path is not None else []), *axes]
        channels += ["Xscale", "Yscale", "Zscale"] if layer.scale else []
        begin(layer.name, layer.offset, channels)
        path_here = np.tile(layer.offset, (count, 1)) if layer.path is None else layer.path
        turns = np.tile(np.eye(3), (count, 1, 1)) if layer.turns is None else layer.turns
        place = place + scale * np.einsum("tab,tb->ta", spin, path_here)
        spin, scale = spin @ turns, scale * (layer.scale or 1.0)
        own_columns = [] if layer.path is None else [layer.path]
        own_columns += [euler(np.broadcast_to(turns, (count, 3, 3)))]
        own_columns += [np.full((count, 3), layer.scale)] if layer.scale else []
        columns.append(np.concatenate(own_columns, axis=1))

    def joint_lines(joint):
        parent, offset = PERSON[joint]
        if parent is None:
            world_path = root @ how.world.T / how.unit
            at = np.einsum("tba,tb->ta", spin, world_path - place) / scale
            at = at - how.hips_offset if how.relative else at
            offset, turns = how.hips_offset, np.swapaxes(spin, 1, 2) @ how.world @ local[joint]
        else:
            offset = own(parent).T @ np.array(offset, float) / how.unit / scale
            at, turns = np.tile(offset, (count, 1)), own(parent).T @ local[joint]
        moved = parent is None or how.positions
        begin(how.name(joint), offset, [*moves, *axes] if moved else axes)
        columns.append(np.concatenate([at, euler(turns @ own(joint))], axis=1)[:, 3 - 3 * moved :])
        children = [j for j, (p, _) in PERSON.items() if p == joint and j not in how.left_out]
        for child in children:
            joint_lines(child)
        if not children:
            end = own(joint).T @ np.array(ENDS.get(joint, (0, 0, 0)), float) / how.unit / scale
            lines.extend(["End Site", "{", "OFFSET {:.6f} {:.6f} {:.6f}".format(*end), "}"])
        lines.append("}")

    joint_lines("Hips")
    lines += ["}"] * len(how.above)
    rows = np.concatenate(columns, axis=1)
    lines += ["MOTION", f"Frames: {count}", f"Frame Time: {1 / FPS:.6f}"]
    lines += [" ".join(f"{value:.6f}" for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def wanted(motion):
    """What the robot should follow of a human motion, from where it starts and is going.

    Keypoints `[T, P, 3]`, turns of pelvis, torso and feet `[T, 4, 3, 3]`, axes of elbows and
    knees, and which ends of soles stand.
    """
    human = at_rate(motion, 50.0, whole=False)
    fit = fitted(human, body_of("h1"))
    way = (fit.root[-1] - fit.root[0]) * [1, 1, 0]
    ahead = Rotation.from_euler("z", -np.arctan2(way[1], way[0])).as_matrix()
    points = (fit.points - fit.root[:1, None] * [1, 1, 0]) @ ahead.T
    return points, ahead @ fit.turns, fit.axes @ ahead.T, find_standing(human, 50.0) >= 0


def assert_same_walk(motion, other, degrees=3.0):
    """That the robot should do the same, whatever files the motions came from."""
    (points, turns, axes, stands), true = wanted(motion), wanted(other)
    np.testing.assert_allclose(points, true[0], atol=0.02)
    apart = np.swapaxes(true[1], -1, -2) @ turns
    apart = Rotation.from_matrix(apart.reshape(-1, 3, 3)).magnitude()
    assert np.degrees(apart.max()) < degrees, np.degrees(apart.max())
    assert np.degrees(np.arccos(np.clip((axes * true[2]).sum(-1), -1, 1)).max()) < 10
    assert (stands != true[3]).mean() < 0.02


def what_it_does(clip):
    """Speed (m/s), heading less way of travel (degrees), sole pitch while standing (degrees)."""
    body = body_of("h1")
    way = clip.qpos[-1, :2] - clip.qpos[0, :2]
    facing = Rotation.from_quat(clip.qpos[:, 3:7], scalar_first=True).as_matrix()[:, :2, 0]
    x, y = facing.mean(axis=0)
    off = np.arctan2(y, x) - np.arctan2(way[1], way[0])
    frames, pitch = body.frames(clip.qpos), []
    for foot, side in enumerate(("left", "right")):
        turns = frames.turn[:, body.index((sole_points(side)[0].body,))[0]]
        pitch.append(np.abs(np.arcsin(turns[clip.contacts[:, foot], 2, 0])))
    heading = np.degrees(np.abs((off + np.pi) % (2 * np.pi) - np.pi))
    return np.linalg.norm(way) / clip.duration, heading, np.degrees(np.concatenate(pitch).max())
