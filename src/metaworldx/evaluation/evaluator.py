"""Evaluation in native MuJoCo with HumanoidBench's solver settings: deterministic, fixed seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.factory import EnvMaker
from metaworldx.envs.rollout import Rollout, RolloutStep, step_keys, sum_in_order
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.evaluation.controllers import Controller
from metaworldx.evaluation.motion_metrics import MotionMetrics, MotionTrace, motion_metrics
from metaworldx.motion.kinematics import robot_tree

LONG_RUN_STEPS = 1500
"""Control steps over which falls are counted: 30 s, past HumanoidBench's time limit."""
_LAST_STEPS = 50
_UNEVEN = ("stair", "slide", "hurdle")
"""Scenes whose ground is not flat."""


@dataclass(frozen=True)
class Evaluation:
    """Result of one evaluation, one episode per reset.

    Returns and lengths are over HumanoidBench's own episode; falls and success over 1,500
    control steps, the same episodes continued past their time limit.

    Attributes:
      task: the environment's id.
      act_with: policy, mppi, or the expert's name.
      episodes: their number.
      return_mean: mean of the returns.
      return_stderr: their standard error over episodes, s / sqrt(n); 0 for one episode.
      length_mean: mean of the lengths, control steps.
      no_fall_share: share of the episodes without a fall in 30 s.
      success_share: share without a fall and with the task completed: its own success at some
        step or, for tasks without one, a return of at least the success bar.
      seed: of the resets.
      success_bar: HumanoidBench's return at which the task counts as solved.
      returns, lengths: of each episode.
      fall_steps: control step of each episode's first fall, -1 without one; a diverged
        simulation counts as one.
      motion: motion metrics, over HumanoidBench's own episode.
      milestones: share of the episodes in which each of the task's milestones was reached within
        HumanoidBench's own episode; none for tasks without.
      mean_weights: of the experts, over all steps; None without experts.
      goal_distance_m: of the hand from its goal over the last second, mean over the episodes; None
        where the task has no such goal.
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
    motion: MotionMetrics
    milestones: dict[str, float]
    mean_weights: dict[str, float] | None
    goal_distance_m: float | None = None

    def as_data(self) -> dict[str, Any]:
        """As JSON data, the motion metrics among the others."""
        data = dataclasses.asdict(self)
        return {**data, **data.pop("motion")}


def start_keys(seed: int, episodes: int) -> jax.Array:
    """Random keys of an evaluation's resets `[episodes]`."""
    return jax.random.split(jax.random.split(jax.random.key(seed))[0], episodes)


