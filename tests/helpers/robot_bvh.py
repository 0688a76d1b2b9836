"""BVH export of human motion, and of a robot's clip as a skeleton with its joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.core.errors import UserError
from metaworldx.motion.clip import Clip
from metaworldx.motion.human_skeleton import HumanMotion
from metaworldx.motion.kinematics import Point, sole_points
from metaworldx.motion.retarget.robot_body import Body, body_of

_CM = 100.0
# The file's x, y, z are our y, z, x: its figure faces z, y is up.
_AXES = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
_TRUNK = (
    ("pelvis", "", Point("pelvis"), "pelvis"),
    ("chest", "pelvis", Point("torso_link"), "torso_link"),
    ("neck", "chest", Point("torso_link", (0.0, 0.0, 0.45)), "torso_link"),
    ("head", "neck", Point("torso_link", (0.0, 0.0, 0.7)), "torso_link"),
)
"""Joints of a robot's skeleton: name, parent, position, and the body that its bones rotate with.

A hip and a shoulder are two joints each, for their axes do not meet in a point."""


def _limbs(side: str) -> tuple[tuple[str, str, Point, str], ...]:
    toe = sole_points("left")[2].offset
    chains = (
        ("hip_yaw", "pelvis", "hip_yaw_link", (), "hip_roll_link"),
        ("hip", "hip_yaw", "hip_pitch_link", (), "hip_pitch_link"),
        ("knee", "hip", "knee_link", (), "knee_link"),
        ("ankle", "knee", "ankle_link", (), "ankle_link"),
        ("toe", "ankle", "ankle_link", (toe[0], 0.0, toe[2]), "ankle_link"),
        ("shoulder_pitch", "chest", "shoulder_pitch_link", (), "shoulder_pitch_link"),
        ("shoulder", "shoulder_pitch", "shoulder_roll_link", (), "shoulder_yaw_link"),
        ("elbow", "shoulder", "elbow_link", (), "elbow_link"),
        ("wrist", "elbow", "elbow_link", (0.31, 0.0, -0.01), "elbow_link"),
    )
    return tuple(
        (
            f"{side}_{name}",
            parent if parent in ("pelvis", "chest") else f"{side}_{parent}",
            Point(f"{side}_{at}", offset or (0.0, 0.0, 0.0)),
            f"{side}_{turns}",
        )
        for name, parent, at, offset, turns in chains
    )


def human_from_clip(clip: Clip) -> HumanMotion:
    """The clip as the motion of a skeleton with the robot's joints and proportions.

    Args:
      clip: of the h1.

    Raises:
      UserError: the clip is not the h1's.
    """
    body = body_of("h1")
    if clip.joints != body.tree.joints:
        raise UserError(f"clip {clip.name!r} is not of the h1: its joints differ")
    figure = (*_TRUNK, *_limbs("left"), *_limbs("right"))
    names = tuple(name for name, _, _, _ in figure)
    parents = tuple(names.index(parent) if parent else -1 for _, parent, _, _ in figure)
    rest = np.zeros((1, clip.qpos.shape[1]))
    rest[:, 3] = 1.0
    at, turn = _figure(body, rest, figure)
    offsets = at[0] - np.where(np.array(parents)[:, None] < 0, at[0], at[0, list(parents)])
    positions, turns = _figure(body, clip.qpos, figure)
    relative = turns @ np.swapaxes(turn, -1, -2)
    spins = Rotation.from_matrix(relative.reshape(-1, 3, 3)).as_quat(scalar_first=True)
    return HumanMotion.checked(
        name=clip.name,
        fps=clip.fps,
        joints=names,
        parents=parents,
        offsets=offsets,
        positions=positions,
        rotations=_continuous(spins.reshape(*positions.shape[:2], 4)),
        loop=clip.loop,
        source=clip.source or clip.name,
        licence=clip.licence,
    )


def write_bvh(motion: HumanMotion, path: Path) -> None:
    """Writes a motion atomically as BVH in centimetres, y up, facing z.

    Raises:
      UserError: the file cannot be written.
    """
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(motion.parents):
        children.setdefault(parent, []).append(joint)
    lines, order = ["HIERARCHY"], []
    _write_joint(motion, children, 0, 0, lines, order)
    matrices = Rotation.from_quat(motion.rotations.reshape(-1, 4), scalar_first=True).as_matrix()
    world = _AXES @ matrices.reshape(*motion.rotations.shape[:2], 3, 3) @ _AXES.T
    columns = [motion.positions[:, 0] @ _AXES.T * _CM]
    for joint in order:
        parent = motion.parents[joint]
        local = (
            np.swapaxes(world[:, parent], -1, -2) @ world[:, joint]
            if parent >= 0
            else world[:, joint]
        )
        columns.append(Rotation.from_matrix(local).as_euler("ZXY", degrees=True))
    rows = np.concatenate(columns, axis=1)
    lines += ["MOTION", f"Frames: {motion.frames}", f"Frame Time: {1.0 / motion.fps:.8f}"]
    lines += [" ".join(f"{value:.6f}" for value in row) for row in rows]
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text("\n".join(lines) + "\n")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def _write_joint(
    motion: HumanMotion,
    children: dict[int, list[int]],
    joint: int,
    depth: int,
    lines: list[str],
    order: list[int],
) -> None:
    indent = "  " * depth
    order.append(joint)
    x, y, z = _AXES @ motion.offsets[joint] * _CM
    rotations = "Zrotation Xrotation Yrotation"
    channels = f"3 {rotations}" if depth else f"6 Xposition Yposition Zposition {rotations}"
    lines += [
        f"{indent}{'JOINT' if depth else 'ROOT'} {motion.joints[joint]}",
        f"{indent}{{",
        f"{indent}  OFFSET {x:.6f} {y:.6f} {z:.6f}",
        f"{indent}  CHANNELS {channels}",
    ]
    for child in children.get(joint, ()):
        _write_joint(motion, children, child, depth + 1, lines, order)
    if joint not in children:
        end = f"{indent}  "
        lines += [f"{end}End Site", f"{end}{{", f"{end}  OFFSET 0.0 0.0 0.0", f"{end}}}"]
    lines.append(f"{indent}}}")


def _figure(
    body: Body, qpos: np.ndarray, figure: tuple[tuple[str, str, Point, str], ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of a skeleton's joints `[T, J, 3]` and orientations of bones `[T, J, 3, 3]`."""
    frames = body.frames(qpos)
    at = body.points(frames, tuple(point for _, _, point, _ in figure))
    return at, frames.turn[:, body.index(tuple(turns for _, _, _, turns in figure))]


def _continuous(quat: np.ndarray) -> np.ndarray:
    """Quaternions `[T, J, 4]` with signs continuous in time."""
    flips = np.where(np.sum(quat[1:] * quat[:-1], axis=-1) < 0.0, -1.0, 1.0)
    quat = quat.copy()
    quat[1:] *= np.cumprod(flips, axis=0)[..., None]
    return quat
