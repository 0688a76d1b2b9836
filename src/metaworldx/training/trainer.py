"""Trainer of a run: epochs, evaluations, checkpoints and metrics in its folder."""

from __future__ import annotations

import contextlib
import math
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from tqdm import tqdm

from metaworldx.core.config import flat, to_data
from metaworldx.core.errors import UserError
from metaworldx.core.preemption import stop_on_signal
from metaworldx.envs.env import Env
from metaworldx.envs.factory import EnvMaker
from metaworldx.evaluation.controllers import AgentController
from metaworldx.evaluation.evaluator import Evaluation, Evaluator
from metaworldx.training import method
from metaworldx.training.checkpointing import CHECKPOINTS, Checkpoints, newest
from metaworldx.training.config import TrainConfig, checked
from metaworldx.training.epoch_runner import EpochRunner, TrainState
from metaworldx.training.method import RunConfig, train_config
from metaworldx.training.replay_memory import available_memory, check_memory
from metaworldx.training.reward_relabeling import RewardFn
from metaworldx.training.run_dir import (
    CONFIG,
    MetricsWriter,
    check_new,
    check_same,
    read_same,
    write_config,
)

DONE, STOP_AT, INTERRUPTED, NOT_FINITE = "done", "stop_at", "interrupted", "not_finite"


@dataclass
class Progress:
    """Progress of a run, saved with each checkpoint.

    Attributes:
      seconds: of training so far, over all sittings.
      best: the best mean return of an evaluation so far.
      bad_epochs: consecutive epochs in which most updates were skipped.
    """

    seconds: float = 0.0
    best: float | None = None
    bad_epochs: int = 0


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

    Attributes:
      why: done, stop_at (the success bar was reached), interrupted or not_finite.
      epoch, env_steps, seconds: its progress.
      evaluations: the last ones, by acting mode.
    """

    why: str
    epoch: int
    env_steps: int
    seconds: float
    evaluations: dict[str, Evaluation]


def train(
    config: RunConfig,
    folder: Path,
    resume: bool = False,
    runner: EpochRunner | None = None,
    show: bool = False,
) -> TrainResult:
    """Trains an agent, or resumes the run in `folder`.

    Args:
      config: settings, of a task's own training or of a method's.
      folder: of the run, made if need be.
      resume: continue from the newest checkpoint there.
      runner: of the same settings, to use again what it has compiled.
      show: tell all the settings, on stderr.

    Raises:
      UserError: settings that do not fit, a folder with or without a run, a broken checkpoint.
    """
    settings = checked(train_config(config))
    check_same(folder, read_same(folder, config), config) if resume else check_new(folder)
    if jax.process_count() > 1:
        # No process may look for a run in the folder after another has begun one there.
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices("folder checked")
    env = method.training_env(config) if runner is None else runner.env
    reward_fn = method.reward_fn(config, env) if runner is None else runner.reward_fn
    eval_env, kept = method.evaluation_env(config), method.kept(config)
    trainer = Trainer(env, eval_env, reward_fn, settings, folder, resume, kept, runner)
    if show:
        told = ", ".join(f"{name} {value}" for name, value in flat(to_data(config)).items())
        trainer.say(f"settings: {told}")
    return trainer.go()


def runner_for(config: RunConfig, devices: list[Any] | None = None) -> EpochRunner:
    """The jitted functions of a run by its settings.

    Raises:
      UserError: settings that do not fit.
    """
    settings, env = checked(train_config(config)), method.training_env(config)
    return EpochRunner(settings, env, method.reward_fn(config, env), devices=devices)


class Stopped(Exception):
    """A signal came; the run's checkpoint is written, and the next call resumes it."""


def train_on(config: RunConfig, folder: Path, runner: EpochRunner | None = None) -> TrainResult:
    """Begins a run within another command, or resumes it from its newest checkpoint.

    Args:
      runner: of settings that differ in the seed at most, to use again what it has compiled.

    Raises:
      Stopped: a signal came.
      UserError: as `train`.
    """
    begun = (folder / CONFIG).is_file()
    resume = begun and any((folder / CHECKPOINTS).glob("*"))
    if begun and not resume:
        # It was cut short before its first checkpoint.
        shutil.rmtree(folder)
    result = train(config, folder, resume, runner)
    if result.why == INTERRUPTED:
        raise Stopped
    return result


