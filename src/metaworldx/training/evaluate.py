"""Evaluation in native MuJoCo with HumanoidBench's solver settings: deterministic, fixed seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx import agent
from metaworldx.envs.env import EnvConfig
from metaworldx.errors import UserError, nearest
from metaworldx.training.environments import EnvMaker
from metaworldx.training.trained import check_sizes

LONG_RUN_STEPS = 1500
"""Control steps of the run that counts falls: 30 s, past HumanoidBench's time limit."""
ACTORS = ("policy", "mppi")
_CHUNK = 50


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation measured, one episode from each seed.

    Returns and lengths are over HumanoidBench's own episode; falls and success over 1,500
    control steps, the same episodes run on past their time limit.

    Attributes:
      task: the environment's id.
      act_with: policy or mppi.
      episodes: how many.
      return_mean: mean of the returns.
      return_stderr: their standard error over episodes, s / sqrt(n); 0 for one episode.
      length_mean: mean of the lengths, control steps.
      no_fall_share: share of the episodes without a fall in 30 s.
      success_share: share without a fall in which the task was completed: its own success at
        some step or, for tasks that know none, a return of the success bar or more.
      seed: of the starts.
      success_bar: HumanoidBench's return from which the task counts as solved.
      returns, lengths: of each episode.
      fall_steps: control step of each episode's first fall, -1 without one.
    """

    task: str
    act_with: str
    episodes: int
    return_mean: float
    return_stderr: float
    length_mean: float
    no_fall_share: float
    success_share: float
    seed: int
    success_bar: float
    returns: list[float]
    lengths: list[int]
    fall_steps: list[int]

    def as_data(self) -> dict[str, Any]:
        """As JSON data."""
        return dataclasses.asdict(self)


class Evaluator:
    """Evaluates parameters of one agent on one task; compiled once, used many times."""

    def __init__(
        self,
        agent_config: Any,
        make_env: EnvMaker,
        episodes: int = 10,
        act_with: str = "policy",
        seed: int = 0,
        long_run: bool = True,
    ):
        """Builds the environment.

        Args:
          agent_config: of the agent that will act.
          make_env: builds the environment (`environments.evaluation_env`).
          episodes: how many, at once.
          act_with: policy or mppi.
          seed: of the starts (and of the planner's candidates).
          long_run: run on to 1,500 steps; False stops at HumanoidBench's limit, and falls and
            success are then counted up to there.

        Raises:
          UserError: unknown names, fewer than one episode, or another task's sizes.
        """
        if act_with not in ACTORS:
            raise UserError(nearest("act_with", act_with, ACTORS, f"one of {', '.join(ACTORS)}"))
        if episodes < 1:
            raise UserError(f"episodes is {episodes}; needs at least 1")
        limit = make_env(EnvConfig()).max_episode_steps
        total = max(limit, LONG_RUN_STEPS) if long_run else limit
        config = EnvConfig(auto_reset=False, max_episode_steps=total)
        self.env = make_env(config)
        check_sizes(agent_config, self.env)
        self.agent_config, self.act_with = agent_config, act_with
        self.episodes, self.seed, self._limit, self._total = episodes, seed, limit, total
        self._reset = jax.jit(self.env.reset)
        self._advance = jax.jit(self._advance_chunk, donate_argnums=1)

    def _advance_chunk(self, params: Any, carry: Any, keys: jax.Array) -> Any:
        def one(carry: Any, key: jax.Array) -> tuple[Any, None]:
            state, plan, step, totals, running = carry
            if self.act_with == "mppi":
                action, plan = agent.plan(
                    self.agent_config, params, state.obs, plan, key, deterministic=True
                )
            else:
                action = agent.act(self.agent_config, params, state.obs, key, deterministic=True)
            after = self.env.step(state, jnp.nan_to_num(action))
            # An episode that ended stays where it is; what it does after counts for nothing.
            within = running & (step < self._limit)
            returns, lengths, success, fall = totals
            totals = (
                returns + after.reward * within,
                lengths + within,
                success | (after.success & running),
                jnp.where(running & after.fallen & (fall < 0), step, fall),
            )
            return (after, plan, step + 1, totals, running & ~after.done), None

        return jax.lax.scan(one, carry, keys)[0]

    def __call__(self, params: Any, progress: Callable[[int], Any] | None = None) -> Evaluation:
        """Runs the episodes to their ends under `params`.

        Args:
          params: of the agent.
          progress: called with the number of control steps just done.
        """
        count = self.episodes
        start_key, act_key = jax.random.split(jax.random.key(self.seed))
        state = self._reset(jax.random.split(start_key, count))
        plan = agent.init_plan(self.agent_config, count) if self.act_with == "mppi" else None
        totals = (
            jnp.zeros(count),
            jnp.zeros(count, jnp.int32),
            jnp.zeros(count, bool),
            jnp.full(count, -1, jnp.int32),
        )
        carry = (state, plan, jnp.zeros((), jnp.int32), totals, jnp.ones(count, bool))
        for begin in range(0, self._total, _CHUNK):
            keys = jax.random.split(jax.random.fold_in(act_key, begin), _CHUNK)
            carry = self._advance(params, carry, keys)
            if progress is not None:
                progress(_CHUNK)
            if not bool(carry[4].any()):
                break
        return self._evaluation(*map(np.asarray, carry[3]))

    def _evaluation(
        self, returns: np.ndarray, lengths: np.ndarray, success: np.ndarray, fall: np.ndarray
    ) -> Evaluation:
        count, bar = self.episodes, float(self.env.task.success_bar)
        upright = fall < 0
        solved = upright & (success | (returns >= bar))
        stderr = float(returns.std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0
        return Evaluation(
            task=self.env.id,
            act_with=self.act_with,
            episodes=count,
            return_mean=float(returns.mean()),
            return_stderr=stderr,
            length_mean=float(lengths.mean()),
            no_fall_share=float(upright.mean()),
            success_share=float(solved.mean()),
            seed=self.seed,
            success_bar=bar,
            returns=[float(x) for x in returns],
            lengths=[int(x) for x in lengths],
            fall_steps=[int(x) for x in fall],
        )
