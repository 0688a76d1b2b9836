"""Foot orientation: corrects zero poses whose feet are not level or do not point to their toes.

A foot in stance has its sole on the ground, so the world's up is its own. Its toes give its
direction; without them, the axis of the knee.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.importers.body_motion import SIDES, BodyMotion, degrees_between, frame, unit

# Angles up to which the zero pose is accepted.
_PITCH, _ROLL = np.radians(5.0), np.radians(12.0)
_TURN_DEG, _KNEE_TURN_DEG = 10.0, 25.0
_MIRROR = np.diag([1.0, -1.0, 1.0])
# Downward angle of a level foot's toes from its ankle: maximum, in heels too, and typical.
_SLOPE_DEG, _HEELED_DEG, _STEEP_DEG, _NOMINAL_SLOPE_DEG = (-10.0, 50.0), 60.0, 80.0, 25.0
_TOES_ONWARD = 0.5
# A foot stands while it is low or still, turns slowly, and the pelvis is over it (legs, legs/s). Of
# one that never does, as in a run, frames count in which it turns faster.
_LOW, _STILL, _UNDER, _SLOW_RAD_S = 0.05, 0.2, 0.6, (0.7, 2.5)
_LEAST_FRAMES, _LEAST_S, _SAMPLED_FRAMES = 3, 0.1, 300
# Frames in which a foot is as far from level, and how many of those in which it stands they are.
_SPREAD_DEG, _LEAST_SHARE = 2.5, 0.3


def level_feet(observed: BodyMotion, turns: np.ndarray) -> np.ndarray:
    """[K, 3, 3], the rotations with corrected feet.

    Args:
      turns: rotations from each joint's axes to canonical ones, `[K, 3, 3]`.
    """
    out = np.array(turns)
    feet = {side: _foot(observed, side, turns) for side in SIDES}
    for side, other in zip(SIDES, reversed(SIDES), strict=True):
        ankle, own = observed.index(f"{side}_ankle"), feet[side].turn
        if feet[side].known is False and feet[other].turn is not None:
            # A foot without evidence mirrors the other one.
            zero = turns[observed.index(f"{other}_ankle")]
            own = _MIRROR @ feet[other].turn @ zero.T @ _MIRROR @ turns[ankle]
        # Toes rotate with their foot.
        for joint in observed.below(ankle) if own is not None else ():
            out[joint] = own @ turns[ankle].T @ turns[joint]
    return out


class _Foot(NamedTuple):
    """Corrected rotation of a foot, and whether there is evidence for it."""

    turn: np.ndarray | None
    known: bool


def _foot(observed: BodyMotion, side: str, turns: np.ndarray) -> _Foot:
    zero = turns[observed.index(f"{side}_ankle")]
    toe = toe_of(observed, side)
    standing = _standing(observed, side, toe is not None)
    shown = _shown_up(observed, side, standing)
    up, level = zero[2], True
    if toe is not None and shown is not None and not _sloped_as_feet(toe, shown, _HEELED_DEG):
        # On tiptoe, or an end of a bone straight down, which is none of toes.
        steep = not _sloped_as_feet(toe, shown, _STEEP_DEG)
        shown, toe = (shown, None) if steep else (None, toe)
    known = shown is not None or toe is not None
    if shown is not None:
        ahead, aside, _ = zero @ shown
        level = abs(ahead) < np.sin(_PITCH) and abs(aside) < np.sin(_ROLL) and up @ shown > 0.0
        up = up if level else shown
    elif toe is not None and not _sloped_as_feet(toe, up):
        up, level = _sloped(toe, zero), False
    ahead, most = _ahead(observed, side, standing, turns, up, toe)
    turned = ahead is not None and degrees_between(ahead, _flat(zero[0], up)) > most
    if level and not turned:
        return _Foot(None, known)
    own = ahead if ahead is not None and turned else zero[0]
    return _Foot(frame(np.cross(up, own), up), known)


def toe_of(observed: BodyMotion, side: str) -> np.ndarray | None:
    """From ankle to toes in the foot's axes, `[3]`; None without evidence.

    An end of a foot that points sideways or backwards is not its toes.
    """
    if not observed.has(f"{side}_toe"):
        return None
    bone = observed.bone(f"{side}_ankle", f"{side}_toe")
    flat = bone - np.outer(bone @ observed.up, observed.up)
    onward = np.sum(flat * _onward(observed), axis=1).sum()
    if onward < _TOES_ONWARD * np.linalg.norm(flat, axis=1).sum():
        return None
    toe = observed.within(f"{side}_ankle", bone).mean(axis=0)
    return toe if np.linalg.norm(toe) > 0.02 * observed.leg else None


def _onward(observed: BodyMotion) -> np.ndarray:
    """Forward direction of the hips on the ground, `[T, 3]`."""
    return unit(np.cross(observed.trunk("hip")[:, 1], observed.up))


def _standing(observed: BodyMotion, side: str, toes: bool) -> np.ndarray:
    """[T] bool, the frames in which a foot's sole is likely on the ground."""
    leg, ankle = observed.leg, observed.index(f"{side}_ankle")
    height = observed.positions @ observed.up
    low = np.ones(len(height), bool)
    for name in ("ankle", "toe") if toes else ("ankle",):
        own = height[:, observed.index(f"{side}_{name}")]
        low &= own < np.percentile(own, 5.0) + _LOW * leg
    speed = np.linalg.norm(np.gradient(observed.positions[:, ankle], axis=0), axis=1) * observed.fps
    stands = low | (speed < _STILL * leg)
    stands &= height[:, 0] - height[:, ankle] > _UNDER * leg
    if toes:
        # Who kneels has them behind.
        bone = observed.bone(f"{side}_ankle", f"{side}_toe")
        stands &= np.sum(bone * _onward(observed), axis=1) > 0.0
    turn = Rotation.from_matrix(observed.matrices[:, ankle])
    speed = (turn[1:] * turn[:-1].inv()).magnitude() * observed.fps
    speed = np.minimum(np.append(speed, speed[-1]), np.insert(speed, 0, speed[0]))
    slow, faster = (stands & (speed < most) for most in _SLOW_RAD_S)
    return slow if slow.sum() >= _least(observed) else faster


