"""Rest orientations of joints measured from the motion, for zero poses that are no human pose.

The bones' world positions are known for any zero pose. They determine the directions of hips and
shoulders, and the axes of knees and elbows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaworldx.motion.importers.body_motion import SIDES, BodyMotion, degrees_between, frame, unit
from metaworldx.motion.importers.feet import toe_of
from metaworldx.motion.importers.files import bad
from metaworldx.motion.importers.skeleton import RawMotion

_SAMPLED_FRAMES = 200
# Tolerances between zero pose and motion. Hips are rigid on the pelvis, and collars on the chest;
# shoulders move on it, and trunks bend.
_HIPS_DEG, _SHOULDERS_DEG, _BEND_DEG = 6.0, 20.0, 60.0
# How far its neck may lie to the side of its pelvis, and before or behind it.
_ASIDE_DEG, _AHEAD_DEG = 11.0, 20.0
# A limb about itself by its hinge, and where a straight knee shows none by the hips.
_LEG_DEG, _ARM_DEG, _STRAIGHT_DEG = 20.0, 40.0, 60.0
_BENT = 0.2
"""Root mean square sine of a knee's or elbow's angle from which on its axis is observable."""
_FOOT_SLOPE_DEG = 25.0
"""Typical height of the ankle over the toes."""


class _Limb(NamedTuple):
    """Rotations of both bones of a limb, `[3, 3]` each; whether its axis is observable."""

    upper: np.ndarray
    lower: np.ndarray
    bends: bool


def settled_turns(observed: BodyMotion, zero: np.ndarray) -> np.ndarray:
    """[K, 3, 3], the zero pose's rotations if consistent with the motion, else measured ones.

    Args:
      zero: the zero pose's rotations from each joint's axes to canonical ones, `[K, 3, 3]`.
    """
    observed = _sampled(observed)
    limbs = {
        (side, upper): _limb(observed, side, upper, middle, lower)
        for side in SIDES
        for upper, middle, lower in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
    }
    trunk = {0: _mean_turn(observed, 0, observed.trunk("hip"))}
    most = {0: _HIPS_DEG}
    if observed.has("chest"):
        chest, rigid = observed.index("chest"), _collars_apart(observed)
        trunk[chest] = _mean_turn(
            observed, chest, observed.trunk("collar" if rigid else "shoulder")
        )
        most[chest] = _HIPS_DEG if rigid else _SHOULDERS_DEG
    shown = _all_turns(observed, limbs, trunk)
    if any(_turn_differs(zero[j], trunk[j], most[j]) for j in trunk) or _neck_differs(
        observed, zero
    ):
        return shown
    turns = np.array(zero)
    for (side, upper), limb in limbs.items():
        joint = observed.index(f"{side}_{upper}")
        differs = _leg_differs if upper == "hip" else _arm_differs
        if differs(observed, side, zero, limb):
            for below in observed.below(joint):
                turns[below] = shown[below]
    return turns


def check_sides(raw: RawMotion, observed: BodyMotion) -> None:
    """UserError where toes and knees point backwards, as in a mirrored file."""
    observed = _sampled(observed)
    forward, left = observed.trunk("hip")[:, 0], observed.trunk("hip")[:, 1]
    knees, toes = [], []
    for side in SIDES:
        normal = _normal(observed, f"{side}_hip", f"{side}_knee", f"{side}_ankle")
        size = max(float(np.linalg.norm(normal, axis=1).mean()), _BENT)
        knees.append(float(np.sum(normal * left, axis=1).mean()) / size)
        foot = np.zeros((1, 3))
        if observed.has(f"{side}_toe"):
            foot = unit(observed.bone(f"{side}_ankle", f"{side}_toe"))
        toes.append(float(np.sum(foot * forward, axis=1).mean()))
    # Without toes, or with toes to the side, knees decide.
    if max(toes) < 0.5 and max(knees) < (0.2 if max(toes) < -0.5 else -0.8):
        raise bad(
            raw.path,
            "knees bend and toes point backwards: left and right are exchanged, or the file is "
            "mirrored; tell the sides with names= (--names left_hip=...)",
        )


def _sampled(observed: BodyMotion) -> BodyMotion:
    step = max(1, len(observed.matrices) // _SAMPLED_FRAMES)
    return observed._replace(
        matrices=observed.matrices[::step], positions=observed.positions[::step]
    )


def _normal(observed: BodyMotion, upper: str, middle: str, lower: str) -> np.ndarray:
    """Normal of two bones' plane, with the sine of their angle as length, `[T, 3]`."""
    return np.cross(unit(observed.bone(upper, middle)), unit(observed.bone(middle, lower)))


def _limb(observed: BodyMotion, side: str, upper: str, middle: str, lower: str) -> _Limb:
    """A limb that hangs down: its bones along -z, its hinge along y."""
    upper, middle, lower = (f"{side}_{name}" for name in (upper, middle, lower))
    # A shank goes back of its thigh, a forearm to the front of its upper arm.
    sign = 1.0 if "hip" in upper else -1.0
    normal = sign * _normal(observed, upper, middle, lower)
    # The more it is bent, the surer its axis is.
    normal = normal * np.linalg.norm(normal, axis=1, keepdims=True)
    hinge = observed.within(upper, normal).mean(axis=0)
    size = np.linalg.norm(normal, axis=1).mean()
    bends = size > _BENT**2 and float(np.linalg.norm(hinge)) > 0.8 * size
    across = normal if bends else observed.trunk("hip" if "hip" in upper else "shoulder")[:, 1]
    turns = []
    for joint, end in ((upper, middle), (middle, lower)):
        bone = observed.within(joint, observed.bone(joint, end)).mean(axis=0)
        turns.append(frame(observed.within(joint, across).mean(axis=0), -bone))
    return _Limb(turns[0], turns[1], bends)


