"""Composition of reach: the left hand's target is the goal, limited to the arm's reach."""

from __future__ import annotations

from metaworldx.composition.affordances import Affordances, ComposedTask, TargetsFn, affordances
from metaworldx.composition.hand_targets import both, within_reach
from metaworldx.envs.task import Task, TaskState
from metaworldx.motion.kinematics import heading
from metaworldx.sim.data import SimData


def _affordances(task: Task) -> TargetsFn:
    """The goal is the left hand's; of one farther than the arm is long, the way to it."""
    robot = task.robot

    def read(data: SimData, state: TaskState) -> Affordances:
        yaw = heading(robot.pelvis_orientation(data))
        place = within_reach(state.goal, robot.pelvis_position(data), yaw)
        return affordances(both(place), (True, False))

    return read


COMPOSED = ComposedTask(_affordances)
