"""World motion of a body, independent of its zero pose: positions and orientations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaworldx.motion.importers.body_model import Body
from metaworldx.motion.importers.up_axis import middle

SIDES = ("left", "right")


class BodyMotion(NamedTuple):
    """A body in motion, in the file's axes and units.

    Attributes:
      body: its joints.
      matrices: world orientations, `[T, K, 3, 3]`.
      positions: world positions, `[T, K, 3]`.
      up: the world's up direction, `[3]`.
      fps: frames per second.
    """

    body: Body
    matrices: np.ndarray
    positions: np.ndarray
    up: np.ndarray
    fps: float

    def index(self, joint: str) -> int:
        """Index of a joint in the body."""
        return self.body.names.index(joint)

    def has(self, joint: str) -> bool:
        """Whether the body has that joint."""
        return joint in self.body.names

    def bone(self, upper: str, lower: str) -> np.ndarray:
        """From one joint to another, `[T, 3]`."""
        return self.positions[:, self.index(lower)] - self.positions[:, self.index(upper)]

    def within(self, joint: str, vectors: np.ndarray) -> np.ndarray:
        """World vectors `[T, 3]` in the joint's own axes."""
        return np.einsum("tba,tb->ta", self.matrices[:, self.index(joint)], vectors)

    def trunk(self, part: str) -> np.ndarray:
        """Forward, left and up of the trunk, `[T, 3, 3]` rows; left from the two `part`s (hip)."""
        left = self.bone(f"right_{part}", f"left_{part}")
        up = middle(self.body, self.positions, "shoulder") - middle(
            self.body, self.positions, "hip"
        )
        left = unit(left)
        return frame(left, up - left * np.sum(left * up, axis=-1, keepdims=True))

    @property
    def leg(self) -> float:
        """Mean length of thigh and shank together."""
        bones = [self.bone(f"{s}_{a}", f"{s}_{b}") for s in SIDES for a, b in
                 (("hip", "knee"), ("knee", "ankle"))]  # fmt: skip
        return 0.5 * float(sum(np.median(np.linalg.norm(bone, axis=-1)) for bone in bones))

    def below(self, joint: int) -> list[int]:
        """A joint and its descendants."""
        found = [joint]
        for child, parent in enumerate(self.body.parents):
            if parent in found:
                found.append(child)
        return found


def frame(left: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Rows forward, left and up, `[..., 3, 3]`; `left` is orthogonalized to `up`."""
    up = unit(up)
    left = unit(left - up * np.sum(left * up, axis=-1, keepdims=True))
    return np.stack([np.cross(left, up), left, up], axis=-2)


def unit(vector: np.ndarray) -> np.ndarray:
    """Vectors `[..., 3]` of length 1; one without a length stays as it is."""
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def degrees_between(one: np.ndarray, two: np.ndarray) -> float:
    """The angle between two directions `[3]`."""
    return float(np.degrees(np.arccos(np.clip(unit(one) @ unit(two), -1.0, 1.0))))
