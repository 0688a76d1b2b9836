"""`metaworldx train agent`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.training.config import TrainConfig


def main(
    task: str | None = None,
    preset: str = "cpu",
    out: Path | None = None,
    resume: bool = False,
    seed: int | None = None,
    steps: int | None = None,
    num_envs: int | None = None,
    backend: str | None = None,
    collisions: str | None = None,
    guide: str | None = None,
    router: Path | None = None,
    agent: str | None = None,
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

    Interrupted (Ctrl-C, SIGTERM) it saves a checkpoint and leaves with status 0; --resume goes
    on from the newest checkpoint, with the run's own settings.

    Args:
      task: environment, e.g. h1-stand (metaworldx envs lists all).
      preset: cpu (native MuJoCo, two cores) or gpu; what the options below do not say.
      out: run folder; default runs/TASK-SEED.
      resume: go on with the run in --out.
      seed: of everything random.
      steps: control steps to collect over all environments.
      num_envs: environments stepped together.
      backend: auto, native, mjx or warp.
      collisions: feet, body or full; default the task's.
      guide: composed experts whose action the agent's is added to: by a router, by a teacher's
        weights, or by rules.
      router: folder of the router (metaworldx train router) that guides, or whose teacher's
        weights do.
      agent: size of the agent, small or paper.
      act_with: who acts while training: policy, mppi or mixed.
      batch: sequences in an update's batch.
      utd: updates per control step of one environment.
      horizon: steps in a sequence.
      capacity: transitions that the replay holds.
      stop_at: stop once an evaluation's mean return reaches this.
      max_minutes: stop after so many minutes of training.
      eval_every: control steps between evaluations.
      eval_with: who acts in evaluations: policy, mppi or both.
      settings: any other setting as NAME=VALUE, the value in JSON, e.g. epoch_rounds=100, or
        agent.discount=0.99 and planner.max_std=0.5 for the agent's and its planner's own; may be
        repeated.
      distributed: one of several processes (JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES,
        JAX_PROCESS_ID, or what the cluster says).
    """
    from metaworldx.training.config import checked, from_data
    from metaworldx.training.config import preset as named
    from metaworldx.training.run_dir import read_config

    given = dict(
        task=task, seed=seed, steps=steps, num_envs=num_envs, backend=backend, agent=agent,
        collisions=collisions, act_with=act_with, batch=batch, utd=utd, horizon=horizon,
        capacity=capacity, stop_at=stop_at, max_minutes=max_minutes, eval_every=eval_every,
        eval_with=eval_with, guide=guide,
    )  # fmt: skip
    changes = {name: value for name, value in given.items() if value is not None}
    if resume and out is None:
        raise UserError("--resume needs the run's folder: --out DIR")
    begun = read_config(out) if resume and out is not None else named(preset)
    data = dataclasses.asdict(begun)
    if router is not None:
        settings = (f"guide.folder={json.dumps(str(router))}", *settings)
        changes.setdefault("guide", "router")
    config = checked(from_data(with_settings(data | changes, settings)))
    folder = out or Path("runs") / f"{config.task}-{config.seed}"
    if distributed:
        _join()
    return finish(config, folder, resume)


def finish(config: TrainConfig, folder: Path, resume: bool) -> int:
    """Runs the training and tells how it ended; the exit status."""
    from metaworldx.training.trainer import NOT_FINITE, train

    result = train(config, folder, resume)
    for way, found in result.evaluations.items():
        print(
            f"{found.task}, {way}: return {found.return_mean:.1f} ± {found.return_stderr:.1f} over "
            f"{found.episodes} episodes, length {found.length_mean:.0f}, no fall in 30 s "
            f"{found.no_fall_share:.0%}, success {found.success_share:.0%}"
        )
    print(f"{result.env_steps:,} steps in {result.seconds / 60:.1f} min; wrote {folder}")
    return 1 if result.why == NOT_FINITE else 0


def with_settings(data: dict[str, Any], settings: tuple[str, ...]) -> dict[str, Any]:
    """Settings with NAME=VALUE over them; those of a part (`agent.`, `skill.`) in its own."""
    from metaworldx.training.config import parse_setting

    parts = ("agent", "planner", "skill", "imitation", "guide")
    data = {**data, **{f"{part}_settings": dict(data[f"{part}_settings"]) for part in parts}}
    for text in settings:
        name, parsed = parse_setting(text)
        part, dot, rest = name.partition(".")
        if dot and part in parts:
            data[f"{part}_settings"][rest] = parsed
        else:
            data[name] = parsed
    return data


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
