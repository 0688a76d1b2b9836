"""Who acts in an evaluation: an agent's policy, its planner, an expert of a pool, or a script."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.agents import tdmpc2
from metaworldx.composition.affordances import affordances_of, composed_task, drop_lost_targets
from metaworldx.composition.composer import Composer, GatingPolicy
from metaworldx.composition.guidance_arrays import GuidanceArrays
from metaworldx.composition.replanning import Replanner
from metaworldx.composition.target_commands import TargetCommands
from metaworldx.core.errors import UserError, check_known
from metaworldx.envs.env import Env
from metaworldx.envs.scripted_policies import scripted_policy
from metaworldx.envs.state import EnvState
from metaworldx.experts.motion_command import reference_frame_of
from metaworldx.experts.pool import ExpertPool
from metaworldx.motion.clip import Clip

Carry = Any
ACTORS = ("policy", "mppi")


class Controller(Protocol):
    """Acts deterministically in a batch of environments.

    Attributes:
      name: who acts, for the record.
      clips: the motions that it follows, if any.
      experts: names of those that it mixes, if any.
    """

    name: str
    clips: tuple[Clip, ...]
    experts: tuple[str, ...]

    def check(self, env: Env) -> None:
        """Raises UserError if it cannot act in that environment."""
        ...

    def begin(self, state: EnvState) -> Carry:
        """What it carries, at the start of the episodes."""
        ...

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """Actions `[E, A]`, and what it carries on."""
        ...

    def on_chunk_end(self, carry: Carry, state: EnvState, seconds: float) -> Carry:
        """What it carries on after a chunk of steps; called outside of compiled code.

        Args:
          seconds: since the start.
        """
        ...

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """The hinges it is to have in that state `[E, J]`, rad; None where it follows nothing."""
        ...

    def weights(self, carry: Carry) -> jax.Array | None:
        """Of the experts in the last step `[E, K]`; None where none are mixed."""
        ...


class BaseController:
    """Who follows no motion, mixes no experts and asks nobody."""

    clips: tuple[Clip, ...] = ()
    experts: tuple[str, ...] = ()

    def check(self, env: Env) -> None:
        """Acts anywhere, or was checked when it was made."""

    def on_chunk_end(self, carry: Carry, state: EnvState, seconds: float) -> Carry:
        """As it was."""
        del state, seconds
        return carry

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """It follows nothing, or several motions at once."""
        del carry, state

    def weights(self, carry: Carry) -> jax.Array | None:
        """It mixes none."""
        del carry


class AgentController(BaseController):
    """An agent's policy, or MPPI in its world model."""

    def __init__(self, agent_config: tdmpc2.AgentConfig, act_with: str, env: Env):
        """For an environment; `MotionTrackingEnv`s know their references.

        Raises:
          UserError: neither policy nor mppi.
        """
        check_known("act_with", act_with, ACTORS)
        self.name = act_with
        self.config, self._env = agent_config, env

    def check(self, env: Env) -> None:
        """Raises UserError if the environment has other sizes than the agent was trained with."""
        from metaworldx.training.restore import check_sizes

        check_sizes(self.config, env)

    def begin(self, state: EnvState) -> Carry:
        """Empty plans."""
        count = state.reward.shape[0]
        return tdmpc2.init_plan(self.config, count) if self.name == "mppi" else None

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The most likely action, or the plan's first."""
        if self.name == "mppi":
            return tdmpc2.plan(self.config, params, state.obs, carry, key, deterministic=True)
        return tdmpc2.act(self.config, params, state.obs, key, deterministic=True), carry

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """Of a tracking environment, what it tracks."""
        del carry
        return self._env.reference_joints(state)


class ExpertController(BaseController):
    """One expert of a pool, in an environment of any task of its robot.

    It is told what the task's scene asks, as in composition: places for the hands of the one that
    reaches, where to head of those that go. Its arms are its own; composition leads them besides.
    """

    def __init__(self, pool: ExpertPool, name: str, env: Env):
        """Acts as the expert called `name` with what `env.robot_observation` tells.

        Raises:
          UserError: no such expert.
        """
        self._pool, self._index, self._env = pool, pool.index(name), env
        self._commands = TargetCommands(pool)
        asks = composed_task(env.task) is not None
        self._scene = jax.vmap(affordances_of(env)) if asks else None
        self.name = f"expert {name}"
        self.clips = pool.experts[self._index].clips
        self._nq = env.task.robot.spec.nq

    def check(self, env: Env) -> None:
        """Raises UserError if the environment's robot is not the pool's."""
        if env.action_size != self._pool.body.action_size:
            raise UserError(
                f"{env.id} has {env.action_size} actions; the pool is for a robot with "
                f"{self._pool.body.action_size}"
            )

    def begin(self, state: EnvState) -> Carry:
        """What it follows, and the greatest that each milestone has been (None without any)."""
        qpos = self._own(state)[0]
        if self._scene is None:
            return self._pool.begin(qpos), None
        scene = self._scene(state)
        scene = jax.vmap(drop_lost_targets)(scene, scene.milestones)
        return self._commands.begun(qpos, scene), scene.milestones

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The expert's action; all of the pool act in one call."""
        del params, key
        qpos, qvel = self._own(state)
        follow, reached = carry
        if self._scene is not None:
            scene = jax.vmap(drop_lost_targets)(self._scene(state), reached)
            follow = self._commands.with_targets(follow, scene, qpos)
            reached = jnp.maximum(reached, scene.milestones)
        actions = self._pool.act(follow, qpos, qvel)
        return actions[:, self._index], (self._pool.moved_on(follow, qpos), reached)

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """The hinges of the clip it follows."""
        del state
        follow = jax.tree.map(lambda x: x[:, self._index], carry[0])
        refs = self._pool.refs
        return jax.vmap(lambda f: reference_frame_of(refs, f).qpos[7:])(follow)

    def _own(self, state: EnvState) -> tuple[jax.Array, jax.Array]:
        own = jnp.asarray(self._env.robot_observation(state))
        return own[:, : self._nq], own[:, self._nq :]


