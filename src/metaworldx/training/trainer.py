"""A training run from its settings to its folder: the shell around the loop."""

from __future__ import annotations

import contextlib
import math
import shutil
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from metaworldx.core.errors import UserError
from metaworldx.core.preemption import stop_on_signal
from metaworldx.evaluation.controllers import AgentController
from metaworldx.evaluation.evaluator import Evaluation, Evaluator
from metaworldx.experts.environments import evaluation_env
from metaworldx.training.checkpointing import CHECKPOINTS, Checkpoints, newest
from metaworldx.training.config import TrainConfig, as_data, checked
from metaworldx.training.epoch_runner import EpochRunner, TrainState
from metaworldx.training.replay_memory import available_memory, check_memory
from metaworldx.training.run_dir import CONFIG, MetricsWriter, check_new, check_same, write_config

DONE, STOP_AT, INTERRUPTED, NOT_FINITE = "done", "stop_at", "interrupted", "not_finite"


@dataclass
class Progress:
    """What the shell counts, saved with each checkpoint.

    Attributes:
      seconds: of training so far, over all sittings.
      best: the best mean return of an evaluation so far.
      bad_epochs: epochs in a row in which most updates were skipped.
    """

    seconds: float = 0.0
    best: float | None = None
    bad_epochs: int = 0


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

    Attributes:
      why: done, stop_at (the success bar was reached), interrupted or not_finite.
      epoch, env_steps, seconds: how far it came.
      evaluations: the last ones, by who acted.
    """

    why: str
    epoch: int
    env_steps: int
    seconds: float
    evaluations: dict[str, Evaluation]


def train(
    config: TrainConfig, folder: Path, resume: bool = False, loop: EpochRunner | None = None
) -> TrainResult:
    """Trains an agent, or goes on with the run in `folder`.

    Args:
      config: settings.
      folder: of the run, made if need be.
      resume: go on from the newest checkpoint there.
      loop: of the same settings, to use again what it has compiled.

    Raises:
      UserError: settings that do not fit, a folder with or without a run, a broken checkpoint.
    """
    config = checked(config)
    check_same(folder, config) if resume else check_new(folder)
    if jax.process_count() > 1:
        # No process may look for a run in the folder after another has begun one there.
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices("folder checked")
    return Trainer(config, folder, resume, loop or EpochRunner(config)).go()


class Stopped(Exception):
    """A signal came; the run's checkpoint is written, and the run goes on next time."""


def train_on(config: TrainConfig, folder: Path, loop: EpochRunner | None = None) -> TrainResult:
    """Begins a run that is part of more, or goes on with it from its newest checkpoint.

    Args:
      loop: of settings that differ in the seed at most, to use again what it has compiled.

    Raises:
      Stopped: a signal came.
      UserError: as `train`.
    """
    begun = (folder / CONFIG).is_file()
    resume = begun and any((folder / CHECKPOINTS).glob("*"))
    if begun and not resume:
        # It was cut short before its first checkpoint.
        shutil.rmtree(folder)
    result = train(config, folder, resume, loop)
    if result.why == INTERRUPTED:
        raise Stopped
    return result


