"""Controller of one expert of a pool, in an environment of any task of its robot."""

from __future__ import annotations

from typing import Any, Protocol

import jax
import jax.numpy as jnp

from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.evaluation.controllers import Carry, Controller
from metaworldx.experts.body_frame import BodyFrame
from metaworldx.experts.motion_command import MotionCommand, reference_frame_of
from metaworldx.experts.pool import ExpertPool


class Targets(Protocol):
    """Targets for experts, as `composition.target_commands.SceneTargets` computes them."""

    def init(self, state: EnvState, body: BodyFrame) -> tuple[MotionCommand, jax.Array]:
        """Initial command of each expert `[B, K]`, and the milestones' progress."""
        ...

    def updated(
        self, motion: MotionCommand, reached: jax.Array, state: EnvState, body: BodyFrame
    ) -> tuple[MotionCommand, jax.Array]:
        """Commands set to the current targets, and the running maximum of each milestone."""
        ...


class ExpertController(Controller):
    """Policy of one expert of a pool, without composition's inverse kinematics of the arms."""

    def __init__(self, pool: ExpertPool, name: str, env: Env, targets: Targets | None = None):
        """Policy of the expert `name` under `env.robot_observation`.

        Args:
          targets: hand targets and headings, as in composition; None uses the clips' own commands.

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
        """Initial commands, and the running maximum of each milestone (None without targets)."""
        body = self._body(state)
        if self._targets is None:
            return self._pool.begin(body), None
        return self._targets.init(state, body)

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The expert's action; the pool evaluates all experts in one call."""
        del params, key
        body = self._body(state)
        motion, reached = carry
        if self._targets is not None:
            motion, reached = self._targets.updated(motion, reached, state, body)
        actions = self._pool.act(motion, body)
        return actions[:, self._index], (self._pool.advance(motion, body), reached)

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """Joint positions of the expert's reference."""
        del state
        motion = jax.tree.map(lambda x: x[:, self._index], carry[0])
        library = self._pool.library
        return jax.vmap(lambda f: reference_frame_of(library, f).qpos[7:])(motion)

    def _body(self, state: EnvState) -> BodyFrame:
        own = jnp.asarray(self._env.robot_observation(state))
        return self._pool.body_frame(own[:, : self._nq], own[:, self._nq :])
