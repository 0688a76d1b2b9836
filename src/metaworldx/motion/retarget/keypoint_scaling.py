"""Keypoint scaling: target positions of the robot's keypoints from a human motion.

Each bone keeps the human's direction and takes the robot's length; the pelvis' path scales with the
legs. The robot's trunk is rigid but for a yaw joint, so pelvis and torso both lie along the human's
line from pelvis to neck, each with its own heading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.human_skeleton import HumanMotion
from metaworldx.motion.kinematics import SOLE_DEPTH, Point
from metaworldx.motion.retarget.robot_body import Body

SIDES = ("left", "right")
KEYPOINTS = {
    f"{side}_{name}": Point(f"{side}_{body}", offset)
    for side in SIDES
    for name, body, offset in (
        ("hip", "hip_pitch_link", (0.0, 0.0, 0.0)),
        ("knee", "knee_link", (0.0, 0.0, 0.0)),
        ("ankle", "ankle_link", (0.0, 0.0, 0.0)),
        ("toe", "ankle_link", (0.13, 0.0, -SOLE_DEPTH)),
        ("shoulder", "shoulder_roll_link", (0.0, 0.0, 0.0)),
        ("elbow", "elbow_link", (0.0, 0.0, 0.0)),
        ("wrist", "elbow_link", (0.31, 0.0, -0.01)),
    )
}
"""The robot's keypoints that follow the human's joints; a toe is the ball of the foot."""
TURNS = ("pelvis", "torso_link", "left_ankle_link", "right_ankle_link")
"""Bodies whose orientation follows the human's pelvis, chest and feet."""
AXES = {
    "left_shoulder_yaw_link": "left_shoulder",
    "right_shoulder_yaw_link": "right_shoulder",
    "left_hip_pitch_link": "left_hip",
    "right_hip_pitch_link": "right_hip",
}
"""Bodies whose y axis, that of elbow or knee, follows the human limb's twist."""


@dataclass(frozen=True)
class Fitted:
    """Targets of the retargeting.

    Attributes:
      root: the pelvis, `[T, 3]` m.
      points: keypoints in the order of KEYPOINTS, `[T, 14, 3]` m; the ground is near z = 0.
      turns: orientations of TURNS, `[T, 4, 3, 3]`.
      axes: directions of AXES' y axes, `[T, 4, 3]`.
      scale: the robot's leg over the human's.
    """

    root: np.ndarray
    points: np.ndarray
    turns: np.ndarray
    axes: np.ndarray
    scale: float

    def point(self, name: str) -> np.ndarray:
        """One keypoint `[T, 3]`."""
        return self.points[:, list(KEYPOINTS).index(name)]


def fitted(motion: HumanMotion, body: Body) -> Fitted:
    """Fits the human's proportions to the robot's; see the module.

    Args:
      motion: at the frame rate of the robot's motion.
    """
    sizes = _robot_sizes(body)
    spin = [Rotation.from_quat(q, scalar_first=True) for q in motion.rotations.swapaxes(0, 1)]
    rest = _rest(motion)
    at = {name: motion.positions[:, j] for j, name in enumerate(motion.joints)}
    where = motion.joints.index
    pelvis, chest = _trunk(motion, spin, rest)
    scale = (sizes.thigh + sizes.shank) / _leg(rest)

    hips = 0.5 * (rest["left_hip"] + rest["right_hip"])
    root = scale * (at["pelvis"] + pelvis.apply(hips)) - pelvis.apply(sizes.hip * [1.0, 0.0, 1.0])
    # Ankles of a standing foot are as high as the robot's.
    root[:, 2] += SOLE_DEPTH - scale * _ankle_height(motion)
    points: dict[str, np.ndarray] = {}
    turns, axes = [pelvis.as_matrix(), chest.as_matrix()], []
    for side in SIDES:
        mirror = np.array([1.0, 1.0 if side == "left" else -1.0, 1.0])
        hip, knee, ankle = (f"{side}_{name}" for name in ("hip", "knee", "ankle"))
        # Of a rigid pelvis the hips never move in it; the robot's own hips do.
        own = spin[0].inv().apply(at[hip] - at["pelvis"]) - rest[hip]
        points[hip] = root + pelvis.apply(sizes.hip * mirror + scale * own)
        points[knee] = points[hip] + sizes.thigh * _unit(at[knee] - at[hip])
        points[ankle] = points[knee] + sizes.shank * _unit(at[ankle] - at[knee])
        foot = spin[where(ankle)]
        points[f"{side}_toe"] = points[ankle] + foot.apply(KEYPOINTS[f"{side}_toe"].offset)
        turns.append(foot.as_matrix())
        shoulder, elbow, wrist = (f"{side}_{name}" for name in ("shoulder", "elbow", "wrist"))
        points[shoulder] = root + chest.apply(sizes.shoulder * mirror)
        points[elbow] = points[shoulder] + sizes.upper_arm * _unit(at[elbow] - at[shoulder])
        points[wrist] = points[elbow] + sizes.forearm * _unit(at[wrist] - at[elbow])
    for joint in AXES.values():
        child = joint.replace("shoulder", "elbow").replace("hip", "knee")
        bone = rest[child] - rest[joint]
        # With the limb hanging down both joints bend about y.
        hanging = _swing(np.array([0.0, 0.0, -1.0]), bone)
        axes.append((spin[where(joint)] * hanging).apply([0.0, 1.0, 0.0]))
    stacked = np.stack([points[name] for name in KEYPOINTS], axis=1)
    return Fitted(root, stacked, np.stack(turns, axis=1), np.stack(axes, axis=1), scale)


