"""Target commands of a pool's experts: hand targets and headings from a task's affordances."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.composition.affordances import (
    Affordances,
    affordances_of,
    composed_task,
    drop_lost_targets,
)
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState, select
from metaworldx.experts.body_frame import BodyFrame
from metaworldx.experts.motion_command import MotionCommand
from metaworldx.experts.pool import ExpertPool
from metaworldx.experts.task_targets import REACH, hand_command, heading_command


class TargetCommands:
    """Affordances as commands of a pool's experts, for robots `[B]`.

    Attributes:
      reaching: index of the expert that takes hand targets; None without one.
    """

    def __init__(self, pool: ExpertPool):
        """For a pool."""
        self._pool = pool
        self.reaching = pool.names.index(REACH) if REACH in pool.names else None

    def init(
        self, body: BodyFrame, scene: Affordances, phase: jax.Array | float = 0.0
    ) -> MotionCommand:
        """Initial commands of every expert `[B, K]`, with the scene's targets.

        Args:
          phase: as in `ExpertPool.begin`.
        """
        motion = self._pool.begin(body, phase)
        if self.reaching is None:
            return motion
        expert = self.reaching
        commands = self._commands(scene, motion)
        aimed = jax.vmap(lambda f, c: self._pool.with_command(f, expert, c))(motion, commands)
        return select(scene.has_target.any(axis=-1), aimed, motion)

    def with_targets(
        self, motion: MotionCommand, scene: Affordances, body: BodyFrame
    ) -> MotionCommand:
        """Commands `[B, K]` set to the scene's current targets."""
        aimed = self._aimed(motion, scene)
        return jax.vmap(heading_command)(aimed, scene, body, self._pool.speed_of(aimed))

    def _aimed(self, motion: MotionCommand, scene: Affordances) -> MotionCommand:
        """With the current hand targets."""
        if self.reaching is None:
            return motion
        commands = self._commands(scene, motion)
        old = motion.command[:, self.reaching]
        new = jnp.where(scene.has_target.any(axis=-1)[:, None], commands, old)
        return motion.replace(command=motion.command.at[:, self.reaching].set(new))

    def _commands(self, scene: Affordances, motion: MotionCommand) -> jax.Array:
        """Command of the reach expert `[B, 11]`; hand targets are relative to its anchor."""
        return jax.vmap(hand_command)(scene, motion.anchor[:, self.reaching])


class SceneTargets:
    """Targets of a task for a pool's experts, for an expert that acts alone."""

    def __init__(self, pool: ExpertPool, env: Env):
        """For the environments of a task."""
        self._commands, self._scene = TargetCommands(pool), jax.vmap(affordances_of(env))

    def init(self, state: EnvState, body: BodyFrame) -> tuple[MotionCommand, jax.Array]:
        """Initial command of each expert `[B, K]`, and the milestones' progress `[B, M]`."""
        scene = self._scene(state)
        scene = jax.vmap(drop_lost_targets)(scene, scene.milestones)
        return self._commands.init(body, scene), scene.milestones

    def updated(
        self, motion: MotionCommand, reached: jax.Array, state: EnvState, body: BodyFrame
    ) -> tuple[MotionCommand, jax.Array]:
        """Commands set to the current targets, and the running maximum of each milestone."""
        scene = jax.vmap(drop_lost_targets)(self._scene(state), reached)
        motion = self._commands.with_targets(motion, scene, body)
        return motion, jnp.maximum(reached, scene.milestones)


def scene_targets(pool: ExpertPool, env: Env) -> SceneTargets | None:
    """Targets of an environment's task; None for a task without a composition."""
    return None if composed_task(env.task) is None else SceneTargets(pool, env)
