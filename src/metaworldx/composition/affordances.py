"""What a task's scene asks of experts: places for the hands, a goal to walk to, and how far it is.

Read off the environment's state as it is, so nobody has to be asked for it while the robot acts.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.composition.hand_targets import (
    GRIP,
    TURNED,
    both,
    catching_places,
    handle_place,
    push_place,
    within_reach,
)
from metaworldx.envs.env import Env
from metaworldx.experts.task_targets import TaskTargets
from metaworldx.motion.kinematics import heading, to_heading
from metaworldx.sim.data import SimData

MILESTONES = 3
"""How many milestones every task has; those that it lacks are never reached."""
_LEFT, _BOTH, _NEITHER = (True, False), (True, True), (False, False)
_TURN = 0.4
"""How far a gait that goes is asked to turn at once (rad), unless there is no room for its bow."""

# The door's places, m.
_BEHIND_THE_DOOR = (1.2, 0.1)
_HANDLE_NEAR = 0.2
"""How far ahead of the pelvis the handle is when the hand begins."""
# The table's, m but for the share.
_SAME_SIDE = 0.05
"""A box so near its goal across is left to the hand that pushes it there from the middle."""
_AT_THE_TABLE = 0.55
"""Where the way ends along x: inside the table, whose edge at 0.4 stops the robot."""
_WITH_THE_GOAL = 0.7
"""And across, the share of the goal's place: neither arm reaches across from the middle."""

# The truck's places, m: its ramp begins 0.5 m before the robot and is 1.2 m wide to each side.
_RAMP_END_X, _CLEAR_Y = 3.0, 1.0
_OUT = (1.0, 1.5)
_LANE_Y, _AHEAD = 1.65, 0.8
"""Where to walk along the truck's side, 0.45 m off it, and how far ahead to look."""
_BESIDE = 1.7
"""So near the nearest package, the robot is beside it."""
_SLOW = 0.25
"""Slower than this (m/s), a robot may stand; at 0.6 m/s, a walk, it falls whoever takes over."""
_ASIDE = 1.6
"""There the way leads round to the left (rad), which slows a gait that takes over."""
_TURN_OUT, _TURN_BACK = 2.0, 1.0
"""Turns (rad) at once: nearly on the spot while the robot begins, then back round to the truck."""


@struct.dataclass
class Affordances(TaskTargets):
    """One environment's scene: what is asked there, and how far its task is.

    Attributes:
      milestones: how far each is, 0 to 1 (reached) `[MILESTONES]`, in the order in which they
        come.
      once: whether hands that have reached the first milestone and lost it are asked no more, bool.
    """

    milestones: jax.Array
    once: jax.Array


_LOST = 0.3
"""A first milestone that is less than this far has been lost."""


def drop_lost_targets(scene: Affordances, reached: jax.Array) -> Affordances:
    """The scene, hands asked no more where what they had reached is lost.

    Args:
      reached: the greatest that each milestone has been `[MILESTONES]`.
    """
    lost = scene.once & (reached[0] >= 1.0) & (scene.milestones[0] < _LOST)
    return scene.replace(asked=scene.asked & ~lost)


AffordancesFn = Callable[[Any], Affordances]
"""The scene in one environment's state (or anything with its `readings` and `memory`)."""


def affordances_of(env: Env) -> AffordancesFn:
    """How a task's scene is read off its states; tasks of no table have nothing to ask."""
    make = _SCENES.get(env.task.name)
    return (lambda state: _nothing()) if make is None else make(env)


def has_affordances(task: str) -> bool:
    """Whether a task's scene asks anything of experts."""
    return task in _SCENES


def targets_fn_of(env: Env) -> Callable[[SimData, Any], Affordances] | None:
    """What a task asks, of its readings and its own memory; None where it asks nothing."""
    if not has_affordances(env.task.name):
        return None
    scene = affordances_of(env)
    return lambda readings, memory: scene(SimpleNamespace(readings=readings, memory=memory))


