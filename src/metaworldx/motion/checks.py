"""Kinematic checks of clips: whether a robot could perform a motion and it fits its skill.

Limits, slip, penetration and seam are measured for every clip; `physical_demands` has the
requirements of each skill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import mujoco
import numpy as np

from metaworldx.motion.clip import Clip, displacement
from metaworldx.motion.kinematics import sole_points
from metaworldx.motion.physical_demands import unmet
from metaworldx.sim.model import build_model

Ground = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Heights of the ground (m) at world x and y, arrays of one shape."""

MAX_SLIP, MAX_DEPTH = 0.02, 0.01
"""Maximum slip of a sole in one stance, and maximum penetration of the ground (m)."""
SEAM_RATE = 1.5
"""Maximum jump of joint velocities (rad/s) at a loop's seam, beyond the jumps inside it."""
TOUCH = 0.005
"""Distance (m) below which a sole's end is in contact with the ground."""
PART_FRAMES = 40

_SPEEDS = {
    "hip": 23.0,
    "torso": 23.0,
    "knee": 14.0,
    "ankle": 9.0,
    "shoulder_pitch": 9.0,
    "shoulder_roll": 9.0,
    "shoulder_yaw": 20.0,
    "elbow": 20.0,
}
"""Velocity limits of H1's motors, rad/s (Unitree's robot description `h1.urdf`)."""


@dataclass(frozen=True)
class MotionCheck:
    """Measurements of a clip; see the limits above.

    Attributes:
      limit_excess: largest violation of a joint limit (rad).
      speed: largest ratio of a joint's velocity to its motor's limit.
      fastest: that joint.
      slip: largest displacement of a sole's end within a stance (m).
      depth: deepest penetration of the ground by any part (m).
      crossed: deepest self-penetration of an arm or leg (m).
      seam: jump of the joints at a loop's seam (rad).
      seam_rate: jump of their velocities there (rad/s), beyond the largest inside the loop.
      problems: violated limits and unmet requirements of the skill, in words.
    """

    clip: str
    limit_excess: float
    speed: float
    fastest: str
    slip: float
    depth: float
    crossed: float
    seam: float
    seam_rate: float
    problems: list[str] = field(default_factory=list)