class Trainer:
    """One run: its epochs, evaluations, checkpoints and metrics.

    It is independent of skills and teachers: environments and reward function are arguments.
    """

    def __init__(
        self,
        env: Env,
        eval_env: EnvMaker,
        reward_fn: RewardFn,
        config: TrainConfig,
        folder: Path,
        resume: bool = False,
        kept: Mapping[str, Any] = {},
        runner: EpochRunner | None = None,
    ):
        """Begins a run, or reads its newest checkpoint.

        Args:
          env: to train in, with auto-reset.
          eval_env: builds the evaluation environment.
          reward_fn: reward function in `env`.
          config: checked settings.
          folder: of the run.
          resume: continue from the newest checkpoint there.
          kept: of the run's method, for its folder, by the method's name.
          runner: of the same environment, reward function and settings but for the seed, to use
            again what it has compiled.

        Raises:
          UserError: settings that do not fit, or a broken checkpoint.
        """
        self.config = config
        self.runner = runner or EpochRunner(config, env, reward_fn)
        self.learner = self.runner.learner
        self.leads = jax.process_index() == 0
        memory = check_memory(
            *(config, env.obs_size, env.action_size, available_memory(config, jax.devices())),
            term_size=sum(math.prod(shape) for shape in self.runner.term_shapes().values()),
        )
        self.say(memory)
        modes = self.learner.act_modes if config.eval_with == "both" else (config.eval_with,)
        modes = modes if config.eval_episodes else ()
        self.evaluators = {
            mode: Evaluator(
                partial(AgentController, self.learner, mode), eval_env, config.eval_episodes
            )
            for mode in modes
        }
        self.progress = Progress()
        self.last: dict[str, Evaluation] = {}
        if resume:
            self.checkpoints = Checkpoints(folder, config.checkpoint_keep)
            self.state = self._restored(folder)
        else:
            # Files of another run are checked before a folder is created.
            self.state = self._begun()
            if self.leads:
                write_config(folder, config, self.runner.described, kept)
            self.checkpoints = Checkpoints(folder, config.checkpoint_keep)
        self.epoch = int(self.state.epoch)
        if self.leads:
            self.metrics = MetricsWriter(folder, self.epoch, self.epoch * config.steps_per_epoch)

    def _begun(self) -> TrainState:
        state = self.runner.init(self.config.seed)
        if self.config.init_from is None:
            return state
        params = _params_of(Path(self.config.init_from), state.agent.params)
        params = jax.tree.map(
            lambda new, old: jax.device_put(new, old.sharding), params, state.agent.params
        )
        self.say(f"beginning with the agent of {self.config.init_from}")
        return state.replace(agent=self.learner.with_params(state.agent, params))

    def _restored(self, folder: Path) -> TrainState:
        epoch = self.checkpoints.latest()
        has_best = self.checkpoints.resume_best(epoch or 0)
        if epoch is None:
            self.say(f"no checkpoint in {folder} yet; beginning anew")
            return self.runner.init(self.config.seed)
        about = self.checkpoints.about(epoch)
        self.progress = Progress(**about["progress"])
        if not has_best:
            # What it counted as best is not there any more; the next evaluation's agent is.
            self.progress.best = None
        if not about["replay"]:
            self.say("the checkpoint holds no replay: resuming is not exact")
        self.say(f"resuming after epoch {epoch}")
        return self.checkpoints.restore(self.runner, epoch, about["replay"])

    def say(self, text: str) -> None:
        """Prints a line to stderr."""
        if self.leads:
            tqdm.write(text, file=sys.stderr)

    # ---- the epochs

    def go(self) -> TrainResult:
        """Runs the epochs that are left, then evaluates and saves."""
        config = self.config
        bar = tqdm(
            total=config.epochs * config.steps_per_epoch,
            initial=self.epoch * config.steps_per_epoch,
            unit=" steps",
            unit_scale=True,
            disable=None if self.leads else True,
        )
        why = DONE
        with stop_on_signal() as wish, bar, contextlib.ExitStack() as stack:
            stack.callback(self._close)
            while self.epoch < config.epochs:
                row = self._one_epoch()
                bar.set_postfix_str(_postfix(row))
                bar.update(config.steps_per_epoch)
                late = self._late()
                last = self.epoch == config.epochs or late
                if self.evaluators and (self._due(config.eval_every) or last):
                    row |= self._evaluate()
                if self.leads:
                    self.metrics.write(row)
                why = self._stop(wish.is_set(), late)
                if why != DONE or last or self._due(config.checkpoint_every):
                    self._save()
                if why != DONE or last:
                    break
        steps = self.epoch * config.steps_per_epoch
        return TrainResult(why, self.epoch, steps, self.progress.seconds, self.last)

    def _one_epoch(self) -> dict[str, Any]:
        config, seeding = self.config, self.epoch < self.config.seed_epochs
        begin = time.perf_counter()
        run = self.runner.seed_epoch if seeding else self.runner.epoch
        self.state, metrics = run(self.state)
        metrics = {name: float(np.asarray(value)) for name, value in metrics.items()}
        seconds = time.perf_counter() - begin
        self.progress.seconds += seconds
        self.epoch += 1
        bad = metrics.get("train/skipped", 0.0) > 0.5
        self.progress.bad_epochs = self.progress.bad_epochs + 1 if bad else 0
        each = self.runner.updates_per_round * config.epoch_rounds
        updates = 0 if seeding else each
        return {
            "epoch": self.epoch,
            "env_steps": self.epoch * config.steps_per_epoch,
            "updates": max(0, self.epoch - config.seed_epochs) * each,
            "seconds": self.progress.seconds,
            "steps_per_second": config.steps_per_epoch / seconds,
            "updates_per_second": updates / seconds,
            **metrics,
        }

    def _due(self, every: int) -> bool:
        """Whether the last epoch passed a multiple of `every` control steps."""
        size = self.config.steps_per_epoch
        return every > 0 and self.epoch * size // every > (self.epoch - 1) * size // every

    def _late(self) -> bool:
        limit = self.config.max_minutes
        return self._agreed(limit is not None and self.progress.seconds > 60.0 * limit)

    def _evaluate(self) -> dict[str, Any]:
        begin = time.perf_counter()
        row: dict[str, Any] = {}
        if self.leads:
            params = jax.tree.map(
                lambda x: jax.device_put(np.asarray(x.addressable_data(0))), self.state.agent.params
            )
            self.last = {mode: run(params) for mode, run in self.evaluators.items()}
            row = {f"eval/{mode}": found.as_data() for mode, found in self.last.items()}
            row["eval/seconds"] = time.perf_counter() - begin
            told = ", ".join(
                f"{mode} {found.return_mean:.1f} ± {found.return_stderr:.1f} "
                f"(length {found.length_mean:.0f})"
                for mode, found in self.last.items()
            )
            steps = self.epoch * self.config.steps_per_epoch
            self.say(f"{steps:,} steps, {self.progress.seconds / 60:.1f} min: return {told}")
        best = max((found.return_mean for found in self.last.values()), default=-np.inf)
        better = self.progress.best is None or best > self.progress.best
        if self._agreed(self.leads and better):
            self.progress.best = float(best)
            self.checkpoints.save_best(self.state.agent, self.epoch, self._about())
        return row

    def _stop(self, wished: bool, late: bool) -> str:
        """Why the run ends after this epoch, or `done` if it goes on."""
        bar = self.config.stop_at
        reached = bar is not None and self.progress.best is not None and self.progress.best >= bar
        if self._agreed(self.progress.bad_epochs >= self.config.max_bad_epochs):
            self.say(
                f"stopped: most updates of {self.progress.bad_epochs} epochs in a row were not "
                "finite and were skipped; a lower learning_rate may help"
            )
            return NOT_FINITE
        if self._agreed(reached):
            self.say(f"stopped: return {self.progress.best:.1f} reached stop_at {bar:g}")
            return STOP_AT
        if self._agreed(wished) and not late:
            self.say(f"stopped by a signal after epoch {self.epoch}; go on with --resume")
            return INTERRUPTED
        return DONE

    def _agreed(self, ours: bool) -> bool:
        """Whether any host says so; all hosts must ask alike."""
        if jax.process_count() == 1:
            return ours
        from jax.experimental import multihost_utils

        return bool(np.any(multihost_utils.process_allgather(np.array(ours))))

    def _about(self) -> dict[str, Any]:
        return {"config": to_data(self.config), "progress": vars(self.progress)}

    def _save(self) -> None:
        self.checkpoints.save(self.state, self._about(), self.config.checkpoint_replay)

    def _close(self) -> None:
        self.checkpoints.close()
        if self.leads:
            self.metrics.close()


def _postfix(row: dict[str, Any]) -> str:
    return (
        f"return {row['collect/return']:.1f}, length {row['collect/length']:.0f}, "
        f"{row['updates_per_second']:.1f} updates/s"
    )


def _params_of(run: Path, wanted: Any) -> Any:
    """The parameters of another run's agent.

    Raises:
      UserError: no run or checkpoint there, or networks of other sizes.
    """
    from metaworldx.training.trained_agent import load_agent

    which = "latest" if newest(run, "best") is None else "best"
    params = load_agent(run, which).params
    shapes = [jax.tree.map(np.shape, tree) for tree in (params, wanted)]
    if jax.tree.structure(params) != jax.tree.structure(wanted) or shapes[0] != shapes[1]:
        raise UserError(f"the agent of {run} has networks of other sizes than this run's")
    return params
