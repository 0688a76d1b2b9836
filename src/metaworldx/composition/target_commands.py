"""Commands of a pool's experts from a scene's targets: where to reach, where to head."""

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
    """Scenes' targets as commands of a pool's experts, robot by robot `[B]`.

    Attributes:
      reaching: number of the expert that is told places for its hands; None if none is there.
    """

    def __init__(self, pool: ExpertPool):
        """For a pool."""
        self._pool = pool
        self.reaching = pool.names.index(REACH) if REACH in pool.names else None

    def begun(
        self, body: BodyFrame, scene: Affordances, phase: jax.Array | float = 0.0
    ) -> MotionCommand:
        """Every expert at its beginning `[B, K]`, as the scene asks.

        Args:
          phase: as in `ExpertPool.begin`.
        """
        follow = self._pool.begin(body, phase)
        if self.reaching is None:
            return follow
        expert = self.reaching
        commands = self._commands(scene, follow)
        asked = jax.vmap(lambda f, c: self._pool.asked(f, expert, c))(follow, commands)
        return select(scene.asked.any(axis=-1), asked, follow)

    def with_targets(
        self, follow: MotionCommand, scene: Affordances, body: BodyFrame
    ) -> MotionCommand:
        """What they follow `[B, K]`, their commands set to the scene's targets of now."""
        aimed = self._aimed(follow, scene)
        return jax.vmap(heading_command)(aimed, scene, body, self._pool.speed_of(aimed))

    def _aimed(self, follow: MotionCommand, scene: Affordances) -> MotionCommand:
        """With the hands' places as they are now."""
        if self.reaching is None:
            return follow
        commands = self._commands(scene, follow)
        old = follow.command[:, self.reaching]
        new = jnp.where(scene.asked.any(axis=-1)[:, None], commands, old)
        return follow.replace(command=follow.command.at[:, self.reaching].set(new))

    def _commands(self, scene: Affordances, follow: MotionCommand) -> jax.Array:
        """What the expert that reaches is asked `[B, 11]`: places count from its anchor."""
        return jax.vmap(hand_command)(scene, follow.anchor[:, self.reaching])


class SceneTargets:
    """What a task's scene asks of a pool's experts, for one that acts alone."""

    def __init__(self, pool: ExpertPool, env: Env):
        """For the environments of a task."""
        self._commands, self._scene = TargetCommands(pool), jax.vmap(affordances_of(env))

    def begun(self, state: EnvState, body: BodyFrame) -> tuple[MotionCommand, jax.Array]:
        """What each expert follows at first `[B, K]`, and the milestones as they are `[B, M]`."""
        scene = self._scene(state)
        scene = jax.vmap(drop_lost_targets)(scene, scene.milestones)
        return self._commands.begun(body, scene), scene.milestones

    def updated(
        self, follow: MotionCommand, reached: jax.Array, state: EnvState, body: BodyFrame
    ) -> tuple[MotionCommand, jax.Array]:
        """The same set to the scene of now, and the greatest that each milestone has been."""
        scene = jax.vmap(drop_lost_targets)(self._scene(state), reached)
        follow = self._commands.with_targets(follow, scene, body)
        return follow, jnp.maximum(reached, scene.milestones)


def scene_targets(pool: ExpertPool, env: Env) -> SceneTargets | None:
    """What an environment's scene asks of a pool's experts; None where it asks nothing."""
    return None if composed_task(env.task) is None else SceneTargets(pool, env)
