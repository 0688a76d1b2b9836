"""A task's environment under composed experts: the full method's task-level agent acts in it.

MetaWorld guides an agent by `lambda ||pi_mean(z) - a_ref||^2`. Here an agent's action is what it
adds to a_ref, so that this term is `lambda ||pi_mean(z)||^2` (in units of `authority`) and an agent
that has learnt nothing does as the experts do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.composition.composer import (
    Composer,
    ComposerState,
    EnvView,
    GatingInput,
    GatingPolicy,
)
from metaworldx.composition.weight_smoothing import init_smoothing
from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.envs.task import StepResult, Task, TaskState
from metaworldx.envs.wrappers.task_wrapper import TaskWrapper
from metaworldx.experts.pool import ExpertPool
from metaworldx.sim.data import SimData


@dataclass(frozen=True)
class ScheduleEntry:
    """A part of a reference schedule (Fig. 9): one expert alone is the reference up to a step.

    Attributes:
      expert: its name.
      until: control steps of the whole training, over all environments.
    """

    expert: str
    until: int


@struct.dataclass
class ResidualState:
    """A guided task's memory (of one environment).

    Attributes:
      task: the task's own.
      before: the task's own as its observation is read.
      composing: what composing remembers, of a batch of one.
      lived: control steps since training began, over all episodes, int32.
    """

    task: TaskState
    before: TaskState
    composing: ComposerState
    lived: jax.Array

    @property
    def reference(self) -> jax.Array:
        """a_ref in the last step `[A]`; zeros at an episode's start."""
        return self.composing.action[..., 0, :]

    @property
    def weights(self) -> jax.Array:
        """Of the experts that made it `[K]`."""
        return self.composing.weights[..., 0, :]


class ResidualEnv(Env):
    """A task whose actions are added to what composed experts would do.

    Observations have the last step's a_ref and the experts' weights behind the task's own numbers.
    Rewards, starts and ends are the task's.
    """

    def __init__(
        self,
        env: Env,
        pool: ExpertPool,
        chooser: GatingPolicy,
        confidence: jax.Array | float = 1.0,
        authority: float = 0.3,
        schedule: tuple[ScheduleEntry, ...] = (),
        num_envs: int = 1,
    ):
        """Wraps an environment of the pool's robot.

        Args:
          chooser: of the experts' weights.
          confidence: of its teacher.
          authority: what an action of 1 adds to a_ref, as a share of an actuator's half range.
          schedule: single experts that are the reference at first, in turn; then the chooser's.
          num_envs: environments that train together, for the schedule.

        Raises:
          UserError: unknown experts in the schedule, or an authority outside 0 to 2.
        """
        if not 0.0 < authority <= 2.0:
            raise UserError(f"authority is {authority}; needs over 0, up to 2")
        self.authority = authority
        turns = [(pool.index(turn.expert), turn.until / num_envs) for turn in schedule]
        self._guide = _Guide(Composer(pool, env), chooser, confidence, turns)
        super().__init__(env.id, _ResidualTask(env.task, self._guide), env.physics, env.config)
        self.collisions = env.collisions

    def ctrl_in(self, state: EnvState, action: jax.Array) -> jax.Array:
        """Joint targets for what an action adds in one environment's state."""
        return self.ctrl(self.whole_action(state, action))

    def whole_action(self, state: EnvState, action: jax.Array) -> jax.Array:
        """a_ref and what an action adds to it, in [-1, 1] `[..., A]`."""
        added = self.authority * jnp.clip(action, -1.0, 1.0)
        return jnp.clip(state.memory.reference + added, -1.0, 1.0)

    def _step(self, state: EnvState, action: jax.Array) -> EnvState:
        lived = state.memory.lived
        memory = self._guide.act(state.readings, state.memory)
        # Experts that break down break the step, and nothing is remembered of what they did.
        sound = jnp.all(jnp.isfinite(memory.reference))
        memory = jax.tree.map(lambda x, y: jnp.where(sound, x, y), memory, state.memory)
        action = jnp.where(sound, action, jnp.nan)
        state = state.replace(memory=memory)
        after = super()._step(state, action)
        # Goes on over the ends of episodes, unlike the rest of the memory.
        return after.replace(memory=after.memory.replace(lived=lived + 1))


class _Guide:
    """The composed experts in one environment."""

    def __init__(
        self,
        composer: Composer,
        chooser: GatingPolicy,
        confidence: jax.Array | float,
        turns: list[tuple[int, float]],
    ):
        self._composer, self._chooser, self._turns = composer, chooser, turns
        self._confidence = jnp.full(1, confidence)

    def begin(self, data: SimData, task: TaskState) -> ResidualState:
        """At an episode's start."""
        here = _batch_of_one(EnvView(data, task))
        composing = self._composer.begin(here, self._chooser)
        return ResidualState(task, task, composing, jnp.zeros((), jnp.int32))

    def act(self, data: SimData, state: ResidualState) -> ResidualState:
        """With a_ref for the present state."""
        here, composing = _batch_of_one(EnvView(data, state.task)), state.composing
        choose: GatingPolicy = self._chooser
        if self._turns:
            # A turn is its expert's alone, whatever the weights were before.
            turn, alone = self._turn(state.lived)
            steady = jax.tree.map(
                lambda new, old: jnp.where(turn, new, old), init_smoothing(alone), composing.steady
            )
            composing = composing.replace(steady=steady)
            choose = partial(self._in_turn, turn, alone)
        _, composing = self._composer.act(here, composing, choose, self._confidence)
        return state.replace(composing=composing)

    def _turn(self, lived: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Whether a turn of the schedule is on, and its weights `[1, K]`."""
        alone = jnp.zeros((1, len(self._composer.pool)))
        # The last turn first, so that the earliest that is not over has its way.
        for expert, until in reversed(self._turns):
            alone = jnp.where(lived < until, jax.nn.one_hot(expert, alone.shape[-1]), alone)
        return lived < self._turns[-1][1], alone

    def _in_turn(self, turn: jax.Array, alone: jax.Array, seen: GatingInput) -> jax.Array:
        return jnp.where(turn, alone, self._chooser(seen))


def _batch_of_one(tree: Any) -> Any:
    return jax.tree.map(lambda x: jnp.asarray(x)[None], tree)


class _ResidualTask(TaskWrapper):
    """A task whose state holds the composed experts', and whose observation what they do."""

    observes_new_memory = True

    def __init__(self, task: Task, guide: _Guide):
        super().__init__(task)
        self._guide = guide

    def inner_state(self, state: ResidualState) -> TaskState:
        return state.task

    def on_reset(self, state: TaskState, data: SimData) -> ResidualState:
        return self._guide.begin(data, self.task.on_reset(state, data))

    def observe(self, data: SimData, state: ResidualState) -> jax.Array:
        read = state.task if self.task.observes_new_memory else state.before
        own = self.task.observe(data, read)
        return jnp.concatenate([own, state.reference, state.weights])

    def evaluate(self, data: SimData, state: ResidualState) -> StepResult:
        out = self.task.evaluate(data, state.task)
        return out.replace(memory=state.replace(task=out.memory, before=state.task))
