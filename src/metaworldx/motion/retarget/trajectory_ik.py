"""Trajectory inverse kinematics: Eq. 8 of MetaWorld-X over a whole motion, within joint limits.

Solved by Gauss-Newton: linearised, Eq. 8's position term becomes `||q - q*||^2_W` with the
keypoints' metric `W = J' w J`, and its velocity term couples neighbouring frames. Each step is one
`bounded_minimum`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.core.errors import UserError
from metaworldx.motion.kinematics import Point
from metaworldx.motion.retarget.bounded_qp import bounded_minimum
from metaworldx.motion.retarget.robot_body import ROOT, Body, Frames

_ROUNDS = 40
_LARGEST_STEP = 0.35
_SETTLED = 2e-5
_HINGE_WEIGHT = 0.1
"""Weight of a hinge's rad/s in the velocity term, relative to the pelvis' m/s."""


def match(
    target: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    fps: float,
    weights: np.ndarray | float = 1.0,
    gamma: float = 0.0,
    target_speed: np.ndarray | None = None,
) -> np.ndarray:
    """Minimises Eq. 8, `sum_t ||q_t - q*_t||^2_W + gamma ||qd_t - qd*_t||^2_W`, within limits.

    Velocities are differences of neighbouring frames, so the unconstrained minimum solves a
    tridiagonal linear system for each joint.

    Args:
      target: q*, `[T, J]` rad.
      low, high: limits, `[J]` rad.
      fps: frames per second.
      weights: the diagonal of W, `[J]`, `[T, J]` or one number; at least 0. A velocity's is the
        mean of its two frames'.
      gamma: weight of the velocities, s^2.
      target_speed: qd*, `[T - 1, J]` rad/s; None takes q*'s.

    Returns:
      q, `[T, J]` rad.

    Raises:
      UserError: crossed limits, or a negative weight.
    """
    target = np.asarray(target, float)
    weights = np.broadcast_to(np.asarray(weights, float), target.shape)
    if gamma < 0.0 or np.any(weights < 0.0) or not np.all(np.asarray(low) <= np.asarray(high)):
        raise UserError("weights and gamma must not be negative, nor limits crossed")
    speed = np.diff(target, axis=0) * fps if target_speed is None else np.asarray(target_speed)
    coupling = gamma * fps**2 * (weights[1:] + weights[:-1])
    linear = -2.0 * weights * target
    # The coupling's own pull: towards steps of qd* / fps.
    pull = coupling * speed / fps
    linear[:-1] += pull
    linear[1:] -= pull
    blocks = np.zeros((*target.shape, target.shape[1]))
    blocks[:, np.arange(target.shape[1]), np.arange(target.shape[1])] = 2.0 * weights
    start = np.clip(target, low, high)
    return bounded_minimum(blocks, linear, coupling, low, high, start)


class PointGoal(NamedTuple):
    """Targets `[T, P, 3]` (m) of points `[P]`, with weights that broadcast."""

    points: tuple[Point, ...]
    targets: np.ndarray
    weights: np.ndarray


class TurnGoal(NamedTuple):
    """Target orientations `[T, B, 3, 3]` of bodies `[B]`, weights `[B, 3]` about their axes."""

    bodies: tuple[str, ...]
    targets: np.ndarray
    weights: np.ndarray


class AxisGoal(NamedTuple):
    """Target directions `[T, B, 3]` of bodies' y axes, with one weight (m^2)."""

    bodies: tuple[str, ...]
    targets: np.ndarray
    weight: float