class ComposedController(BaseController):
    """A pool's experts mixed by whoever chooses their weights."""

    def __init__(
        self,
        pool: ExpertPool,
        chooser: GatingPolicy,
        confidence: jax.Array | float,
        name: str,
        env: Env,
    ):
        """For an environment of the pool's robot.

        Args:
          chooser: of the weights, at every step.
          confidence: of its teacher.
          name: who that is, for the record.

        Raises:
          UserError: a robot that is not the pool's.
        """
        self.name, self.experts = f"experts by {name}", pool.names
        self._composer, self._chooser = Composer(pool, env), chooser
        self._confidence = jnp.asarray(confidence)

    def begin(self, state: EnvState) -> Carry:
        """Every expert at its beginning."""
        return self._composer.begin(state, self._chooser)

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The sum of the experts' actions by weight."""
        del params, key
        sure = jnp.broadcast_to(self._confidence, state.reward.shape)
        acted, carry = self._composer.act(state, carry, self._chooser, sure)
        return acted.action, carry

    def weights(self, carry: Carry) -> jax.Array | None:
        """After steadying."""
        return carry.steady.weights


class ReplanningController(BaseController):
    """A pool's experts mixed under guidance that is asked for anew as the task goes on."""

    def __init__(
        self,
        pool: ExpertPool,
        chooser: Callable[[GuidanceArrays], GatingPolicy],
        replanner: Replanner,
        name: str,
        env: Env,
        look: Callable[[Env, EnvState], bytes | None] | None = None,
    ):
        """For an environment of the pool's robot.

        Args:
          chooser: of the weights under guidance of each environment.
          name: who that is, for the record.
          look: draws one environment's state (PNG) for the teacher, or None if it cannot;
            None shows nothing.

        Raises:
          UserError: a robot that is not the pool's.
        """
        self.name, self.experts = f"experts by {name}, asked again", pool.names
        self._composer, self._chooser = Composer(pool, env), chooser
        self._replanner, self._env, self._look = replanner, env, look
        self._asked_s = 0.0

    def begin(self, state: EnvState) -> Carry:
        """Every expert at its beginning, under the first answer."""
        guidance = self._replanner.first(state.reward.shape[0])
        return self._composer.begin(state, self._chooser(guidance)), guidance

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The sum of the experts' actions by weight."""
        del params, key
        composing, guidance = carry
        acted, composing = self._composer.act(
            state, composing, self._chooser(guidance), guidance.confidence
        )
        return acted.action, (composing, guidance)

    def on_chunk_end(self, carry: Carry, state: EnvState, seconds: float) -> Carry:
        """Under new guidance, where a stage has ended or it is time."""
        composing, guidance = carry
        look = None if self._look is None else partial(_seen, self._look, self._env, state)
        reached = np.asarray(composing.reached) >= 1.0
        before = self._asked_s if seconds > self._asked_s else 0.0
        guidance = self._replanner.again(guidance, reached, seconds, before, look)
        self._asked_s = seconds
        return composing, guidance

    def weights(self, carry: Carry) -> jax.Array | None:
        """After steadying."""
        return carry[0].steady.weights


def _seen(
    look: Callable[[Env, EnvState], bytes | None], env: Env, states: EnvState, number: int
) -> bytes | None:
    return look(env, jax.tree.map(lambda x: x[number], states))


class ScriptedController(BaseController):
    """A floor to compare with: holds the keyframe's pose, or acts at random."""

    def __init__(self, name: str, env: Env):
        """For an environment.

        Raises:
          UserError: neither hold nor random.
        """
        self.name, self._act = name, scripted_policy(name, env)

    def begin(self, state: EnvState) -> Carry:
        """Nothing."""
        del state

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The script's action."""
        del params
        return self._act(state, key), carry