def flat(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The level floor at 0."""
    return np.zeros(np.broadcast(x, y).shape)


def check_motion(clip: Clip, ground: Ground | None = None, robot: str = "h1") -> MotionCheck:
    """Measures a clip of a robot with native MuJoCo's kinematics.

    Args:
      ground: heights of the ground; level at 0 if None.
    """
    ground = ground or flat
    model, data = _model(robot)
    low, high = model.jnt_range[1:].T
    hinges = clip.qpos[:, 7:]
    excess = np.maximum(low - hinges, hinges - high).max()
    limits = np.array([speed_limit(name) for name in clip.joints])
    rates = np.abs(clip.qvel[:, 6:]).max(axis=0) / limits
    soles = _soles(clip, model, data)
    over = soles[..., 2] - ground(soles[..., 0], soles[..., 1])
    depth = -float(over.min())
    deepest, crossed = _parts(clip, ground, model, data)
    depth = max(depth, deepest)
    seam, seam_rate = _seam(clip) if clip.loop else (0.0, 0.0)
    found = MotionCheck(
        clip=clip.name,
        limit_excess=max(0.0, float(excess)),
        speed=float(rates.max()),
        fastest=clip.joints[int(rates.argmax())],
        slip=_slip(clip, soles, ground),
        depth=max(0.0, depth),
        crossed=crossed,
        seam=seam,
        seam_rate=seam_rate,
    )
    found.problems.extend([*_problems(found), *unmet(clip, soles[..., 2], over)])
    return found


def speed_limit(joint: str) -> float:
    """The velocity limit of a joint's motor, rad/s."""
    return next(limit for part, limit in _SPEEDS.items() if part in joint)


def _problems(found: MotionCheck) -> list[str]:
    messages = (
        (found.limit_excess > 1e-6, f"a joint {found.limit_excess:.3f} rad outside of its range"),
        (found.speed > 1.0, f"{found.fastest} at {found.speed:.2f} times its motor's speed"),
        (found.slip > MAX_SLIP, f"a standing sole slides {found.slip:.3f} m; {MAX_SLIP} allowed"),
        (found.depth > MAX_DEPTH, f"a part {found.depth:.3f} m under ground; {MAX_DEPTH} allowed"),
        (found.crossed > MAX_DEPTH, f"parts lie {found.crossed:.3f} m in each other"),
        (found.seam > 1e-3, f"joints jump {found.seam:.4f} rad over the loop's seam"),
        (
            found.seam_rate > SEAM_RATE,
            f"joints' rates jump {found.seam_rate:.2f} rad/s more over the seam than inside",
        ),
    )
    return [text for broken, text in messages if broken]


@cache
def _model(robot: str) -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = build_model(robot, "floor", "body", visuals=False)
    return model, mujoco.MjData(model)


def _soles(clip: Clip, model: mujoco.MjModel, data: mujoco.MjData) -> np.ndarray:
    """Ends of the left and right sole in the world `[T, 8, 3]`, m."""
    points = [point for side in ("left", "right") for point in sole_points(side)]
    ids = np.array([model.body(point.body).id for point in points])
    offsets = np.array([point.offset for point in points])
    out = np.empty((clip.frames, len(points), 3))
    for t, qpos in enumerate(clip.qpos):
        data.qpos[: len(qpos)] = qpos
        mujoco.mj_kinematics(model, data)
        turn = data.xmat[ids].reshape(-1, 3, 3)
        out[t] = data.xpos[ids] + np.einsum("pij,pj->pi", turn, offsets)
    return out


def _parts(
    clip: Clip, ground: Ground, model: mujoco.MjModel, data: mujoco.MjData
) -> tuple[float, float]:
    """Deepest penetration of the ground and between parts of the robot, m.

    Capsules are sampled at five points, at PART_FRAMES times.
    """
    capsules = np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_CAPSULE)
    balls = np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_SPHERE)
    along = np.linspace(-1.0, 1.0, 5)
    radius = np.repeat(model.geom_size[capsules, 0], len(along))
    radius = np.concatenate([radius, model.geom_size[balls, 0]])
    depth = crossed = 0.0
    for t in np.unique(np.linspace(0, clip.frames - 1, PART_FRAMES).astype(int)):
        data.qpos[: clip.qpos.shape[1]] = clip.qpos[t]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_collision(model, data)
        if data.ncon:
            own = np.all(model.geom_bodyid[data.contact.geom] > 0, axis=1)
            crossed = max(crossed, -float(data.contact.dist[own].min(initial=0.0)))
        axis = data.geom_xmat[capsules].reshape(-1, 3, 3)[:, :, 2]
        reach = axis * model.geom_size[capsules, 1:2]
        places = data.geom_xpos[capsules, None] + reach[:, None] * along[:, None]
        places = np.concatenate([places.reshape(-1, 3), data.geom_xpos[balls]])
        over = places[:, 2] - radius - ground(places[:, 0], places[:, 1])
        depth = max(depth, -float(over.min()))
    return depth, crossed


def _slip(clip: Clip, soles: np.ndarray, ground: Ground) -> float:
    """Largest horizontal displacement of a sole's end during a stance, m."""
    low = soles[..., 2] - ground(soles[..., 0], soles[..., 1]) < TOUCH
    stands = low & np.repeat(clip.contacts, 4, axis=1)
    places = soles[..., :2]
    if clip.loop:
        # A stance may continue across the seam.
        stands = np.concatenate([stands[:-1], stands])
        places = np.concatenate([places[:-1], _moved(clip, places)])
    worst = 0.0
    for p in range(stands.shape[1]):
        edges = np.flatnonzero(np.diff(stands[:, p].astype(int))) + 1
        for part in np.split(np.arange(len(stands)), edges):
            if stands[part[0], p] and len(part) > 1:
                way = places[part, p] - places[part[0], p]
                worst = max(worst, float(np.linalg.norm(way, axis=1).max()))
    return worst


def _moved(clip: Clip, places: np.ndarray) -> np.ndarray:
    """World positions `[T, P, 2]` one cycle later."""
    moved, turned = displacement(clip)
    yaw = _yaw(clip.qpos[0, 3:7])
    start = clip.qpos[0, :2]
    ahead = _turn(yaw) @ moved[:2]
    return start + ahead + (places - start) @ _turn(turned).T


def _turn(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _yaw(quat: np.ndarray) -> float:
    return float(2.0 * np.arctan2(quat[3], quat[0]))


def _seam(clip: Clip) -> tuple[float, float]:
    """Jumps of joints (rad) and, beyond the largest inside, of their rates (rad/s)."""
    hinges = clip.qpos[:, 7:]
    rates = np.diff(hinges, axis=0) * clip.fps
    inside = np.abs(np.diff(rates, axis=0)).max(initial=0.0)
    over = np.abs(rates[0] - rates[-1]).max(initial=0.0)
    return float(np.abs(hinges[-1] - hinges[0]).max()), max(0.0, float(over - inside))
