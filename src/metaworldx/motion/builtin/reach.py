"""Reaching with one hand or both while standing."""

from __future__ import annotations

from functools import cache

import mujoco
import numpy as np
from scipy.stats import qmc

from metaworldx.motion.builtin.body import ARM_JOINTS, SIDES, body, hand
from metaworldx.motion.builtin.curves import minimum_jerk
from metaworldx.motion.builtin.foot_placement import FPS
from metaworldx.motion.builtin.stand import still_pose, stood
from metaworldx.motion.clip import Clip
from metaworldx.sim.model import build_model

SOURCE = (
    "minimum-jerk movements (Flash & Hogan 1985) with shoulder and elbow turning in proportion "
    "(Soechting & Lacquaniti 1981, Invariant characteristics of a pointing movement in man)"
)
COUNT = 96
NEAR = 0.005
"""Tolerance between a hand's final position and its target (m)."""
SHOULDER = np.array([0.0, 0.21, 1.445])
ARM = (0.28, 0.6)
"""The left shoulder in the pelvis's frame on the ground (m), and how far from it targets are: the
arm has 0.64 m."""
SIDE, UP = (-0.7, 1.7), (-1.0, 1.1)
"""Directions from the left shoulder to targets (rad): outwards from ahead, and upwards."""
_TURN = 0.9
"""Maximum yaw of the trunk (rad)."""
_PATH = np.linspace(0.0, 1.0, 9)
_HOLD = 2.0
_MIRROR = np.array([1.0, -1.0, 1.0])
_POSTURE = 0.03
"""Weight of a joint's rad from the resting arm, relative to a metre."""


def workspace(side: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper corner `[3]` (m) of a hand's workspace, pelvis at x = y = 0."""
    low = SHOULDER + ARM[1] * np.array([np.cos(SIDE[1]), np.sin(SIDE[0]), np.sin(UP[0])])
    high = SHOULDER + ARM[1] * np.array([1.0, 1.0, np.sin(UP[1])])
    if side == "left":
        return low, high
    return low * [1, 0, 1] - high * [0, 1, 0], high * [1, 0, 1] - low * [0, 1, 0]


def reach_targets(count: int, seed: int = 0) -> np.ndarray:
    """Targets that H1's hands reach without a step `[count, 2, 3]`, m, left and right.

    Of eight targets three are for the left hand, three for the right and two for both; a hand
    without a target has zeros. Their frame is on the ground below the pelvis, x along its heading.
    """
    return _reached(count, seed)[0].copy()


def clips() -> list[Clip]:
    """COUNT movements to targets uniformly over the workspace, each held for 2 s."""
    targets, ends = _reached(COUNT, 0)
    return [
        _clip(n, target, end) for n, (target, end) in enumerate(zip(targets, ends, strict=True))
    ]


def hands_used(n: int) -> tuple[bool, bool]:
    """Whether the nth movement uses the left and the right hand."""
    kind = n % 8
    return kind in (0, 2, 4, 6, 7), kind in (1, 3, 5, 6, 7)


@cache
def _reached(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets `[count, 2, 3]` and the poses that reach them `[count, 26]`."""
    wanted = 2 * count + 32
    used = np.array([hands_used(n) for n in range(wanted)])
    share = qmc.Halton(6, rng=seed).random(wanted).reshape(wanted, 2, 3)
    # Evenly over the volume: by the cube of the radius and the sine of the elevation.
    radius = np.cbrt(ARM[0] ** 3 + share[..., 0] * (ARM[1] ** 3 - ARM[0] ** 3))
    aside = SIDE[0] + share[..., 1] * (SIDE[1] - SIDE[0])
    up = np.sin(UP[0]) + share[..., 2] * (np.sin(UP[1]) - np.sin(UP[0]))
    level = np.sqrt(1.0 - up**2)
    places = np.stack([level * np.cos(aside), level * np.sin(aside), up], axis=-1)
    places = SHOULDER + radius[..., None] * places
    places[:, 1] *= _MIRROR
    targets = np.where(used[..., None], places, 0.0)
    kinds = np.arange(wanted) % 8
    ends, good = _solved(targets)
    # Each kind keeps its share: the first feasible ones of each are used.
    out = np.empty(count, int)
    for kind in range(8):
        places_of = np.arange(kind, count, 8)
        found = np.flatnonzero(good & (kinds == kind))
        if len(found) < len(places_of):
            raise RuntimeError(f"only {len(found)} of {len(places_of)} targets can be reached")
        out[places_of] = found[: len(places_of)]
    return targets[out], ends[out]


def _solved(targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Poses that reach targets `[N, 26]`, and which are feasible `[N]`."""
    b, rest = body(), still_pose()
    ends = np.tile(rest, (len(targets), 1))
    good = np.ones(len(targets), bool)
    used = targets[:, :, 2] > 0.0
    for pair in ((True, False), (False, True), (True, True)):
        which = np.flatnonzero(np.all(used == pair, axis=1))
        if not len(which):
            continue
        sides = [s for s in range(2) if pair[s]]
        joints = ("torso", *(f"{SIDES[s]}_{joint}" for s in sides for joint in ARM_JOINTS))
        points = tuple(hand(SIDES[s]) for s in sides)
        poses, wanted = ends[which], targets[which][:, sides]
        for posture, rounds in ((_POSTURE, 15), (0.1 * _POSTURE, 15), (0.0, 3)):
            poses = b.solve(poses, joints, points, wanted, posture, rounds)
        miss = np.linalg.norm(b.points(poses, points) - wanted, axis=2).max(axis=1)
        good[which] = (miss < NEAR) & (np.abs(poses[:, b.index("torso")[0]]) < _TURN)
        ends[which] = poses
    for n in np.flatnonzero(good):
        good[n] = not _touches(rest + _PATH[:, None] * (ends[n] - rest))
    return ends, good


def _touches(path: np.ndarray) -> bool:
    """Whether an arm collides with the body or the other arm along the path."""
    model, data = _collisions()
    for qpos in path:
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        mujoco.mj_collision(model, data)
        robot = model.body_rootid[model.geom_bodyid[data.contact.geom]]
        if np.any(np.all(robot > 0, axis=1)):
            return True
    return False


@cache
def _collisions() -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = build_model("h1", "floor", "body", visuals=False)
    return model, mujoco.MjData(model)


def _clip(n: int, target: np.ndarray, end: np.ndarray) -> Clip:
    """The nth movement: longer ones take longer, about a second; then held."""
    b, rest, used = body(), still_pose(), hands_used(n)
    moved = b.points(np.stack([rest, end]), tuple(hand(side) for side in SIDES))
    seconds = 0.6 + 0.6 * float(np.linalg.norm(moved[1] - moved[0], axis=1).max())
    count = round((seconds + _HOLD) * FPS)
    share = minimum_jerk(np.arange(count + 1) / FPS / seconds)
    kind = "both" if all(used) else SIDES[used.index(True)]
    qpos = rest + share[:, None] * (end - rest)
    wanted = {"left_hand": tuple(target[0]), "right_hand": tuple(target[1])}
    return stood(f"reach_{kind}_{n:02d}", qpos, "reach", SOURCE, False, **wanted)
