"""Up axis of a skeleton file, and the forward and left axes for it."""

from __future__ import annotations

import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.motion.importers.body_model import Body

# Rows are forward, left and up in the file's axes where that axis is up. With y up files face z,
# with z up x; the heading is the file's, whichever is taken for forward.
UPRIGHT = {
    "y": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "z": np.eye(3),
    "-y": np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
    "-z": np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]),
    "x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "-x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]]),
}
UP_AXES = tuple(UPRIGHT)
"""Valid values of a file's `up`."""
# Whoever lies does not go far across its length, has a ground below that is still, and that is near
# zero (shares of that length). A camera's axes have it elsewhere.
_GOES, _SHAKES, _NEAR_GROUND = 0.5, 0.05, 0.5


def check_up(up: str) -> None:
    """UserError unless `up` is one of `UP_AXES`."""
    if up not in UP_AXES:
        raise UserError(f"up is {up!r}; one of {', '.join(UP_AXES)} is right")


def judged_up(body: Body, likely: str, positions: np.ndarray) -> str:
    """The likely axis, unless the body stands along another one with its feet on a ground.

    Args:
      positions: of the body's joints in the file's axes, `[T, K, 3]`.
    """
    spine = middle(body, positions, "shoulder") - middle(body, positions, "ankle")
    mean = np.mean(spine / np.maximum(np.linalg.norm(spine, axis=-1, keepdims=True), 1e-9), axis=0)

    def restless(axis: str) -> float:
        """Variation of the lowest joint's height with that axis up."""
        return float((positions @ UPRIGHT[axis][2]).min(axis=1).std())

    stands = {axis: float(mean @ rows[2]) for axis, rows in UPRIGHT.items()}
    best = max(stands, key=lambda axis: stands[axis])
    if stands[best] <= 0.7 or stands[likely] >= 0.3:
        return likely
    if best in ("y", "z") or best == f"-{likely}":
        return best if restless(best) <= restless(likely) else likely
    # These are hardly ever up, and lying bodies are along them.
    long = np.linalg.norm(spine, axis=-1).mean()
    across = np.ptp(positions[:, 0] @ UPRIGHT[best][:2].T, axis=0)
    goes = np.linalg.norm(across) > _GOES * long
    on_ground = abs((positions @ UPRIGHT[likely][2]).min()) < _NEAR_GROUND * long
    shakes = restless(likely) > max(_SHAKES * long, 2.0 * restless(best))
    return best if goes or shakes or not on_ground else likely


def middle(body: Body, positions: np.ndarray, part: str) -> np.ndarray:
    """The point between left and right `part`, of [..., K, 3]."""
    left, right = (body.names.index(f"{side}_{part}") for side in ("left", "right"))
    return (positions[..., left, :] + positions[..., right, :]) / 2