def _least(observed: BodyMotion) -> float:
    """Minimum number of stance frames for evidence of a level foot."""
    return max(_LEAST_FRAMES, _LEAST_S * observed.fps)


def _shown_up(observed: BodyMotion, side: str, standing: np.ndarray) -> np.ndarray | None:
    """The world's up in the foot's axes during stance."""
    if standing.sum() < _least(observed):
        return None
    ups = observed.within(f"{side}_ankle", np.broadcast_to(observed.up, (len(standing), 3)))[
        standing
    ]
    ups = ups[:: max(1, len(ups) // _SAMPLED_FRAMES)]
    # A foot rolls on and off its sole, and is level for longest.
    near = ups @ ups.T > np.cos(np.radians(_SPREAD_DEG))
    most = near[near.sum(axis=1).argmax()]
    return unit(ups[most].mean(axis=0)) if most.mean() > _LEAST_SHARE else None


def _sloped_as_feet(toe: np.ndarray, up: np.ndarray, most: float = _SLOPE_DEG[1]) -> bool:
    """Whether toes are below the ankle as in a level foot."""
    return _SLOPE_DEG[0] < degrees_between(toe, up) - 90.0 < most


def _sloped(toe: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """The zero pose's up rotated in the plane of the toes to their typical slope."""
    toe = unit(toe)
    square = zero[2] - toe * (toe @ zero[2])
    if np.linalg.norm(square) < 0.1:
        square = -zero[0] * np.sign(toe @ zero[2])
        square -= toe * (toe @ square)
    slope = np.radians(_NOMINAL_SLOPE_DEG)
    return np.cos(slope) * unit(square) - np.sin(slope) * toe


def _ahead(
    observed: BodyMotion,
    side: str,
    standing: np.ndarray,
    turns: np.ndarray,
    up: np.ndarray,
    toe: np.ndarray | None,
) -> tuple[np.ndarray | None, float]:
    """Direction of the foot in its own axes, and tolerance for the zero pose in degrees."""
    if toe is not None:
        return _flat(toe, up), _TURN_DEG
    if not standing.any():
        return None, 0.0
    knee = observed.index(f"{side}_knee")
    axis = np.einsum("tab,b->ta", observed.matrices[:, knee], turns[knee][1])
    left = observed.within(f"{side}_ankle", axis)[standing].mean(axis=0)
    return np.cross(_flat(left, up), up), _KNEE_TURN_DEG


def _flat(vector: np.ndarray, up: np.ndarray) -> np.ndarray:
    return unit(vector - up * (vector @ up))
