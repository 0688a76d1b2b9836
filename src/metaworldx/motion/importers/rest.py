"""From a file's axes, units and zero pose to canonical ones.

A file's zero pose (all local rotations nil) is taken for the rest pose: which way it faces and
where its head is follow from hips, legs and shoulders. Where the zero pose is no standing body
(LAFAN1 lays all bones along one axis), the limbs are turned into one by quarter turns.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.human import HumanMotion, body_height, forward_kinematics
from metaworldx.motion.importers.files import bad
from metaworldx.motion.importers.skeleton import Body, RawMotion, find_body

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "cmu": 0.0254 / 0.45}
# Ankle to head (or neck) of a grown person, and what a person's may be.
_NOMINAL_HEIGHT_M = 1.45
_LIKELY_HEIGHT_M = (0.8, 2.2)

_QUARTER_TURNS = Rotation.create_group("O").as_matrix()
# Rows are forward, left and up in the file's axes when it faces z (y up) or x (z up).
_UPRIGHT = {
    "y": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "z": np.eye(3),
    "-y": np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
    "-z": np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]),
    "x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "-x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]]),
}
UP_AXES = tuple(_UPRIGHT)
"""What a file's `up` may be."""
_LARGEST = 1e9
_SNAP_RAD = np.deg2rad(35)
_SAMPLED_FRAMES = 200


def human_motion(raw: RawMotion, source: str, licence: str) -> HumanMotion:
    """The clip in canonical names, axes and units; UserError if it is not a person's."""
    _check_range(raw)
    body = find_body(raw)
    matrices, root = _world(raw, body)
    offsets = raw.offsets[list(body.keep)]
    offsets[0] = 0.0
    scale = _metres(raw, body, offsets)
    rest = _rest_positions(body, offsets)
    axes, standing = _rest_axes(raw, body, rest)
    turns = np.broadcast_to(axes, (len(body.names), 3, 3))
    if not standing:
        turns = _standing_turns(body, offsets, axes, raw.local[:, list(body.keep)])
    world = _world_axes(raw, body, axes, standing, matrices, root, offsets)
    # Column vectors: rotation = world axes . the file's . (rest orientation)^T.
    canonical = np.einsum("ab,tjbc,jdc->tjad", world, matrices, turns, optimize=True)
    lengths = np.zeros_like(offsets)
    for joint, parent in enumerate(body.parents):
        if parent >= 0:
            lengths[joint] = turns[parent] @ offsets[joint] * scale
    positions = forward_kinematics(body.parents, lengths, root @ world.T * scale, canonical)
    return HumanMotion.checked(
        name=raw.path.stem,
        fps=raw.fps,
        joints=body.names,
        parents=body.parents,
        offsets=lengths,
        positions=positions,
        rotations=_quaternions(canonical),
        loop=raw.loop,
        source=source,
        licence=licence,
    )


def _check_range(raw: RawMotion) -> None:
    """UserError for numbers that are finite, but too large to reckon with."""
    if not np.isfinite(raw.local).all():
        raise bad(raw.path, "an angle is too large to be one of a motion")
    if max(np.abs(raw.offsets).max(), np.abs(raw.root).max()) > _LARGEST:
        raise bad(raw.path, "a length is too large to be one of a motion, in any unit")