def milestone_names(task: str) -> tuple[str, ...]:
    """What a task's milestones are, in words, for tables; none for tasks without."""
    return _MILESTONES.get(task, ())


# ---- tasks

_MILESTONES: dict[str, tuple[str, ...]] = {
    "door": ("hatch turned", "door opened", "passed"),
    "push": ("hand at the box", "box moved", "box at its goal"),
    "basketball": ("hands at the ball", "ball high", "ball in the hoop"),
    "truck": ("beside the packages", "slow beside them", "package lifted"),
    "package": ("at the package", "package lifted", "package brought"),
    "reach": ("hand near its goal", "hand at its goal"),
}


def _door(env: Env) -> AffordancesFn:
    """The left hand comes down on the hatch's handle and stays; the way leads through the door."""
    layout, robot = env.task.layout, env.task.robot
    hatch, hinge = layout.body("door_hatch"), layout.qpos("door_hinge")
    turn = layout.qpos("door_hatch_hinge")

    def read(state: Any) -> Affordances:
        r = state.readings
        angle = r.qpos[turn]
        grip = r.xpos[hatch] + jnp.array(GRIP)
        ahead = grip[0] - robot.pelvis_position(r)[0]
        turned = angle > TURNED
        return _scene(
            both(handle_place(robot.left_hand(r), grip, angle)),
            # Before it is so near, an arm held out keeps the robot off the door.
            (turned | (ahead < _HANDLE_NEAR), False),
            jnp.array(_BEHIND_THE_DOOR),
            (angle / 0.75, r.qpos[hinge] / 0.5, robot.imu_position(r)[0] / 1.2),
            # Another try costs more than the hatch is worth.
            once=True,
        )

    return read


def _push(env: Env) -> AffordancesFn:
    """Either hand pushes the box to the other side, the legs go to the table."""
    box, robot = env.task.layout.body("object"), env.task.robot
    joint = env.task.layout.qpos("free_object")
    start = jnp.array(env.task.object_qpos[:3])

    def read(state: Any) -> Affordances:
        r, goal = state.readings, state.memory.goal
        at = r.xpos[box]
        hands = jnp.stack([robot.left_hand(r), robot.right_hand(r)])
        left_of_it = goal[1] - at[1]
        to_left = jnp.where(jnp.abs(left_of_it) > _SAME_SIDE, left_of_it, goal[1]) > 0.0
        place = push_place(jnp.where(to_left, hands[1], hands[0]), at, goal)
        # As the task measures it: bodies' places are a substep older.
        far = jnp.linalg.norm(goal - r.qpos[joint : joint + 3])
        near = jnp.linalg.norm(hands - at, axis=-1).min()
        return _scene(
            both(place),
            (~to_left, to_left),
            jnp.stack([jnp.array(_AT_THE_TABLE), _WITH_THE_GOAL * goal[1]]),
            (0.3 / near, jnp.linalg.norm((at - start)[:2]) / 0.1, 0.05 / jnp.maximum(far, 1e-6)),
        )

    return read


def _basketball(env: Env) -> AffordancesFn:
    """Hands before the chest, where the ball falls between them; then they keep it there.

    These places catch the ball, not an expert: arms are led to them by inverse kinematics.
    """
    ball, hoop = env.task.layout.body("basketball"), env.task.layout.site("hoop_center")
    robot = env.task.robot

    def read(state: Any) -> Affordances:
        r = state.readings
        at = r.xpos[ball]
        pelvis, yaw = robot.pelvis_position(r), heading(robot.pelvis_orientation(r))
        seen = to_heading(at - pelvis, yaw)
        places = to_heading(catching_places(seen, state.memory.throwing), -yaw) + pelvis
        hands = jnp.stack([robot.left_hand(r), robot.right_hand(r)])
        away = jnp.linalg.norm(hands - at, axis=-1).max()
        missed = jnp.linalg.norm(at - r.site_xpos[hoop])
        return _scene(places, _BOTH, None, (0.25 / away, at[2] / 1.8, 0.05 / missed))

    return read