@dataclass(frozen=True)
class Goals:
    """Objective terms of a motion; every term is in m^2, with weights for rad.

    Attributes:
      points, turns, axes: target positions, orientations and directions.
      steps: target tangents from frame to frame, `[T - 1, n]`.
      gamma: weight of the velocity term, s^2; one number or `[T - 1, n]`.
      ground: weight of ground penetration, from `margin` above the ground on.
      floor: the ground's height, as in `Body.clearance`; None is 0.
      apart: weight of self-penetration.
      slack: tolerance of the joint limits, rad.
    """

    points: tuple[PointGoal, ...]
    turns: tuple[TurnGoal, ...] = ()
    axes: tuple[AxisGoal, ...] = ()
    steps: np.ndarray | None = None
    gamma: float | np.ndarray = 0.0
    ground: float = 0.0
    floor: np.ndarray | None = None
    apart: float = 0.0
    slack: float = 0.0
    margin: float = field(default=0.002)


class _Local(NamedTuple):
    """A cost with its derivatives in each frame: [], `[T, n]`, `[T, n, n]`."""

    value: float
    gradient: np.ndarray
    square: np.ndarray


def solve(body: Body, start: np.ndarray, goals: Goals, fps: float) -> np.ndarray:
    """Local minimum of the goals (Eq. 8) from `start`: qpos `[T, 7 + J]`.

    Args:
      start: `[T, 7 + J]`; hinges are clipped to their limits first.
      fps: frames per second, for the velocity term.
    """
    low, high = body.tree.low - goals.slack, body.tree.high + goals.slack
    qpos = start.copy()
    qpos[:, 7:] = np.clip(qpos[:, 7:], low, high)
    count = len(qpos)
    scale = np.full(body.size, _HINGE_WEIGHT)
    scale[:3] = 1.0
    coupling = np.broadcast_to(2.0 * goals.gamma * fps**2 * scale, (count - 1, body.size))
    wanted = np.zeros_like(coupling) if goals.steps is None else goals.steps
    damping = 1e-4
    now = _cost(body, qpos, goals)
    speed = body.steps(qpos) - wanted
    value = now.value + 0.5 * np.sum(coupling * speed**2)
    for _ in range(_ROUNDS):
        linear = now.gradient.copy()
        linear[:-1] -= coupling * speed
        linear[1:] += coupling * speed
        blocks = now.square + damping * np.eye(body.size) * 2.0
        lower = np.full_like(linear, -_LARGEST_STEP)
        upper = -lower
        lower[:, ROOT:] = np.maximum(lower[:, ROOT:], low - qpos[:, 7:])
        upper[:, ROOT:] = np.minimum(upper[:, ROOT:], high - qpos[:, 7:])
        step = bounded_minimum(blocks, linear, coupling, lower, upper, np.zeros_like(linear))
        size, found = 1.0, None
        while size > 0.02:
            moved = body.moved(qpos, size * step)
            after = _cost(body, moved, goals)
            new_speed = body.steps(moved) - wanted
            new_value = after.value + 0.5 * np.sum(coupling * new_speed**2)
            if new_value < value:
                found = moved, after, new_speed
                break
            size *= 0.5
        if found is None:
            if damping > 1.0:
                break
            damping *= 10.0
            continue
        settled = value - new_value < _SETTLED * value
        qpos, now, speed = found
        value = new_value
        damping = max(damping * 0.3, 1e-6)
        if settled:
            break
    qpos[:, 7:] = np.clip(qpos[:, 7:], low, high)
    return qpos


def _cost(body: Body, qpos: np.ndarray, goals: Goals) -> _Local:
    """All but the velocity term."""
    frames = body.frames(qpos)
    count = len(qpos)
    gradient = np.zeros((count, body.size))
    square = np.zeros((count, body.size, body.size))
    value = 0.0
    for miss, jacobian, weights in _residuals(body, frames, goals):
        pulled = jacobian * weights[..., None]
        value += float(np.sum(weights * miss**2))
        gradient += 2.0 * np.einsum("tri,tr->ti", pulled, miss)
        square += 2.0 * np.swapaxes(pulled, 1, 2) @ jacobian
    if goals.ground:
        value += _add_ground(body, frames, goals, gradient, square)
    if goals.apart:
        value += _add_apart(body, qpos, frames, goals, gradient, square)
    return _Local(value, gradient, square)


