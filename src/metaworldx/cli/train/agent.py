"""`metaworldx train agent`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from metaworldx.core.errors import UserError


def main(
    task: str | None = None,
    preset: str | None = None,
    config: Path | None = None,
    out: Path | None = None,
    resume: bool = False,
    seed: int | None = None,
    steps: int | None = None,
    num_envs: int | None = None,
    backend: str | None = None,
    collisions: str | None = None,
    guide: str | None = None,
    router: Path | None = None,
    algorithm: str | None = None,
    agent: str | None = None,
    init_from: Path | None = None,
    act_with: str | None = None,
    batch: int | None = None,
    utd: float | None = None,
    horizon: int | None = None,
    capacity: int | None = None,
    stop_at: float | None = None,
    max_minutes: float | None = None,
    eval_every: int | None = None,
    eval_with: str | None = None,
    settings: Annotated[tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(name="set")] = (),
    distributed: bool = False,
) -> int:
    """Train a world-model agent on a task, and save it in a run folder.

    Interrupted (Ctrl-C, SIGTERM) it saves a checkpoint and leaves with status 0; --resume
    continues from the newest checkpoint, with the run's own settings.

    Args:
      task: environment, e.g. h1-stand (metaworldx envs lists all).
      preset: cpu (native MuJoCo, two cores) or gpu; what the file and the options below do not
        say. Default cpu.
      config: file of settings, run.toml, with names as --set has them; or the config.json of a run
        to train anew. Options and --set go before it.
      out: run folder; default runs/TASK-SEED.
      resume: resume the run in --out.
      seed: of all random numbers.
      steps: control steps to collect over all environments.
      num_envs: environments stepped together.
      backend: auto, native, mjx or warp.
      collisions: feet, body or full; default the task's.
      guide: composed experts whose action the agent's is added to: by a router, by a teacher's
        weights, or by rules.
      router: folder of the router (metaworldx train router) that guides, or whose teacher's
        weights do.
      algorithm: tdmpc2, or a learner of your own, e.g. my_pkg:MyLearner.
      agent: size of the agent, small or paper.
      init_from: folder of a run whose agent this one begins with.
      act_with: acting in training: policy, mppi or mixed.
      batch: sequences in an update's batch.
      utd: updates per control step of one environment.
      horizon: steps in a sequence.
      capacity: transitions that the replay holds.
      stop_at: stop once an evaluation's mean return reaches this.
      max_minutes: training time limit in minutes.
      eval_every: control steps between evaluations.
      eval_with: acting in evaluations: policy, mppi or both.
      settings: any other setting as NAME=VALUE, the value in JSON, e.g. epoch_rounds=100, or
        agent.discount=0.99 and planner.max_std=0.5 for the agent's and its planner's own; may be
        repeated.
      distributed: one of several processes (JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES,
        JAX_PROCESS_ID, or what the cluster says).
    """
    from metaworldx.training.method import train_config

    given = dict(
        task=task, seed=seed, steps=steps, num_envs=num_envs, backend=backend, agent=agent,
        collisions=collisions, act_with=act_with, batch=batch, utd=utd, horizon=horizon,
        capacity=capacity, stop_at=stop_at, max_minutes=max_minutes, eval_every=eval_every,
        eval_with=eval_with, guide=guide, algorithm=algorithm,
        init_from=None if init_from is None else str(init_from),
    )  # fmt: skip
    changes = {name: value for name, value in given.items() if value is not None}
    if router is not None:
        changes = {"guide.folder": str(router)} | changes
        changes.setdefault("guide", "router")
    begun, changes = begin(preset, config, out, resume, changes, settings)
    wanted = _changed(begun, changes)
    own = train_config(wanted)
    folder = out or Path("runs") / f"{own.task}-{own.seed}"
    if distributed:
        _join()
    return finish(wanted, folder, resume)


def begin(
    preset: str | None,
    config: Path | None,
    out: Path | None,
    resume: bool,
    flags: dict[str, Any],
    settings: tuple[str, ...],
) -> tuple[Any, dict[str, Any]]:
    """Base settings of a run, and changes to them: preset < file < flags < --set.

    Raises:
      UserError: a file or run that cannot be read, or --resume without --out.
    """
    from metaworldx.core.config import flat, parse_settings, read_toml
    from metaworldx.training.config import preset as named

    changes = flags | parse_settings(settings)
    if resume and out is None:
        raise UserError("--resume needs the run's folder: --out DIR")
    kept = out if resume else None
    if kept is None and config is not None and config.suffix == ".json":
        kept = config.parent
    if kept is not None:
        from metaworldx.residual.run_config import read_run_config

        begun = read_run_config(kept)
    else:
        file = {} if config is None else flat(read_toml(config))
        base = file.pop("preset", "cpu")
        begun, changes = named(preset or str(base)), file | changes
    if "begin_with" in changes:
        print("warning: begin_with is called init_from now", file=sys.stderr)
    return begun, changes


def _changed(begun: Any, changes: dict[str, Any]) -> Any:
    """Settings of an agent's training, under a guide or alone, with changes over them."""
    from metaworldx.training.config import TrainConfig, with_settings

    if isinstance(begun, TrainConfig) and changes.get("guide") is None:
        idle = [name for name in changes if name.startswith("guide")]
        if idle and idle != ["guide"]:
            raise UserError(f"{idle[-1]} is for an agent with a guide; give --guide or --router")
        return with_settings(begun, {k: v for k, v in changes.items() if k not in idle})
    from metaworldx.experts.train import ExpertConfig, with_expert_settings
    from metaworldx.residual.train import ResidualConfig, with_residual_settings

    if isinstance(begun, ExpertConfig):
        return with_expert_settings(begun, changes)
    begun = ResidualConfig(train=begun) if isinstance(begun, TrainConfig) else begun
    return with_residual_settings(begun, changes)


def finish(config: Any, folder: Path, resume: bool) -> int:
    """Runs the training and prints its result; returns the exit status."""
    from metaworldx.training.trainer import NOT_FINITE, train

    result = train(config, folder, resume, show=True)
    for mode, found in result.evaluations.items():
        print(
            f"{found.task}, {mode}: return {found.return_mean:.1f} ± {found.return_stderr:.1f} "
            f"over {found.episodes} episodes, length {found.length_mean:.0f}, no fall in 30 s "
            f"{found.no_fall_share:.0%}, success {found.success_share:.0%}"
        )
    print(f"{result.env_steps:,} steps in {result.seconds / 60:.1f} min; wrote {folder}")
    return 1 if result.why == NOT_FINITE else 0


def _join() -> None:
    """Joins the other processes of a run over several hosts."""
    import os

    import jax

    address = os.environ.get("JAX_COORDINATOR_ADDRESS")
    count, number = os.environ.get("JAX_NUM_PROCESSES"), os.environ.get("JAX_PROCESS_ID")
    try:
        jax.distributed.initialize(
            coordinator_address=address,
            num_processes=int(count) if count else None,
            process_id=int(number) if number else None,
        )
    except (ValueError, RuntimeError) as error:
        raise UserError(f"--distributed: {error}") from None