def _world(raw: RawMotion, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """World matrices [T, K, 3, 3] of the body's joints and the pelvis' position [T, 3]."""
    matrices = raw.local.copy()
    for joint, parent in enumerate(raw.parents):
        if parent >= 0:
            matrices[:, joint] = matrices[:, parent] @ raw.local[:, joint]
    pelvis = body.keep[0]
    root = raw.root.copy()
    while pelvis > 0:
        parent = raw.parents[pelvis]
        root += matrices[:, parent] @ raw.offsets[pelvis]
        pelvis = parent
    return matrices[:, list(body.keep)], root


def _metres(raw: RawMotion, body: Body, offsets: np.ndarray) -> float:
    """Metres a unit: as given, else those that make the body a person's size."""
    if raw.metres is not None:
        return raw.metres
    height = body_height(body.names, body.parents, offsets)
    low, high = _LIKELY_HEIGHT_M
    likely = [] if raw.likely_metres is None else [raw.likely_metres]
    for scale in (*likely, UNITS["m"], UNITS["cm"], UNITS["mm"]):
        if low <= height * scale <= high:
            return scale
    scales = [s for s in UNITS.values() if low <= height * s <= high]
    if not scales:
        raise bad(
            raw.path,
            f"the body measures {height:.3g} units from ankle to head, which no unit makes a "
            f"person's; give units= one of {', '.join(UNITS)} or metres a unit",
        )
    return min(scales, key=lambda scale: abs(np.log(height * scale / _NOMINAL_HEIGHT_M)))


def _rest_positions(body: Body, offsets: np.ndarray) -> np.ndarray:
    """[K, 3] of the zero pose, pelvis at the origin, in the file's axes and units."""
    eye = np.broadcast_to(np.eye(3), (1, len(offsets), 3, 3))
    return forward_kinematics(body.parents, offsets, np.zeros((1, 3)), eye)[0]


def _middle(body: Body, positions: np.ndarray, part: str) -> np.ndarray:
    """The point between left and right `part`, of [..., K, 3]."""
    left, right = (body.names.index(f"{side}_{part}") for side in ("left", "right"))
    return (positions[..., left, :] + positions[..., right, :]) / 2


def _rest_axes(raw: RawMotion, body: Body, rest: np.ndarray) -> tuple[np.ndarray, bool]:
    """[3, 3] from the file's axes to the zero pose's own; whether that pose stands."""
    hips = _middle(body, rest, "hip")
    trunk = _unit(_middle(body, rest, "shoulder") - hips)
    legs = _unit(_middle(body, rest, "ankle") - hips)
    left = rest[body.names.index("left_hip")] - rest[body.names.index("right_hip")]
    standing = bool(trunk @ legs < -0.5)
    up = _unit(trunk - legs) if standing else trunk
    left = _unit(left - up * (left @ up))
    if not (up.any() and left.any()):
        raise bad(raw.path, "hips or trunk have no extent; a skeleton with two hips is needed")
    axes = np.stack([np.cross(left, up), left, up])
    traces = np.einsum("nab,ab->n", _QUARTER_TURNS, axes)
    snapped = traces.max() > 1 + 2 * np.cos(_SNAP_RAD)
    return (_QUARTER_TURNS[traces.argmax()] if snapped else axes), standing


def _standing_turns(
    body: Body, offsets: np.ndarray, axes: np.ndarray, local: np.ndarray
) -> np.ndarray:
    """[K, 3, 3], each joint's rest orientation where the zero pose does not stand.

    Legs go straight down, feet forward, raised arms to the sides. A limb's turn about itself is
    the one nearest to how it is held in the clip.
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
            held = np.einsum("tab->ab", sampled[:, joint])
            traces = np.einsum("ab,bc,nac->n", turns[parent], held, options)
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
    """Where the joint `name` lies from `joint` in the zero pose."""
    below, total = body.names.index(name), np.zeros(3)
    while below != joint:
        total += offsets[below]
        below = body.parents[below]
    return total


def _world_axes(
    raw: RawMotion,
    body: Body,
    axes: np.ndarray,
    standing: bool,
    matrices: np.ndarray,
    root: np.ndarray,
    offsets: np.ndarray,
) -> np.ndarray:
    """[3, 3] from the file's world to z up: the zero pose's axes where those are upright."""
    rest_up = next((u for u, row in (("y", 1), ("z", 2)) if axes[2, row] > 0.999), None)
    up = raw.up
    if up is None:
        likely = raw.likely_up or (rest_up if standing else None) or "y"
        up = _judged_up(body, likely, forward_kinematics(body.parents, offsets, root, matrices))
    return axes if standing and up == rest_up else _UPRIGHT[up]


def _judged_up(body: Body, likely: str, positions: np.ndarray) -> str:
    """The likely axis, unless the body stands along the other and keeps its feet on it."""
    spine = _middle(body, positions, "shoulder") - _middle(body, positions, "ankle")
    mean = np.mean(spine / np.maximum(np.linalg.norm(spine, axis=-1, keepdims=True), 1e-9), axis=0)
    lowest = positions.min(axis=1).std(axis=0)
    row, other = (1, 2) if likely == "y" else (2, 1)
    stands = mean[other] > 0.7 and mean[row] < 0.3
    return "zy"[row == 2] if stands and lowest[other] <= lowest[row] else likely


def _quaternions(matrices: np.ndarray) -> np.ndarray:
    """[T, J, 4] w x y z of [T, J, 3, 3], without flips of sign from frame to frame."""
    frames, joints = matrices.shape[:2]
    quats = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat()
    quats = quats.reshape(frames, joints, 4)[..., [3, 0, 1, 2]]
    first = np.where(quats[:1, :, :1] < 0, -1.0, 1.0)
    # Each sign is relative to the frame before as it came; their products relative to the first.
    dots = np.einsum("tji,tji->tj", quats[1:], quats[:-1])
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)[..., None]
    return np.concatenate([quats[:1], quats[1:] * signs]) * first


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    return vector / length if length > 1e-9 else np.zeros_like(vector)
