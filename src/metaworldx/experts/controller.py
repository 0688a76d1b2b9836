"""Controller of one expert of a pool, in an environment of any task of its robot."""

from __future__ import annotations

from typing import Any, Protocol

import jax
import jax.numpy as jnp

from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.evaluation.controllers import BaseController, Carry
from metaworldx.experts.body_frame import BodyFrame
from metaworldx.experts.motion_command import MotionCommand, reference_frame_of
from metaworldx.experts.pool import ExpertPool


class Targets(Protocol):
    """What a task's scene asks of experts, as `composition.target_commands.SceneTargets` tells."""

    def begun(self, state: EnvState, body: BodyFrame) -> tuple[MotionCommand, jax.Array]:
        """What each expert follows at first `[B, K]`, and the milestones as they are."""
        ...

    def updated(
        self, follow: MotionCommand, reached: jax.Array, state: EnvState, body: BodyFrame
    ) -> tuple[MotionCommand, jax.Array]:
        """The same set to the scene of now, and the greatest that each milestone has been."""
        ...


class ExpertController(BaseController):
    """One expert of a pool. Its arms are its own; composition leads them besides."""

    def __init__(self, pool: ExpertPool, name: str, env: Env, targets: Targets | None = None):
        """Acts as the expert called `name` with what `env.robot_observation` tells.

        Args:
          targets: what the scene asks, as in composition: places for the hands of the one that
            reaches, where to head of those that go. None leaves the expert to its clips.

        Raises:
          UserError: no such expert.
        """
        self._pool, self._index, self._env = pool, pool.index(name), env
        self._targets = targets
        self.name = f"expert {name}"
        self.clips = pool.experts[self._index].clips
        self._nq = env.task.robot.spec.nq

    def check(self, env: Env) -> None:
        """Raises UserError if the environment's robot is not the pool's."""
        self._pool.check_robot(env)

    def begin(self, state: EnvState) -> Carry:
        """What it follows, and the greatest that each milestone has been (None without targets)."""
        body = self._body(state)
        if self._targets is None:
            return self._pool.begin(body), None
        return self._targets.begun(state, body)

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The expert's action; all of the pool act in one call."""
        del params, key
        body = self._body(state)
        follow, reached = carry
        if self._targets is not None:
            follow, reached = self._targets.updated(follow, reached, state, body)
        actions = self._pool.act(follow, body)
        return actions[:, self._index], (self._pool.moved_on(follow, body), reached)

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """The hinges of the clip it follows."""
        del state
        follow = jax.tree.map(lambda x: x[:, self._index], carry[0])
        refs = self._pool.refs
        return jax.vmap(lambda f: reference_frame_of(refs, f).qpos[7:])(follow)

    def _body(self, state: EnvState) -> BodyFrame:
        own = jnp.asarray(self._env.robot_observation(state))
        return self._pool.body_frame(own[:, : self._nq], own[:, self._nq :])
