"""Walking and standing with a box held in both arms."""

from __future__ import annotations

from dataclasses import replace

from metaworldx.motion.builtin.body import stand_pose
from metaworldx.motion.builtin.foot_placement import Gait
from metaworldx.motion.builtin.gait import gait_clip, walked
from metaworldx.motion.builtin.stand import settled, stood, swayed
from metaworldx.motion.builtin.walk import SOURCE, walk_gait
from metaworldx.motion.clip import Clip

SPEEDS = (0.5, 0.75, 1.0, 1.25)
ARM = (-0.3, 0.0, -0.3, 0.15)
"""Left shoulder pitch, roll and yaw and elbow (rad) under the box of the task carry."""
_LOAD, _ROBOT, _BEFORE = 2.0, 51.6, 0.3
"""Masses of the box and of H1 (kg), and how far the box is before the soles' middle (m)."""


def carry_gait(speed: float) -> Gait:
    """The walking gait with still arms, a forward chest and little pelvic list.

    The robot alone is balanced further back, so that robot and box together have the center of
    pressure of walking.
    """
    gait = walk_gait(speed)
    back = _BEFORE * _LOAD / _ROBOT
    return replace(
        gait,
        press=(gait.press[0] - back, gait.press[1] - back),
        rotation=0.8 * gait.rotation,
        roll=0.01,
        lean=0.03,
        thorax=0.0,
        arm=(ARM[0], 0.0),
        elbow=(ARM[3], 0.0),
        shoulder=ARM[1:3],
    )


def carry_clip(speed: float) -> Clip:
    """One cycle of walking straight on with a box."""
    gait = carry_gait(speed)
    return gait_clip(f"carry_{speed:.2f}", walked(gait), gait, "carry", SOURCE)


def carry_still(seconds: float = 6.0) -> Clip:
    """Standing with a box; the arms stay as they are."""
    pose = settled(stand_pose(arms=ARM), ahead=0.03 - _BEFORE * _LOAD / _ROBOT)
    qpos = swayed(pose, 0.003, 0.002, 0.0, 0.0, seconds)
    return stood("carry_still", qpos, "carry", SOURCE)


def clips() -> list[Clip]:
    """Standing with the box, and walking at each of SPEEDS."""
    return [carry_still(), *(carry_clip(speed) for speed in SPEEDS)]