class Evaluator:
    """Evaluates a controller on one task; compiled once, used many times."""

    def __init__(
        self,
        controller: Callable[[Env], Controller],
        make_env: EnvMaker,
        episodes: int = 10,
        seed: int = 0,
        long_run: bool = True,
    ):
        """Builds the environment.

        Args:
          controller: makes the controller, for the environment.
          make_env: builds the environment (`training.method.evaluation_env`).
          episodes: their number, in one batch.
          seed: of the resets (and of a planner's samples).
          long_run: continue to 1,500 steps; False stops at HumanoidBench's limit, and falls and
            success are counted up to it.

        Raises:
          UserError: unknown names, fewer than one episode, or another task's sizes.
        """
        if episodes < 1:
            raise UserError(f"episodes is {episodes}; needs at least 1")
        limit = make_env(EnvConfig()).max_episode_steps
        total = max(limit, LONG_RUN_STEPS) if long_run else limit
        config = EnvConfig(auto_reset=False, max_episode_steps=total)
        self.env = make_env(config)
        self.controller = controller(self.env)
        self.controller.check(self.env)
        self.episodes, self.seed, self._limit, self._total = episodes, seed, limit, total
        begin = self.controller.begin
        self._rollout = Rollout(self.env, self._act, self._record, lambda _, state: begin(state))

    def _act(self, params: Any, acting: Any, state: EnvState, key: jax.Array) -> Any:
        return *self.controller.act(params, acting, state, key), None

    def _record(self, step: RolloutStep) -> dict[str, Any]:
        # Steps after an episode's end are masked.
        after, running = step.after, step.running
        within = running & (step.before.steps < self._limit)
        return {
            "reward": after.reward * within,
            "success": after.success & running,
            "fell": (after.fallen | after.diverged) & running,
            "own": self.env.robot_observation(after),
            "force": after.readings.actuator_force,
            # An action that broke the simulation commanded nothing.
            "ctrl": jnp.nan_to_num(jax.vmap(self.env.ctrl_in)(step.before, step.action)),
            "alive": within,
            "reference": self.controller.reference(step.carry, after),
            "milestones": jax.vmap(self.env.task.milestones)(after.readings, after.memory),
            "weights": self.controller.weights(step.carry),
            "away": after.terms.get("hand_dist") if self.env.task.name == "reach" else None,
        }

    def __call__(self, params: Any, progress: Callable[[int], Any] | None = None) -> Evaluation:
        """Runs the episodes under `params`.

        Args:
          params: of the agent; an expert has its own.
          progress: called with the number of control steps just done.
        """
        act_key = jax.random.split(jax.random.key(self.seed))[1]
        state = self._rollout.init(params, start_keys(self.seed, self.episodes))
        first = np.asarray(self.env.robot_observation(state.env))

        def on_chunk_end(acting: Any, state: EnvState, steps: int) -> Any:
            return self.controller.on_chunk_end(acting, state, steps * self.env.dt)

        keys = step_keys(act_key, self._total)
        _, seen = self._rollout(params, state, self._total, keys, on_chunk_end, progress)
        path = jax.tree.map(lambda x: x[: self._limit], seen)
        return self._evaluation(seen, self._quality(first, path), path)

    def _quality(self, first: np.ndarray, seen: dict[str, Any]) -> MotionMetrics:
        task, model = self.env.task, self.env.physics.model
        own = np.concatenate([first[None], seen["own"]])
        nq = task.robot.spec.nq
        path = MotionTrace(
            qpos=own[..., :nq],
            qvel=own[..., nq:],
            force=seen["force"],
            ctrl=seen["ctrl"],
            alive=seen["alive"],
            reference=seen["reference"],
        )
        joints = robot_tree(task.robot.spec.model).joints
        names = [
            model.joint(model.actuator_trnid[i, 0]).name
            if model.actuator_trntype[i] == mujoco.mjtTrn.mjTRN_JOINT
            else ""
            for i in range(model.nu)
        ]
        driven = np.array([joints.index(name) if name in joints else -1 for name in names])
        flat = task.scene not in _UNEVEN
        return motion_metrics(task.robot.spec.model, path, driven, self.controller.clips, flat)

    def _evaluation(
        self, seen: dict[str, Any], motion: MotionMetrics, path: dict[str, Any]
    ) -> Evaluation:
        returns, lengths = sum_in_order(seen["reward"]), path["alive"].sum(axis=0)
        success, fell = seen["success"].any(axis=0), seen["fell"]
        fall = np.where(fell.any(axis=0), fell.argmax(axis=0), -1)
        alive = path["alive"][..., None]
        names = self.env.task.milestone_names
        reached = (alive & (path["milestones"] >= 1.0)).any(axis=0).mean(axis=0)
        weights = path["weights"]
        mixed = None
        if weights is not None:
            mean = (weights * alive).sum(axis=(0, 1)) / alive.sum()
            mixed = dict(zip(self.controller.experts, map(float, mean), strict=True))
        count, bar = self.episodes, float(self.env.task.success_bar)
        upright = fall < 0
        solved = upright & (success | (returns >= bar))
        stderr = float(returns.std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0
        return Evaluation(
            task=self.env.id,
            act_with=self.controller.name,
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
            motion=motion,
            milestones={name: float(x) for name, x in zip(names, reached, strict=False)},
            mean_weights=mixed,
            goal_distance_m=_at_the_end(path["away"], path["alive"]),
        )


def _at_the_end(away: np.ndarray | None, alive: np.ndarray) -> float | None:
    """Mean of distances `[T, E]` (m) over the last second of every episode."""
    if away is None:
        return None
    left = alive[::-1].cumsum(axis=0)[::-1]
    last = alive & (left <= _LAST_STEPS)
    return float(away[last].mean())