class Trainer:
    """The pieces of a run that the shell holds on to."""

    def __init__(self, config: TrainConfig, folder: Path, resume: bool, loop: EpochRunner):
        self.config, self.loop = config, loop
        self.leads = jax.process_index() == 0
        env = self.loop.env
        memory = check_memory(
            *(config, env.obs_size, env.action_size, available_memory(config, jax.devices())),
            term_size=sum(math.prod(shape) for shape in self.loop.term_shapes().values()),
        )
        self.say(memory)
        ways = ("policy", "mppi") if config.eval_with == "both" else (config.eval_with,)
        ways = ways if config.eval_episodes else ()
        self.evaluators = {
            way: Evaluator(
                partial(AgentController, self.loop.planning_config, way),
                evaluation_env(config),
                config.eval_episodes,
            )
            for way in ways
        }
        self.progress = Progress()
        self.last: dict[str, Evaluation] = {}
        if resume:
            self.checkpoints = Checkpoints(folder, config.checkpoint_keep)
            self.state = self._restored(folder)
        else:
            # What this needs of another run is known to be there before a folder is made.
            self.state = self._begun()
            if self.leads:
                write_config(folder, config, self.loop.agent_config)
            self.checkpoints = Checkpoints(folder, config.checkpoint_keep)
        self.epoch = int(self.state.epoch)
        if self.leads:
            self.metrics = MetricsWriter(folder, self.epoch, self.epoch * config.steps_per_epoch)

    def _begun(self) -> TrainState:
        state = self.loop.init(self.config.seed)
        if self.config.begin_with is None:
            return state
        params = _params_of(Path(self.config.begin_with), state.agent.params)
        params = jax.tree.map(
            lambda new, old: jax.device_put(new, old.sharding), params, state.agent.params
        )
        # The target's Q-functions begin equal to the others; a copy, for the loop donates both.
        target = jax.tree.map(jnp.copy, params.model.qs)
        self.say(f"beginning with the agent of {self.config.begin_with}")
        return state.replace(agent=state.agent.replace(params=params, target_q=target))

    def _restored(self, folder: Path) -> TrainState:
        epoch = self.checkpoints.latest()
        has_best = self.checkpoints.resume_best(epoch or 0)
        if epoch is None:
            self.say(f"no checkpoint in {folder} yet; beginning anew")
            return self.loop.init(self.config.seed)
        about = self.checkpoints.about(epoch)
        self.progress = Progress(**about["progress"])
        if not has_best:
            # What it counted as best is not there any more; the next evaluation's agent is.
            self.progress.best = None
        if not about["replay"]:
            self.say("the checkpoint holds no replay: resuming is not exact")
        self.say(f"resuming after epoch {epoch}")
        return self.checkpoints.restore(self.loop, epoch, about["replay"])

    def say(self, text: str) -> None:
        """Tells the person who watches, on stderr."""
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
        run = self.loop.seed_epoch if seeding else self.loop.epoch
        self.state, metrics = run(self.state)
        metrics = {name: float(np.asarray(value)) for name, value in metrics.items()}
        seconds = time.perf_counter() - begin
        self.progress.seconds += seconds
        self.epoch += 1
        bad = metrics.get("train/skipped", 0.0) > 0.5
        self.progress.bad_epochs = self.progress.bad_epochs + 1 if bad else 0
        updates = 0 if seeding else config.updates_per_round * config.epoch_rounds
        return {
            "epoch": self.epoch,
            "env_steps": self.epoch * config.steps_per_epoch,
            "updates": max(0, self.epoch - config.seed_epochs)
            * (config.updates_per_round * config.epoch_rounds),
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
                lambda x: jax.device_put(np.asarray(x.addressable_data(0))),
                self.state.agent.params,
            )
            self.last = {way: run(params) for way, run in self.evaluators.items()}
            row = {f"eval/{way}": found.as_data() for way, found in self.last.items()}
            row["eval/seconds"] = time.perf_counter() - begin
            told = ", ".join(
                f"{way} {found.return_mean:.1f} ± {found.return_stderr:.1f} "
                f"(length {found.length_mean:.0f})"
                for way, found in self.last.items()
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
        return {"config": as_data(self.config), "progress": vars(self.progress)}

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
    from metaworldx.training.restore import load_agent

    which = "latest" if newest(run, "best") is None else "best"
    params = load_agent(run, which).params
    shapes = [jax.tree.map(jnp.shape, tree) for tree in (params, wanted)]
    if jax.tree.structure(params) != jax.tree.structure(wanted) or shapes[0] != shapes[1]:
        raise UserError(f"the agent of {run} has networks of other sizes than this run's")
    return params