def _residuals(body: Body, frames: Frames, goals: Goals):
    """Pairs of residual `[T, R]` and Jacobian `[T, R, n]` with weights `[T, R]`."""
    count = len(frames.at)
    for points, targets, weights in goals.points:
        at = body.points(frames, points)
        bodies = body.index(tuple(point.body for point in points))
        jacobian = body.point_jacobian(frames, at, bodies).reshape(count, -1, body.size)
        weights = np.broadcast_to(weights, targets.shape).reshape(count, -1)
        yield (at - targets).reshape(count, -1), jacobian, weights
    for names, targets, weights in goals.turns:
        bodies = body.index(names)
        turned = frames.turn[:, bodies]
        own = np.swapaxes(targets, -1, -2) @ turned
        miss = Rotation.from_matrix(own.reshape(-1, 3, 3)).as_rotvec().reshape(count, -1)
        jacobian = np.swapaxes(turned, -1, -2) @ body.turn_jacobian(frames, bodies)
        weights = np.broadcast_to(weights, (count, len(bodies), 3)).reshape(count, -1)
        yield miss, jacobian.reshape(count, -1, body.size), weights
    for names, targets, weight in goals.axes:
        bodies = body.index(names)
        axis = frames.turn[:, bodies][..., 1]
        turns = body.turn_jacobian(frames, bodies)
        jacobian = np.swapaxes(np.cross(np.swapaxes(turns, -1, -2), axis[..., None, :]), -1, -2)
        miss = (axis - targets).reshape(count, -1)
        yield miss, jacobian.reshape(count, -1, body.size), np.full_like(miss, weight)


def _add_ground(
    body: Body, frames: Frames, goals: Goals, gradient: np.ndarray, square: np.ndarray
) -> float:
    """Adds the ground penetration term; returns its cost."""
    miss = body.clearance(frames, goals.floor) - goals.margin
    if not np.any(miss < 0.0):
        return 0.0
    centres, _, bodies = body.surface(frames)
    low = np.flatnonzero((miss < 0.0).any(axis=0))
    miss = np.minimum(miss[:, low], 0.0)
    jacobian = body.point_jacobian(frames, centres[:, low], bodies[low])[:, :, 2]
    pulled = jacobian * (miss < 0.0)[..., None] * goals.ground
    gradient += 2.0 * np.einsum("tri,tr->ti", pulled, miss)
    square += 2.0 * np.swapaxes(pulled, 1, 2) @ jacobian
    return float(goals.ground * np.sum(miss**2))


def _add_apart(
    body: Body,
    qpos: np.ndarray,
    frames: Frames,
    goals: Goals,
    gradient: np.ndarray,
    square: np.ndarray,
) -> float:
    """Adds the self-penetration term; returns its cost."""
    near = body.near(qpos, _GAP)
    between = near.points[:, 1] - near.points[:, 0]
    away = between / np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-9)
    away *= np.where(near.gap >= 0.0, 1.0, -1.0)[:, None]
    miss = near.gap - _GAP
    for pair in np.unique(near.bodies, axis=0):
        rows = np.flatnonzero((near.bodies == pair).all(axis=1))
        at = near.frame[rows]
        some = Frames(*(array[at] for array in frames))
        jacobian = body.point_jacobian(some, near.points[rows], pair)
        row = np.einsum("ri,rin->rn", away[rows], jacobian[:, 1] - jacobian[:, 0])
        # Two parts may be close with several shapes, so frames can repeat.
        np.add.at(gradient, at, 2.0 * goals.apart * miss[rows, None] * row)
        np.add.at(square, at, 2.0 * goals.apart * row[:, :, None] * row[:, None])
    return float(goals.apart * np.sum(miss**2))


_GAP = 0.01
"""Minimum distance between parts, m."""