def _trunk(
    motion: HumanMotion, spin: list[Rotation], rest: dict[str, np.ndarray]
) -> tuple[Rotation, Rotation]:
    """Orientations of pelvis and chest, both along the line from pelvis to neck."""
    above = _chain(motion, motion.joints.index("left_shoulder"))
    chest = next(j for j in _chain(motion, motion.joints.index("right_shoulder")) if j in above)
    ends = ("neck",) if "neck" in motion.joints else ("left_shoulder", "right_shoulder")
    upright = np.mean([rest[name] for name in ends], axis=0)
    now = np.mean([motion.positions[:, motion.joints.index(name)] for name in ends], axis=0)
    along = now - motion.positions[:, 0]
    turns = []
    for joint in (0, chest):
        swings = [_swing(a, b) for a, b in zip(spin[joint].apply(upright), along, strict=True)]
        turns.append(Rotation.concatenate(swings) * spin[joint])
    return turns[0], turns[1]


class _Sizes(NamedTuple):
    """The robot's bones (m), and left-side positions from the pelvis with all hinges at 0."""

    hip: np.ndarray
    shoulder: np.ndarray
    thigh: float
    shank: float
    upper_arm: float
    forearm: float


def _robot_sizes(body: Body) -> _Sizes:
    qpos = np.zeros((1, 7 + len(body.tree.joints)))
    qpos[:, 3] = 1.0
    places = body.points(body.frames(qpos), tuple(KEYPOINTS.values()))[0]
    at = dict(zip(KEYPOINTS, places, strict=True))

    def apart(one: str, two: str) -> float:
        return float(np.linalg.norm(at[f"left_{one}"] - at[f"left_{two}"]))

    return _Sizes(
        hip=at["left_hip"],
        shoulder=at["left_shoulder"],
        thigh=apart("hip", "knee"),
        shank=apart("knee", "ankle"),
        upper_arm=apart("shoulder", "elbow"),
        forearm=apart("elbow", "wrist"),
    )


def _rest(motion: HumanMotion) -> dict[str, np.ndarray]:
    """Joint positions relative to the root at rest, m."""
    at: list[np.ndarray] = []
    for parent, offset in zip(motion.parents, motion.offsets, strict=True):
        at.append(offset + at[parent] if parent >= 0 else np.zeros(3))
    return dict(zip(motion.joints, at, strict=True))


def _ankle_height(motion: HumanMotion) -> float:
    """Height of the ankles at rest; the minimum height if none rests."""
    ankles = motion.positions[:, [motion.joints.index(f"{side}_ankle") for side in SIDES]]
    speed = np.linalg.norm(np.gradient(ankles, axis=0), axis=-1) * motion.fps
    height = ankles[..., 2]
    resting = (speed < 0.3) & (height < height.min() + 0.1)
    return float(np.median(height[resting])) if resting.sum() > 2 else float(height.min())


def _leg(rest: dict[str, np.ndarray]) -> float:
    """Mean length of a human's thigh and shank together, m."""
    bones = [("hip", "knee"), ("knee", "ankle")]
    ends = [(rest[f"{s}_{one}"], rest[f"{s}_{two}"]) for s in SIDES for one, two in bones]
    return 0.5 * float(sum(np.linalg.norm(one - two) for one, two in ends))


def _chain(motion: HumanMotion, joint: int) -> list[int]:
    """Ancestors of a joint, nearest first."""
    chain = []
    while (joint := motion.parents[joint]) >= 0:
        chain.append(joint)
    return chain


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def _swing(first: np.ndarray, second: np.ndarray) -> Rotation:
    """The smallest rotation of one direction into another."""
    a, b = _unit(first), _unit(second)
    cross, dot = np.cross(a, b), float(a @ b)
    if dot < -1.0 + 1e-9:
        side = np.cross(a, [1.0, 0.0, 0.0] if abs(a[0]) < 0.9 else [0.0, 1.0, 0.0])
        return Rotation.from_rotvec(np.pi * _unit(side))
    return Rotation.from_quat(np.append(cross, 1.0 + dot))
