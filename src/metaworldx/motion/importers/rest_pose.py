"""Rest pose: conversion of a file's axes, units and zero pose to canonical ones.

A file's zero pose (all local rotations zero) is assumed to be the rest pose (`zero_pose`). Parts
that the motion contradicts are measured from it (`measured_proportions`, `feet`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.human_skeleton import HumanMotion, body_height, forward_kinematics
from metaworldx.motion.importers.body_model import Body, find_body
from metaworldx.motion.importers.body_motion import BodyMotion
from metaworldx.motion.importers.feet import level_feet
from metaworldx.motion.importers.files import bad, quoted
from metaworldx.motion.importers.measured_proportions import check_sides, settled_turns
from metaworldx.motion.importers.skeleton import RawMotion
from metaworldx.motion.importers.up_axis import UPRIGHT, judged_up
from metaworldx.motion.importers.zero_pose import rest_axes, rest_positions, standing_turns

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "cmu": 0.0254 / 0.45}
# Ankle to head (or neck) of an adult, and the range for persons.
_NOMINAL_HEIGHT_M = 1.45
_LIKELY_HEIGHT_M = (0.8, 2.2)

_LARGEST = 1e9
_SLIDE = 0.03
"""Maximum translation of a joint relative to its parent, over the longest bone."""


def human_motion(
    raw: RawMotion, source: str, licence: str, names: Mapping[str, str] | None = None
) -> HumanMotion:
    """The clip in canonical names, axes and units; UserError if it is not a person's.

    Args:
      names: the file's names of canonical joints, which override inferred ones.
    """
    _check_range(raw)
    body = find_body(raw, names or {})
    offsets = _bones(raw, body)
    matrices, root = _world(raw, body)
    _check_path(raw, body, root, float(np.linalg.norm(offsets, axis=-1).max()))
    scale = _metres(raw, body, offsets)
    rest = rest_positions(body, offsets)
    axes, standing = rest_axes(raw, body, rest)
    turns = np.broadcast_to(axes, (len(body.names), 3, 3))
    if not standing:
        turns = standing_turns(body, offsets, axes, raw.local[:, list(body.keep)])
    places = forward_kinematics(body.parents, offsets, root, matrices)
    world = _world_axes(raw, body, axes, standing, places)
    if raw.any_zero_pose:
        observed = BodyMotion(body, matrices, places, world[2], raw.fps)
        check_sides(raw, observed)
        turns = level_feet(observed, settled_turns(observed, turns))
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
    """UserError for finite numbers that are too large."""
    if not np.isfinite(raw.local).all():
        raise bad(raw.path, "an angle is too large to be one of a motion")
    if max(np.abs(x).max() for x in (raw.offsets, raw.root, *raw.places.values())) > _LARGEST:
        raise bad(raw.path, "a length is too large to be one of a motion, in any unit")


def _bones(raw: RawMotion, body: Body) -> np.ndarray:
    """[K, 3], each joint's offset from its parent, 0 for the pelvis.

    Raises:
      UserError: a joint below the pelvis slides on its parent.
    """
    offsets = raw.offsets[list(body.keep)]
    moved = {i: raw.places[j] for i, j in enumerate(body.keep) if i and j in raw.places}
    for index, places in moved.items():
        offsets[index] = np.median(places, axis=0)
    offsets[0] = 0.0
    size = float(np.linalg.norm(offsets, axis=-1).max(initial=0.0))
    for index, places in moved.items():
        slide = np.abs(places - offsets[index]).max()
        if slide > _SLIDE * size:
            raise bad(
                raw.path,
                f"joint {quoted(raw.names[body.keep[index]])} slides on its parent by "
                f"{slide:.3g} units; bones of constant length are needed",
            )
    return offsets


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
        place = raw.places.get(pelvis, raw.offsets[pelvis][None])
        root += np.einsum("tab,tb->ta", matrices[:, parent], np.broadcast_to(place, root.shape))
        pelvis = parent
    return matrices[:, list(body.keep)], root


def _check_path(raw: RawMotion, body: Body, root: np.ndarray, bone: float) -> None:
    """UserError if another part of the skeleton travels while the body stays in place.

    Args:
      root: the pelvis' path, `[T, 3]`.
      bone: the length of the longest one.
    """
    if np.ptp(root, axis=0).max() > bone:
        return
    above = body.keep[0]
    on_way = set(body.keep)
    while above >= 0:
        on_way.add(above)
        above = raw.parents[above]
    for joint, places in raw.places.items():
        way = float(np.ptp(places, axis=0).max())
        if joint not in on_way and way > bone:
            raise bad(
                raw.path,
                f"joint {quoted(raw.names[joint])} goes {way:.3g} units and the hips, which do not "
                "hang on it, stay in one place; the path must be the hips' or of joints above them",
            )


def _metres(raw: RawMotion, body: Body, offsets: np.ndarray) -> float:
    """Metres per unit: as given, else such that the body has a person's size."""
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


def _world_axes(
    raw: RawMotion, body: Body, axes: np.ndarray, standing: bool, places: np.ndarray
) -> np.ndarray:
    """[3, 3] from the file's world to z up: the zero pose's axes if these are upright."""
    rest_up = next((u for u, row in (("y", 1), ("z", 2)) if axes[2, row] > 0.999), None)
    up = raw.up
    if up is None:
        likely = raw.likely_up or (rest_up if standing else None) or "y"
        up = judged_up(body, likely, places)
    return axes if standing and up == rest_up else UPRIGHT[up]


def _quaternions(matrices: np.ndarray) -> np.ndarray:
    """Quaternions [T, J, 4], w x y z, of [T, J, 3, 3], with signs continuous in time."""
    frames, joints = matrices.shape[:2]
    quats = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat()
    quats = quats.reshape(frames, joints, 4)[..., [3, 0, 1, 2]]
    first = np.where(quats[:1, :, :1] < 0, -1.0, 1.0)
    # Each sign is relative to the frame before as it came; their products relative to the first.
    dots = np.einsum("tji,tji->tj", quats[1:], quats[:-1])
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)[..., None]
    return np.concatenate([quats[:1], quats[1:] * signs]) * first
