"""Retargeting pipeline: from a human's motion to a clip of the robot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.core.errors import UserError, nearest
from metaworldx.motion.checks import speed_limit
from metaworldx.motion.clip import Clip, make_clip
from metaworldx.motion.human_skeleton import HumanMotion
from metaworldx.motion.pacing import speed_problem
from metaworldx.motion.retarget import contacts
from metaworldx.motion.retarget.command_labels import SKILLS, ahead, command_of
from metaworldx.motion.retarget.contacts import ENDS, Stance
from metaworldx.motion.retarget.initial_pose import first_posture
from metaworldx.motion.retarget.keypoint_scaling import AXES, KEYPOINTS, TURNS, Fitted, fitted
from metaworldx.motion.retarget.looping import at_rate, closed, round_trip, seam, unrolled
from metaworldx.motion.retarget.robot_body import ROOT, Body, body_of
from metaworldx.motion.retarget.trajectory_ik import AxisGoal, Goals, PointGoal, TurnGoal, solve

FPS = 50.0
"""The control rate."""
ROBOTS = ("h1",)
_LONGEST_S, _WIDEST_SEAM_M = 120.0, 0.3
_CONTEXT_S = 0.6

_SPEED_SHARE, _SPEED_ROUNDS = 0.95, 5

# Weights, in units of a keypoint's: its error squared in m^2.
_TOE = 0.3
_TRUNK_TURN = np.array([0.2, 0.2, 0.1])
_FOOT_TURN = np.array([0.0, 0.03, 0.05])
_TWIST = 0.004
_STANDING, _GROUND, _APART = 100.0, 2000.0, 100.0
GAMMA = 0.004
"""Weight of the velocity term of Eq. 8, s^2."""


@dataclass(frozen=True)
class Figures:
    """Quality figures of a retargeted motion.

    Attributes:
      frames: of the clip.
      seconds: its duration.
      scale: ratio of the robot's to the human's leg length.
      keypoint_mean_m, keypoint_max_m: distances of keypoints from the scaled human's.
      limit_excess_rad: largest violation of a joint limit.
      steps: number of stances of a sole's end.
      slip_mean_m, slip_max_m: slip of an end in a stance.
      levels: number of ground levels that soles stand on.
      penetration_m: largest ground penetration: of a foot into its level, of other parts into the
        lowest.
    """

    frames: int
    seconds: float
    scale: float
    keypoint_mean_m: float
    keypoint_max_m: float
    limit_excess_rad: float
    steps: int
    slip_mean_m: float
    slip_max_m: float
    levels: int
    penetration_m: float


@dataclass(frozen=True)
class Retargeted:
    """A robot's clip, its quality figures, and the human's motion at the same frames."""

    clip: Clip
    figures: Figures
    human: HumanMotion


def retarget(
    motion: HumanMotion,
    robot: str = "h1",
    skill: str = "",
    loop: bool | None = None,
    name: str | None = None,
) -> Retargeted:
    """Retargets a motion to a clip at 50 frames per second from x = y = 0, heading along x.

    A straight loop, which sways, heads along x on average.

    The human's proportions are scaled to the robot's, then Eq. 8 is minimised twice. The first
    pass follows the human with soft limits and without ground. The second respects the limits,
    fixes soles in stance, avoids penetration of the ground and of other parts, and follows the
    first motion's velocities.

    Args:
      robot: one of ROBOTS. Hinges are found by name, so robots with hands can take the clip.
      skill: the clip's, one of SKILLS or empty; determines the command's entries.
      loop: whether the motion is cyclic; None as in the file.
      name: the clip's; the motion's own where None.

    Raises:
      UserError: unknown robot or skill, a motion of over two minutes or faster than anybody, or
        `loop` set and ends too far apart.
    """
    if robot not in ROBOTS:
        raise UserError(
            f"clips are made on {', '.join(ROBOTS)}, not {robot!r}; robots with hands "
            "take them by joint names"
        )
    check_skill(skill)
    if motion.duration_s > _LONGEST_S:
        raise UserError(
            f"{motion.source}: {motion.duration_s:.0f} s is too long; {_LONGEST_S:g} s "
            "at most, cut it into clips"
        )
    too_fast = speed_problem(motion)
    if too_fast:
        raise UserError(f"{motion.source}: {too_fast}; are the units right?")
    body = body_of(robot)
    around = _is_loop(motion, loop)
    human = at_rate(motion, FPS, whole=around)
    before = after = 0
    if around:
        human = closed(human)
        before = after = min(human.frames - 1, round(_CONTEXT_S * FPS))
    long = unrolled(human, before, after) if around else human
    fit = fitted(long, body)
    fit, qpos, still = _solved(body, fit, contacts.find_standing(long, FPS))
    own = slice(before, len(qpos) - after)
    if around:
        qpos = _closed(body, qpos[own], human)
    figures = _figures(body, qpos, _cut(fit, own), Stance(*(array[own] for array in still)))
    straight = around and round_trip(human)[1] == 0.0
    qpos, human = _from_origin(qpos, human, straight)
    clip = _clip(body, motion, qpos, still.feet[own], around, skill, name or motion.name)
    return Retargeted(clip, figures, human)


def check_skill(skill: str) -> None:
    """Raises UserError, with the nearest known one, unless `skill` is known or empty."""
    if skill and skill not in SKILLS:
        raise UserError(nearest("skill", skill, SKILLS, f"there are {', '.join(SKILLS)}"))


def _is_loop(motion: HumanMotion, loop: bool | None) -> bool:
    wanted = bool(motion.loop) if loop is None else loop
    apart = seam(motion)
    if loop and apart > _WIDEST_SEAM_M:
        raise UserError(
            f"{motion.source} is no loop: its last pose is {apart:.2f} m from its first; "
            f"{_WIDEST_SEAM_M:g} m is allowed"
        )
    return wanted and apart <= _WIDEST_SEAM_M


def _solved(body: Body, fit: Fitted, on: np.ndarray) -> tuple[Fitted, np.ndarray, Stance]:
    """Both passes, with ends `on` levels: targets, qpos, and stances."""
    points = tuple(KEYPOINTS.values())
    weights = np.array([_TOE if "toe" in n else 1.0 for n in KEYPOINTS])
    follow = PointGoal(points, fit.points, weights[:, None])
    turn = np.stack([_TRUNK_TURN, _TRUNK_TURN, _FOOT_TURN, _FOOT_TURN])
    rest = {
        "turns": (TurnGoal(TURNS, fit.turns, turn),),
        "axes": (AxisGoal(tuple(AXES), fit.axes, _TWIST),),
    }
    free = Goals((follow,), **rest, gamma=2e-6, slack=0.3)
    qpos = solve(body, first_posture(body, fit), free, FPS)

    ends = body.points(body.frames(qpos), ENDS)
    heights = contacts.level_heights(on, ends)
    # The ground is at the lowest stance, else at the body's lowest parts.
    level = heights[0] if len(heights) else np.percentile(body.depth(body.frames(qpos)), 10.0)
    qpos[:, 2] -= level
    ends[..., 2] -= level
    fit.points[..., 2] -= level
    still = contacts.stance(on, ends, heights - level)
    stance_goal = PointGoal(ENDS, still.places, _STANDING * still.strength[..., None])
    goals = Goals((follow, stance_goal), **rest, ground=_GROUND, floor=still.floor, apart=_APART)
    return fit, _within_speeds(body, qpos, goals), still


def _within_speeds(body: Body, qpos: np.ndarray, goals: Goals) -> np.ndarray:
    """The goals' motion with the velocities of `qpos`, within the motors' velocity limits.

    Near a joint's singularity the joint would spin: there the velocity term targets the motor's
    limit, with increasing weight until it is respected.
    """
    fastest = np.full(body.size, np.inf)
    fastest[ROOT:] = [speed_limit(name) / FPS for name in body.tree.joints]
    most = _SPEED_SHARE * fastest
    steps = body.steps(qpos)
    steps = np.where(_too_fast(steps, fastest), np.clip(steps, -most, most), steps)
    gamma = np.full(steps.shape, GAMMA)
    for _ in range(_SPEED_ROUNDS):
        qpos = solve(body, qpos, replace(goals, steps=steps, gamma=gamma), FPS)
        now = body.steps(qpos)
        over = _too_fast(now, fastest)
        if not over.any():
            break
        steps = np.where(over, np.clip(now, -most, most), steps)
        gamma = np.where(over, 8.0 * gamma, gamma)
    return qpos


def _too_fast(steps: np.ndarray, fastest: np.ndarray) -> np.ndarray:
    """Steps `[T - 1, n]` that end or start in a frame above the velocity limits.

    Velocities are central differences, as in clips and their checks.
    """
    around = np.concatenate([steps[:1], steps, steps[-1:]])
    over = np.abs(0.5 * (around[:-1] + around[1:])) > fastest
    return over[:-1] | over[1:]


def _cut(fit: Fitted, own: slice) -> Fitted:
    return Fitted(fit.root[own], fit.points[own], fit.turns[own], fit.axes[own], fit.scale)


def _closed(body: Body, qpos: np.ndarray, human: HumanMotion) -> np.ndarray:
    """The loop with exactly matching ends; their difference is spread over the cycle."""
    _, turned = round_trip(human)
    turn = Rotation.from_euler("z", turned)
    goal = qpos[:1].copy()
    goal[0, :2] = qpos[-1, :2]
    spin = turn * Rotation.from_quat(qpos[0, 3:7], scalar_first=True)
    goal[0, 3:7] = spin.as_quat(scalar_first=True)
    apart = body.steps(np.concatenate([qpos[-1:], goal]))[0]
    ramp = np.linspace(-0.5, 0.5, len(qpos))
    qpos = body.moved(qpos, ramp[:, None] * apart)
    qpos[:, 7:] = np.clip(qpos[:, 7:], body.tree.low, body.tree.high)
    return qpos


def _figures(body: Body, qpos: np.ndarray, fit: Fitted, still: Stance) -> Figures:
    frames = body.frames(qpos)
    error = np.linalg.norm(body.points(frames, tuple(KEYPOINTS.values())) - fit.points, axis=-1)
    hinges = qpos[:, 7:]
    excess = np.maximum(body.tree.low - hinges, hinges - body.tree.high).max()
    slip = contacts.slips(still.standing, body.points(frames, ENDS))
    return Figures(
        frames=len(qpos),
        seconds=(len(qpos) - 1) / FPS,
        scale=fit.scale,
        keypoint_mean_m=float(error.mean()),
        keypoint_max_m=float(error.max()),
        limit_excess_rad=float(max(excess, 0.0)),
        steps=len(slip),
        slip_mean_m=float(slip.mean()) if len(slip) else 0.0,
        slip_max_m=float(slip.max(initial=0.0)),
        levels=len(np.unique(still.places[still.standing, 2])),
        penetration_m=float(max(-body.depth(frames, still.floor).min(), 0.0)),
    )


def _from_origin(
    qpos: np.ndarray, human: HumanMotion, straight: bool
) -> tuple[np.ndarray, HumanMotion]:
    """Both transformed so that the robot starts at x = y = 0 and heads along x.

    This is the first frame's heading, or the mean one of a straight loop, which sways.
    """
    spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
    headings = ahead(qpos[:, 3:7])
    x, y = headings.mean(axis=0) if straight else headings[0]
    turn = Rotation.from_euler("z", -np.arctan2(y, x))
    qpos = qpos.copy()
    qpos[:, :2] -= qpos[0, :2]
    qpos[:, :3] = turn.apply(qpos[:, :3])
    qpos[:, 3:7] = (turn * spin).as_quat(scalar_first=True)
    positions = human.positions - human.positions[0, 0] * [1.0, 1.0, 0.0]
    shape = positions.shape
    spins = turn * Rotation.from_quat(human.rotations.reshape(-1, 4), scalar_first=True)
    return qpos, replace(
        human,
        positions=turn.apply(positions.reshape(-1, 3)).reshape(shape),
        rotations=spins.as_quat(scalar_first=True).reshape(human.rotations.shape),
    )


def _clip(
    body: Body,
    motion: HumanMotion,
    qpos: np.ndarray,
    feet: np.ndarray,
    loop: bool,
    skill: str,
    name: str,
) -> Clip:
    clip = make_clip(
        name,
        body.tree.joints,
        qpos,
        FPS,
        loop,
        feet,
        skill=skill,
        source=motion.source,
        licence=motion.licence,
    )
    return replace(clip, command=command_of(clip, body))