def _truck(env: Env) -> AffordancesFn:
    """Out from before the ramp to the truck's left side, and along it to the packages.

    The ramp is steeper than any gait climbs, and the truck's walls keep hands off the packages.
    """
    layout, robot = env.task.layout, env.task.robot
    packages = np.array([layout.body(f"package_{letter}") for letter in "abcde"])

    def read(state: Any) -> Affordances:
        r = state.readings
        here = robot.pelvis_position(r)[:2]
        beside = _BESIDE / jnp.linalg.norm(r.xpos[packages, :2] - here, axis=-1).min()
        speed = jnp.linalg.norm(r.qvel[:2])
        before = (here[1] < _CLEAR_Y) & (here[0] < _RAMP_END_X)
        way = jnp.where(before, jnp.array(_OUT), jnp.stack([here[0] + _AHEAD, _LANE_Y]))
        yaw = heading(r.qpos[3:7]) + _ASIDE
        aside = here + jnp.stack([jnp.cos(yaw), jnp.sin(yaw)])
        lifted, there = jnp.any(state.memory.picked_up >= 0), jnp.any(state.memory.on_table >= 0)
        return _scene(
            jnp.zeros((2, 3)),
            _NEITHER,
            jnp.where(beside < 1.0, way, aside),
            (
                beside,
                jnp.where(beside < 1.0, 0.0, _SLOW / jnp.maximum(speed, 1e-6)),
                lifted | there,
            ),
            turn=jnp.where(before, _TURN_OUT, jnp.where(beside < 1.0, _TURN_BACK, _TURN)),
        )

    return read


def _package(env: Env) -> AffordancesFn:
    """The way and both hands go to the package; once it is lifted the way is its destination."""
    layout, robot = env.task.layout, env.task.robot
    package, destination = layout.body("package_a"), layout.site("destination_loc")

    def read(state: Any) -> Affordances:
        r = state.readings
        at, to = r.xpos[package], r.site_xpos[destination]
        lifted = at[2] > 0.5
        away = jnp.linalg.norm((at - robot.pelvis_position(r))[:2])
        return _scene(
            both(at, 0.15),
            _BOTH,
            jnp.where(lifted, to[:2], at[:2]),
            (0.6 / away, at[2] / 0.5, 0.1 / jnp.linalg.norm(at - to)),
        )

    return read


def _reach(env: Env) -> AffordancesFn:
    """The goal is the left hand's; of one farther than the arm is long, the way to it."""
    robot = env.task.robot

    def read(state: Any) -> Affordances:
        r, goal = state.readings, state.memory.goal
        away = jnp.linalg.norm(robot.left_hand(r) - goal)
        yaw = heading(robot.pelvis_orientation(r))
        place = within_reach(goal, robot.pelvis_position(r), yaw)
        return _scene(both(place), _LEFT, None, (0.5 / away, 0.1 / away))

    return read


_SCENES: dict[str, Callable[[Env], AffordancesFn]] = {
    "door": _door,
    "push": _push,
    "basketball": _basketball,
    "truck": _truck,
    "package": _package,
    "reach": _reach,
}


def _nothing() -> Affordances:
    return _scene(jnp.zeros((2, 3)), (False, False), None, ())


def _scene(
    places: jax.Array,
    asked: tuple[jax.Array | bool, jax.Array | bool],
    goal: jax.Array | None,
    milestones: tuple[jax.Array | float, ...],
    once: bool = False,
    turn: jax.Array | float = _TURN,
) -> Affordances:
    padded = [jnp.asarray(m, float) for m in milestones] + [jnp.zeros(())] * (
        MILESTONES - len(milestones)
    )
    return Affordances(
        places=places,
        asked=jnp.stack([jnp.asarray(hand) for hand in asked]),
        goal=jnp.zeros(2) if goal is None else goal,
        going=jnp.array(goal is not None),
        turn=jnp.asarray(turn, float),
        milestones=jnp.clip(jnp.stack(padded), 0.0, 1.0),
        once=jnp.array(once),
    )