def _foot(observed: BodyMotion, side: str, leg: _Limb, toe: np.ndarray) -> np.ndarray:
    """A foot with its toes ahead, at their typical slope."""
    ankle = f"{side}_ankle"
    axis = observed.matrices[:, observed.index(f"{side}_knee")] @ leg.lower[1]
    left = observed.within(ankle, axis).mean(axis=0)
    left = unit(left - toe * (left @ toe))
    slope = np.radians(_FOOT_SLOPE_DEG)
    return frame(left, np.cos(slope) * np.cross(toe, left) - np.sin(slope) * toe)


def _mean_turn(observed: BodyMotion, joint: int, frames: np.ndarray) -> np.ndarray:
    """Mean rotation from a joint's axes to `frames` (rows) in the world."""
    return _nearest_turn(np.einsum("tab,tbc->ac", frames, observed.matrices[:, joint]))


def _nearest_turn(matrix: np.ndarray) -> np.ndarray:
    """The rotation nearest to a sum of rotations."""
    u, _, v = np.linalg.svd(matrix)
    return u @ np.diag([1.0, 1.0, np.linalg.det(u @ v)]) @ v


def _all_turns(
    observed: BodyMotion, limbs: dict[tuple[str, str], _Limb], trunk: dict[int, np.ndarray]
) -> np.ndarray:
    """[K, 3, 3]: limbs and trunk as measured, others at their mean relative to the parent."""
    fixed = dict(trunk)
    for (side, upper), limb in limbs.items():
        middle = "knee" if upper == "hip" else "elbow"
        fixed[observed.index(f"{side}_{upper}")] = limb.upper
        fixed[observed.index(f"{side}_{middle}")] = limb.lower
        if upper == "hip" and (toe := toe_of(observed, side)) is not None:
            fixed[observed.index(f"{side}_ankle")] = _foot(observed, side, limb, unit(toe))
    turns = np.empty((len(observed.body.names), 3, 3))
    for joint, parent in enumerate(observed.body.parents):
        if joint in fixed:
            turns[joint] = fixed[joint]
        else:
            frames = np.einsum("ab,tcb->tac", turns[parent], observed.matrices[:, parent])
            turns[joint] = _mean_turn(observed, joint, frames)
    return turns


def _collars_apart(observed: BodyMotion) -> bool:
    """Whether collars are children of the chest and to its sides."""
    if not all(observed.has(f"{side}_collar") for side in SIDES):
        return False
    hang = all(
        observed.body.parents[observed.index(f"{side}_collar")] == observed.index("chest")
        for side in SIDES
    )
    apart = np.linalg.norm(observed.bone("right_collar", "left_collar"), axis=1).mean()
    return hang and float(apart) > 0.05 * observed.leg


def _turn_differs(zero: np.ndarray, shown: np.ndarray, most: float) -> bool:
    """Whether pelvis or chest of the zero pose contradict the motion."""
    return (
        degrees_between(zero[1], shown[1]) > most or degrees_between(zero[2], shown[2]) > _BEND_DEG
    )


def _neck_differs(observed: BodyMotion, zero: np.ndarray) -> bool:
    """Whether the shoulders of the zero pose are not above the pelvis."""
    lean = np.zeros(3)
    for side in SIDES:
        joint = observed.index(f"{side}_shoulder")
        while (parent := observed.body.parents[joint]) >= 0:
            bone = observed.positions[:, joint] - observed.positions[:, parent]
            own = np.einsum("tba,tb->a", observed.matrices[:, parent], bone) / len(bone)
            lean += zero[parent] @ own
            joint = parent
    ahead, aside = np.degrees(np.arctan2(lean[:2], lean[2]))
    return abs(ahead) > _AHEAD_DEG or abs(aside) > _ASIDE_DEG


def _leg_differs(observed: BodyMotion, side: str, zero: np.ndarray, limb: _Limb) -> bool:
    worst = _LEG_DEG if limb.bends else _STRAIGHT_DEG
    for name, turn in (("hip", limb.upper), ("knee", limb.lower)):
        joint = zero[observed.index(f"{side}_{name}")]
        if degrees_between(joint[1], turn[1]) > worst or (joint @ -turn[2])[2] > 0.3:
            return True
    return False


def _arm_differs(observed: BodyMotion, side: str, zero: np.ndarray, limb: _Limb) -> bool:
    """By the elbow's axis, with the upper arm swung from hanging to where it rests."""
    if not limb.bends:
        return False
    own = zero[observed.index(f"{side}_shoulder")]
    bone = own @ -limb.upper[2]
    down = np.array([0.0, 0.0, -1.0])
    cross, dot = np.cross(down, bone), float(down @ bone)
    if dot < -0.9:
        return True
    axis = np.array([0.0, 1.0, 0.0])
    hinge = axis + np.cross(cross, axis) + np.cross(cross, np.cross(cross, axis)) / (1.0 + dot)
    return degrees_between(hinge, own @ limb.upper[1]) > _ARM_DEG
