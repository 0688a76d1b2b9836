"""Stand, walk and run on the flat floor."""

from __future__ import annotations

from typing import ClassVar

from metaworldx.envs import terms
from metaworldx.envs.task import Memory, Outcome, Task, outcome
from metaworldx.sim.readings import Readings


class Walk(Task):
    """Walk forward along x with 1 m/s."""

    name = "walk"
    success_bar = 700
    min_collisions = "feet"
    speed: ClassVar[float] = 1.0
    """Speed along x (m/s) from which `move` is 1."""

    def evaluate(self, r: Readings, memory: Memory) -> Outcome:
        standing, upright = terms.standing(self.robot, r), terms.upright(self.robot, r)
        stand = standing * upright
        control = terms.small_control(r)
        move = terms.forward(self.robot, r, self.speed)
        return outcome(
            control * stand * move,
            r.qpos[2] < 0.2,
            {
                "stand_reward": stand,
                "small_control": control,
                "move": move,
                "standing": standing,
                "upright": upright,
            },
        )


class Run(Walk):
    """Run forward along x with 5 m/s."""

    name = "run"
    speed = 5.0


class Stand(Task):
    """Stand upright without moving."""

    name = "stand"
    success_bar = 800
    min_collisions = "feet"

    def evaluate(self, r: Readings, memory: Memory) -> Outcome:
        standing, upright = terms.standing(self.robot, r), terms.upright(self.robot, r)
        stand = standing * upright
        control, still = terms.small_control(r), terms.still(self.robot, r)
        return outcome(
            control * stand * still,
            r.qpos[2] < 0.2,
            {
                "small_control": control,
                "stand_reward": stand,
                "dont_move": still,
                "standing": standing,
                "upright": upright,
            },
        )
