"""Commands of a pool's experts from a scene's targets: where to reach, where to head."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.composition.affordances import Affordances
from metaworldx.envs.state import select
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
        self, qpos: jax.Array, scene: Affordances, phase: jax.Array | float = 0.0
    ) -> MotionCommand:
        """Every expert at its beginning `[B, K]`, as the scene asks.

        Args:
          qpos: the robots' own `[B, nq]`.
          phase: as in `ExpertPool.begin`.
        """
        follow = self._pool.begin(qpos, phase)
        if self.reaching is None:
            return follow
        expert = self.reaching
        commands = self._commands(scene, follow)
        asked = jax.vmap(lambda f, c: self._pool.asked(f, expert, c))(follow, commands)
        return select(scene.asked.any(axis=-1), asked, follow)

    def with_targets(
        self, follow: MotionCommand, scene: Affordances, qpos: jax.Array
    ) -> MotionCommand:
        """What they follow `[B, K]`, their commands set to the scene's targets of now.

        Args:
          qpos: the robots' own `[B, nq]`.
        """
        aimed, own = self._aimed(follow, scene), self._pool.body.own_qpos(qpos)
        return jax.vmap(heading_command)(aimed, scene, own, self._pool.speed_of(aimed))

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
