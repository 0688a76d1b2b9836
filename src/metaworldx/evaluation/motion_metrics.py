"""Motion metrics: smoothness, foot slip, energy, and distance from human motion."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from metaworldx.motion.clip import Clip
from metaworldx.motion.clip_edits import sampled
from metaworldx.motion.kinematics import robot_tree, sole_points

CONTACT_M = 0.01
"""Greatest height of a standing sole's lowest end above the ground."""
_DT = 0.02
_NEAREST_FRAMES = 64


@dataclass(frozen=True)
class MotionTrace:
    """Trajectories of robots, one episode per column.

    Attributes:
      qpos, qvel: the robots' own `[T, E, nq]`, `[T, E, nv]`, before each step and after the last.
      force: of the actuators in each step `[T - 1, E, A]`, N m.
      ctrl: joint targets `[T - 1, E, A]`, rad.
      alive: whether the step belongs to the episode `[T - 1, E]`.
      reference: hinges of the reference after each step `[T - 1, E, J]`, None without one.
    """

    qpos: np.ndarray
    qvel: np.ndarray
    force: np.ndarray
    ctrl: np.ndarray
    alive: np.ndarray
    reference: np.ndarray | None = None


@dataclass(frozen=True)
class MotionMetrics:
    """Means over the steps of all episodes.

    Attributes:
      forward_speed_mean: of the pelvis along the world's x, m/s.
      jerk: root mean square of the hinges' third derivative, rad/s^3.
      action_jerk: the same of the joint targets, rad/s^3.
      foot_slip: sliding speed of soles that stand on the ground, m/s; None if none ever does.
      energy: mechanical power of the actuators, sum of |torque x speed|, W.
      tracking_error: root mean square of the hinges against the reference at its time, rad; None
        without a reference.
      pose_distance: the same against the nearest frame of the skill's clips, rad; None without
        clips.
      alternating_contacts: left and right soles that touched down in turn, mean of an episode.
    """

    forward_speed_mean: float
    jerk: float
    action_jerk: float
    foot_slip: float | None
    energy: float
    tracking_error: float | None
    pose_distance: float | None
    alternating_contacts: float


def motion_metrics(
    robot: str,
    path: MotionTrace,
    driven: np.ndarray,
    clips: tuple[Clip, ...] = (),
    ground: bool = True,
) -> MotionMetrics:
    """Metrics of trajectories.

    Args:
      robot: its name.
      driven: index of the hinge that each actuator drives `[A]`, -1 without a single one.
      clips: for the nearest posture.
      ground: whether the floor is flat at height 0; otherwise feet are not evaluated.
    """
    alive = path.alive
    count = max(int(alive.sum()), 1)
    steps = (path.qpos[1:, :, 0] - path.qpos[:-1, :, 0]) / _DT
    hinges, speeds = path.qpos[..., 7:], path.qvel[..., 6:]
    jerk = _jerk(np.diff(speeds, n=2, axis=0) / _DT**2, alive)
    action_jerk = _jerk(np.diff(path.ctrl, n=3, axis=0) / _DT**3, alive[1:])
    slip, touched = _feet(robot, path) if ground else (None, 0.0)
    alone = driven >= 0
    power = np.abs(path.force[..., alone] * speeds[1:][..., driven[alone]]).sum(axis=-1)
    tracking = None
    own = [robot_tree(robot).joints.index(name) for name in robot_tree("h1").joints]
    if path.reference is not None:
        squared = np.square(hinges[1:, :, own] - path.reference).mean(axis=-1)
        tracking = float(np.sqrt((squared * alive).sum() / count))
    return MotionMetrics(
        forward_speed_mean=float((steps * alive).sum() / count),
        jerk=jerk,
        action_jerk=action_jerk,
        foot_slip=slip,
        energy=float((power * alive).sum() / count),
        tracking_error=tracking,
        pose_distance=_pose_distance(hinges[1:, :, own], alive, clips) if clips else None,
        alternating_contacts=touched,
    )


def _jerk(values: np.ndarray, alive: np.ndarray) -> float:
    """Root mean square `[n, E, J]` over the steps whose whole stencil belongs to the episode."""
    whole = alive[-len(values) :] if len(values) else alive[:0]
    if not whole.any():
        return 0.0
    return float(np.sqrt(np.square(values)[whole].mean()))


def _feet(robot: str, path: MotionTrace) -> tuple[float | None, float]:
    """Sliding speed of standing soles (m/s), and touchdowns in turn, mean of an episode."""
    tree = robot_tree(robot)
    slid, stood, touched = 0.0, 0, []
    lowest = []
    for side in ("left", "right"):
        ends = np.asarray(tree.points(jnp.asarray(path.qpos), sole_points(side)))
        low = ends[..., 2] <= CONTACT_M
        both = low[1:] & low[:-1] & path.alive[..., None]
        moved = np.linalg.norm(np.diff(ends[..., :2], axis=0), axis=-1) / _DT
        # A sole that rolls over an edge stands on it: the slowest of its ends tells the slip.
        slowest = np.where(both, moved, np.inf).min(axis=-1)
        stands = np.isfinite(slowest)
        slid += float(slowest[stands].sum())
        stood += int(stands.sum())
        lowest.append(low.any(axis=-1))
    for e in range(path.alive.shape[1]):
        last, turns, events = None, 0, []
        for side, low in enumerate(lowest):
            down = low[1:, e] & ~low[:-1, e] & path.alive[:, e]
            events += [(t, side) for t in np.flatnonzero(down)]
        for _, side in sorted(events):
            turns += last is not None and side != last
            last = side
        touched.append(turns)
    return (slid / stood if stood else None), float(np.mean(touched))


def _pose_distance(hinges: np.ndarray, alive: np.ndarray, clips: tuple[Clip, ...]) -> float | None:
    """Root mean square distance (rad) of postures `[T, E, J]` from the clips' nearest."""
    poses = np.concatenate(
        [sampled(clip, np.linspace(0.0, clip.duration, _NEAREST_FRAMES))[:, 7:] for clip in clips]
    )
    rows = hinges[alive]
    if not len(rows):
        return None
    squared = (
        np.square(rows).sum(axis=1)[:, None]
        + np.square(poses).sum(axis=1)[None]
        - 2.0 * rows @ poses.T
    )
    nearest = np.maximum(squared.min(axis=1), 0.0) / rows.shape[1]
    return float(np.sqrt(nearest.mean()))
