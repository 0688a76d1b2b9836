"""Human skeleton motion in one representation for all file formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metaworldx.core.errors import UserError

REQUIRED_JOINTS = (
    "pelvis",
    *("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle"),
    *("left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
)
OPTIONAL_JOINTS = (
    *("spine", "chest", "neck", "head", "left_toe", "right_toe"),
    *("left_collar", "right_collar", "left_hand", "right_hand"),
)

FPS_RANGE = (1.0, 1000.0)
_HEIGHT_RANGE_M = (0.3, 3.0)
_BONE_TOLERANCE_M = 0.01
_FARTHEST_M = 10_000.0


@dataclass(frozen=True)
class HumanMotion:
    """The joints of one person over time.

    World axes: z up; the heading is the file's. A joint's rotation is its bone's orientation in
    the world relative to the rest pose, which faces +x: with all rotations the identity the body
    stands at rest facing +x. So a child lies at `positions[parent] + rotations[parent] * offset`.

    Attributes:
      joints: canonical names (`REQUIRED_JOINTS`, `OPTIONAL_JOINTS`) if known, else the file's own
        in lower case; root first, parents before children.
      parents: index of each joint's parent, -1 for the root.
      offsets: [J, 3] m from the parent at rest; axes x forward, y left, z up.
      positions: [T, J, 3] m.
      rotations: [T, J, 4] unit quaternions w x y z, continuous in time.
      loop: whether the clip is cyclic; None if the file does not say.
      source: file name and format.
      licence: as given when loading the file.
    """

    name: str
    fps: float
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    positions: np.ndarray
    rotations: np.ndarray
    loop: bool | None
    source: str
    licence: str

    @classmethod
    def checked(cls, **fields: Any) -> HumanMotion:
        """A validated motion; UserError, naming `source`, if it is not a human's."""
        motion = cls(**fields)
        problem = _problem(motion)
        if problem:
            raise UserError(f"{motion.source}: {problem}")
        return motion

    @property
    def frames(self) -> int:
        """T."""
        return len(self.positions)

    @property
    def duration_s(self) -> float:
        """Time from the first frame to the last."""
        return (self.frames - 1) / self.fps

    @property
    def height_m(self) -> float:
        """Hip to ankle, plus pelvis to head (neck or shoulders if there is none), along bones."""
        return body_height(self.joints, self.parents, self.offsets)

    def index(self, joint: str) -> int:
        """Index of `joint` in `joints`."""
        return self.joints.index(joint)


def forward_kinematics(
    parents: tuple[int, ...], offsets: np.ndarray, root: np.ndarray, matrices: np.ndarray
) -> np.ndarray:
    """World positions [T, J, 3] of joints, from world matrices [T, J, 3, 3] and root positions.

    Args:
      offsets: [J, 3] from the parent, in the parent's frame.
      root: [T, 3].
    """
    positions = np.empty((*matrices.shape[:2], 3))
    for joint, parent in enumerate(parents):
        if parent < 0:
            positions[:, joint] = root
        else:
            positions[:, joint] = positions[:, parent] + matrices[:, parent] @ offsets[joint]
    return positions


def body_height(joints: tuple[str, ...], parents: tuple[int, ...], offsets: np.ndarray) -> float:
    """Mean leg (hip to ankle) plus trunk (pelvis to head, neck or shoulder), along the bones."""

    def path(top: str, below: str) -> float:
        joint, length = joints.index(below), 0.0
        while joint >= 0 and joints[joint] != top:
            length += float(np.linalg.norm(offsets[joint]))
            joint = parents[joint]
        return length

    legs = [path(f"{side}_hip", f"{side}_ankle") for side in ("left", "right")]
    crown = next(name for name in ("head", "neck", "left_shoulder") if name in joints)
    return sum(legs) / 2 + path("pelvis", crown)


def _problem(motion: HumanMotion) -> str | None:
    """What is wrong with a motion, or None."""
    return _structure_problem(motion) or _body_problem(motion) or _time_problem(motion)


def _structure_problem(motion: HumanMotion) -> str | None:
    low, high = FPS_RANGE
    if not (np.isfinite(motion.fps) and low <= motion.fps <= high):
        return f"frame rate {motion.fps:g} is not between {low:g} and {high:g} frames a second"
    count, frames = len(motion.joints), len(motion.positions)
    if frames < 2:
        return f"{frames} frame(s); a motion has at least 2"
    shapes = {
        "offsets": (motion.offsets, (count, 3)),
        "positions": (motion.positions, (frames, count, 3)),
        "rotations": (motion.rotations, (frames, count, 4)),
    }
    for name, (array, shape) in shapes.items():
        if array.shape != shape:
            return f"{name} have shape {array.shape}, not {shape}"
        if not np.isfinite(array).all():
            return f"{name} hold NaN or infinity; all must be finite"
    if len(motion.parents) != count or len(set(motion.joints)) != count:
        return f"{len(motion.parents)} parents for {count} joints, whose names must differ"
    missing = [name for name in REQUIRED_JOINTS if name not in motion.joints]
    if missing:
        return f"no joint {missing[0]!r}; joints are {', '.join(motion.joints[:40])}"
    order = motion.parents[0] == -1 and all(
        0 <= parent < joint for joint, parent in enumerate(motion.parents) if joint
    )
    return None if order else "joints must come root first, parents before children"


def _body_problem(motion: HumanMotion) -> str | None:
    low, high = _HEIGHT_RANGE_M
    if np.abs(motion.offsets).max() > high:
        joint = motion.joints[int(np.abs(motion.offsets).max(axis=1).argmax())]
        return f"{joint} lies more than {high:g} m from its parent; are the units right?"
    height = motion.height_m
    if not low <= height <= high:
        return (
            f"the body measures {height:.3g} m from ankle to head, not {low:g} to {high:g} m; "
            "are the units right?"
        )
    for joint in ("left_knee", "left_ankle", "right_knee", "right_ankle"):
        if np.linalg.norm(motion.offsets[motion.index(joint)]) < _BONE_TOLERANCE_M:
            return f"the bone above {joint} has no length; a skeleton with legs is needed"
    return None


def _time_problem(motion: HumanMotion) -> str | None:
    if np.abs(motion.positions).max() > _FARTHEST_M:
        return f"a position lies more than {_FARTHEST_M:g} m from the origin; are the units right?"
    if np.abs(np.linalg.norm(motion.rotations, axis=-1) - 1).max() > 1e-3:
        return "rotations hold a quaternion that is not of length 1"
    child = np.arange(1, len(motion.joints))
    parent = np.asarray(motion.parents)[1:]
    bones = np.linalg.norm(motion.positions[:, child] - motion.positions[:, parent], axis=-1)
    change = np.abs(bones - np.linalg.norm(motion.offsets[child], axis=-1)).max(axis=0)
    worst = int(change.argmax())
    if change[worst] > _BONE_TOLERANCE_M:
        return (
            f"the bone to {motion.joints[worst + 1]} changes its length by {change[worst]:.3g} m; "
            f"{_BONE_TOLERANCE_M:g} m is allowed"
        )
    return None
