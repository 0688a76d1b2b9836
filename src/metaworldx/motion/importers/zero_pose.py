"""Zero pose of a file as its rest pose.

Hips, legs and shoulders determine its forward and up directions. If the zero pose does not stand
(LAFAN1 has all bones along one axis), limbs are rotated by quarter turns until it does.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.human_skeleton import forward_kinematics
from metaworldx.motion.importers.body_model import Body
from metaworldx.motion.importers.files import bad
from metaworldx.motion.importers.skeleton import RawMotion
from metaworldx.motion.importers.up_axis import middle

_QUARTER_TURNS = Rotation.create_group("O").as_matrix()
# A zero pose that leans less, or is turned less, from an axis is taken to be along it; one whose
# hips and shoulders agree to be turned, by more than the second and within the third, is turned.
_LEAN_DEG, _TURN_DEG, _AGREED_DEG = 35.0, 10.0, (3.0, 2.0)
# Where trunk and legs lie along one line, it is the whole body that leans.
_STIFF_LEAN_DEG, _STIFF_DEG = 10.0, 8.0
_SAMPLED_FRAMES = 200


def rest_positions(body: Body, offsets: np.ndarray) -> np.ndarray:
    """[K, 3] of the zero pose, pelvis at the origin, in the file's axes and units."""
    eye = np.broadcast_to(np.eye(3), (1, len(offsets), 3, 3))
    return forward_kinematics(body.parents, offsets, np.zeros((1, 3)), eye)[0]


def rest_axes(raw: RawMotion, body: Body, rest: np.ndarray) -> tuple[np.ndarray, bool]:
    """[3, 3] from the file's axes to the zero pose's own, and whether that pose stands."""
    hips = middle(body, rest, "hip")
    trunk = _unit(middle(body, rest, "shoulder") - hips)
    legs = _unit(middle(body, rest, "ankle") - hips)
    left = rest[body.names.index("left_hip")] - rest[body.names.index("right_hip")]
    standing = bool(trunk @ legs < -0.5)
    up = _unit(trunk - legs) if standing else trunk
    left = _unit(left - up * (left @ up))
    if not (up.any() and left.any()):
        raise bad(raw.path, "hips or trunk have no extent; a skeleton with two hips is needed")
    shoulders = rest[body.names.index("left_shoulder")] - rest[body.names.index("right_shoulder")]
    stiff = trunk @ legs < -np.cos(np.radians(_STIFF_DEG))
    lean = _STIFF_LEAN_DEG if stiff else _LEAN_DEG
    return _along_axes(np.stack([np.cross(left, up), left, up]), shoulders, lean), standing


def _along_axes(axes: np.ndarray, shoulders: np.ndarray, lean: float) -> np.ndarray:
    """Forward, left and up (rows) made the file's axes where they are nearly those.

    Args:
      shoulders: from the right one to the left one.
      lean: by how many degrees up may lean.
    """
    upright = np.eye(3)[np.abs(axes[2]).argmax()] * np.sign(axes[2][np.abs(axes[2]).argmax()])
    if axes[2] @ upright < np.cos(np.radians(lean)):
        return axes
    left = _unit(axes[1] - upright * (axes[1] @ upright))
    axes = np.stack([np.cross(left, upright), left, upright])
    quarter = _QUARTER_TURNS[np.einsum("nab,ab->n", _QUARTER_TURNS, axes).argmax()]
    hips, shoulders = (
        np.degrees(np.arctan2(line @ quarter[0], line @ quarter[1])) for line in (left, shoulders)
    )
    least, apart = _AGREED_DEG
    agreed = min(abs(hips), abs(shoulders)) > least and abs(hips - shoulders) < apart
    return axes if abs(hips) > _TURN_DEG or agreed else quarter


def standing_turns(
    body: Body, offsets: np.ndarray, axes: np.ndarray, local: np.ndarray
) -> np.ndarray:
    """[K, 3, 3], each joint's rest orientation if the zero pose does not stand.

    Legs point straight down, feet forward, raised arms to the sides. A limb's twist is the one
    nearest to the clip's.
    """
    turns = np.empty((len(body.names), 3, 3))
    wanted = {"ankle": np.array([1.0, 0.0, 0.0]), "hip": np.array([0.0, 0.0, -1.0])}
    sampled = local[:: max(1, len(local) // _SAMPLED_FRAMES)]
    for joint, parent in enumerate(body.parents):
        turns[joint] = turns[parent] if parent >= 0 else axes
        side, _, part = body.names[joint].partition("_")
        next_joint = {"hip": "knee", "ankle": "toe"}.get(part)
        if next_joint and f"{side}_{next_joint}" in body.names:
            aim, bone = wanted[part], offsets[body.names.index(f"{side}_{next_joint}")]
        elif side == _arm_begins(body, joint):
            aim = np.array([0.0, 1.0 if side == "left" else -1.0, 0.0])
            bone = _below(body, offsets, joint, f"{side}_elbow")
            if (turns[joint] @ _unit(bone))[2] < 0.7:
                continue
        else:
            continue
        options = _QUARTER_TURNS @ turns[joint]
        options = options[options @ _unit(bone) @ aim > 0.7]
        if len(options):
            mean_local = np.einsum("tab->ab", sampled[:, joint])
            traces = np.einsum("ab,bc,nac->n", turns[parent], mean_local, options)
            turns[joint] = options[traces.argmax()]
    return turns


def _arm_begins(body: Body, joint: int) -> str | None:
    """The side whose arm leaves the trunk with this joint."""
    chest = body.names.index("chest" if "chest" in body.names else "pelvis")
    for side in ("left", "right"):
        above = body.names.index(f"{side}_shoulder")
        while body.parents[above] != chest:
            above = body.parents[above]
        if above == joint:
            return side
    return None


def _below(body: Body, offsets: np.ndarray, joint: int, name: str) -> np.ndarray:
    """Offset of the joint `name` from `joint` in the zero pose."""
    below, total = body.names.index(name), np.zeros(3)
    while below != joint:
        total += offsets[below]
        below = body.parents[below]
    return total


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    return vector / length if length > 1e-9 else np.zeros_like(vector)
