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
      until: global step at which it ends (control steps over all environments).
    """

    expert: str
    until: int


@struct.dataclass
class ResidualState:
    """Task state of a residual environment (one environment).

    Attributes:
      task: the wrapped task's state.
      before: its state before the step, which its observation reads.
      composing: the composer's state, for a batch of one.
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
    """Residual environment: its actions are added to those of the composed experts, a_ref.

    The last step's a_ref and the experts' weights are appended to the task's observation. Rewards,
    resets and terminations are the task's.
    """

    def __init__(
        self,
        env: Env,
        pool: ExpertPool,
        gating: GatingPolicy,
        confidence: jax.Array | float = 1.0,
        authority: float = 0.3,
        schedule: tuple[ScheduleEntry, ...] = (),
        num_envs: int = 1,
    ):
        """Wraps an environment of the pool's robot.

        Args:
          gating: policy for the experts' weights.
          confidence: its teacher's confidence, 0 to 1.
          authority: what an action of 1 adds to a_ref, as a share of an actuator's half range.
          schedule: single experts that are the reference one after another, before the gating.
          num_envs: environments that train together, for the schedule.

        Raises:
          UserError: unknown experts in the schedule, or an authority outside 0 to 2.
        """
        if not 0.0 < authority <= 2.0:
            raise UserError(f"authority is {authority}; needs over 0, up to 2")
        self.authority = authority
        entries = [(pool.index(entry.expert), entry.until / num_envs) for entry in schedule]
        self._guide = _Guide(Composer(pool, env), gating, confidence, entries)
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
        global_step = state.memory.lived
        memory = self._guide.act(state.readings, state.memory)
        # Non-finite expert actions make the step diverge; the state before them is kept.
        sound = jnp.all(jnp.isfinite(memory.reference))
        memory = jax.tree.map(lambda x, y: jnp.where(sound, x, y), memory, state.memory)
        action = jnp.where(sound, action, jnp.nan)
        state = state.replace(memory=memory)
        after = super()._step(state, action)
        # Counts on over the ends of episodes, unlike the rest of the state.
        return after.replace(memory=after.memory.replace(lived=global_step + 1))


class _Guide:
    """The composed experts in one environment."""

    def __init__(
        self,
        composer: Composer,
        gating: GatingPolicy,
        confidence: jax.Array | float,
        entries: list[tuple[int, float]],
    ):
        self._composer, self._gating, self._entries = composer, gating, entries
        self._confidence = jnp.full(1, confidence)

    def begin(self, data: SimData, task: TaskState) -> ResidualState:
        """At an episode's start."""
        here = _batch_of_one(EnvView(data, task))
        composer_state = self._composer.begin(here, self._gating)
        return ResidualState(task, task, composer_state, jnp.zeros((), jnp.int32))

    def act(self, data: SimData, state: ResidualState) -> ResidualState:
        """With a_ref for the present state."""
        here, composer_state = _batch_of_one(EnvView(data, state.task)), state.composing
        gating: GatingPolicy = self._gating
        if self._entries:
            # A schedule entry uses its expert alone, without smoothing from earlier weights.
            entry, weights = self._entry(state.lived)
            smoothing = jax.tree.map(
                lambda new, old: jnp.where(entry, new, old),
                init_smoothing(weights),
                composer_state.steady,
            )
            composer_state = composer_state.replace(steady=smoothing)
            gating = partial(self._scheduled_gating, entry, weights)
        _, composer_state = self._composer.act(here, composer_state, gating, self._confidence)
        return state.replace(composing=composer_state)

    def _entry(self, global_step: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Whether a schedule entry is active, and its weights `[1, K]`."""
        weights = jnp.zeros((1, len(self._composer.pool)))
        # The last entry first, so that the earliest active one takes precedence.
        for expert, until in reversed(self._entries):
            weights = jnp.where(
                global_step < until, jax.nn.one_hot(expert, weights.shape[-1]), weights
            )
        return global_step < self._entries[-1][1], weights

    def _scheduled_gating(
        self, entry: jax.Array, weights: jax.Array, inputs: GatingInput
    ) -> jax.Array:
        return jnp.where(entry, weights, self._gating(inputs))


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
