"""Initial pose: a first guess of the robot's joints from the directions of the human's limbs."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.retarget.keypoint_scaling import SIDES, Fitted
from metaworldx.motion.retarget.robot_body import Body

_OUTSIDE = 3.0
"""Cost of a squared rad outside the limits, relative to one of motion between frames."""


def first_posture(body: Body, fit: Fitted) -> np.ndarray:
    """qpos `[T, 7 + J]` with limbs in roughly the human's directions; limits may be violated.

    Hips turn in pitch and roll only; shoulders in pitch, roll, and the yaw that takes the
    forearm to its side.
    """
    pelvis, chest = fit.turns[:, 0], fit.turns[:, 1]
    qpos = np.zeros((len(pelvis), 7 + len(body.tree.joints)))
    qpos[:, :3] = fit.root
    qpos[:, 3:7] = Rotation.from_matrix(pelvis).as_quat(scalar_first=True)
    hinge = dict(zip(body.tree.joints, qpos[:, 7:].T, strict=True))
    own = np.swapaxes(pelvis, -1, -2) @ chest
    hinge["torso"][:] = np.arctan2(own[:, 1, 0], own[:, 0, 0])
    for side in SIDES:
        thigh = _in(pelvis, fit.point(f"{side}_knee") - fit.point(f"{side}_hip"))
        shank = _in(pelvis, fit.point(f"{side}_ankle") - fit.point(f"{side}_knee"))
        pitch = np.arctan2(-thigh[:, 0], -thigh[:, 2])
        hinge[f"{side}_hip_pitch"][:] = pitch
        hinge[f"{side}_hip_roll"][:] = np.arcsin(thigh[:, 1]) * np.sign(np.cos(pitch))
        hinge[f"{side}_knee"][:] = _angle(thigh, shank)
        upper = _in(chest, fit.point(f"{side}_elbow") - fit.point(f"{side}_shoulder"))
        fore = _in(chest, fit.point(f"{side}_wrist") - fit.point(f"{side}_elbow"))
        columns = [
            body.tree.joints.index(f"{side}_shoulder_{name}") for name in ("pitch", "roll", "yaw")
        ]
        low, high = body.tree.low[columns], body.tree.high[columns]
        qpos[:, np.array(columns) + 7] = _shortest_path(
            _shoulders(upper, fore, _tilt(body, side)), low, high
        )
        hinge[f"{side}_elbow"][:] = 0.5 * np.pi - _angle(upper, fore)
    return qpos


def _tilt(body: Body, side: str) -> float:
    """Rotation of the shoulder pitch axis about x, rad."""
    quat = body.model.body(f"{side}_shoulder_pitch_link").quat
    return float(2.0 * np.arctan2(quat[1], quat[0]))


def _shoulders(upper: np.ndarray, fore: np.ndarray, tilt: float) -> np.ndarray:
    """All pitch, roll and yaw that point an upper arm and its forearm, `[T, choices, 3]` rad."""
    tilted = Rotation.from_euler("x", tilt)
    own = tilted.inv().apply(upper)
    pitch, lift = np.arctan2(-own[:, 0], -own[:, 2]), np.arcsin(own[:, 1])
    arm = tilted * Rotation.from_euler("YX", np.stack([pitch, lift], axis=1))
    ahead, roll = arm.inv().apply(fore), lift + tilt
    yaw = np.arctan2(ahead[:, 1], ahead[:, 0])
    one = np.stack([pitch, roll, yaw], axis=1)
    # The same with the arm lifted over the side.
    two = np.stack([pitch + np.pi, np.pi - lift + tilt, yaw + np.pi], axis=1)
    rounds = 2.0 * np.pi * np.array(list(product((-1, 0, 1), repeat=3)))
    return np.concatenate([one[:, None] + rounds, two[:, None] + rounds], axis=1)


def _shortest_path(choices: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """One of the choices `[T, C, J]` in each frame: near the limits' inside, with little motion."""
    outside = np.maximum(low - choices, 0.0) + np.maximum(choices - high, 0.0)
    cost = _OUTSIDE * np.sum(outside**2, axis=-1)
    back = np.zeros(choices.shape[:2], int)
    total = cost[0]
    for t in range(1, len(choices)):
        change = np.sum((choices[t, :, None] - choices[t - 1, None]) ** 2, axis=-1)
        way = total[None] + change
        back[t] = way.argmin(axis=1)
        total = way.min(axis=1) + cost[t]
    picked = np.empty(len(choices), int)
    picked[-1] = total.argmin()
    for t in range(len(choices) - 1, 0, -1):
        picked[t - 1] = back[t, picked[t]]
    return choices[np.arange(len(choices)), picked]


def _in(turn: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Directions of world vectors `[T, 3]` in frames `[T, 3, 3]`."""
    own = np.einsum("tji,tj->ti", turn, vector)
    return own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-9)


def _angle(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Between unit vectors `[T, 3]`, rad."""
    return np.arccos(np.clip(np.sum(first * second, axis=1), -1.0, 1.0))
