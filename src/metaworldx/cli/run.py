"""`metaworldx run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metaworldx.core.errors import UserError


def main(
    preset: str = "quickstart",
    out: Path = Path("runs/metaworldx"),
    tasks: str | None = None,
    teacher: str | None = None,
    cache: Path | None = None,
    pool: Path | None = None,
    without: str | None = None,
    rollouts: int | None = None,
    keep: int | None = None,
    starts: int | None = None,
    router_trainings: int | None = None,
    mixture_starts: int | None = None,
    agent_steps: int | None = None,
    live_steps: int | None = None,
    episodes: int | None = None,
    film_seconds: float | None = None,
    schedule: str | None = None,
    alpha: float | None = None,
    replan: float | None = None,
    reuse: Path | None = None,
    seed: int = 0,
) -> int:
    """Run all of MetaWorld-X: a teacher's guidance, demonstrations, router, residual agent, report.

    Every stage runs once: the same command resumes an interrupted run and skips completed stages.
    Ends with the report's path and a table.

    Args:
      preset: quickstart (two cores, minutes) or full (an accelerator, hours).
      out: folder of the run.
      tasks: environments, comma-separated; the residual agent learns the first.
      teacher: gemini, cached or offline, falling back in that order.
      cache: folder of cached answers (metaworldx vlm cache); default the shipped ones.
      pool: folder of a pool of experts; default the shipped one.
      without: an ablation: router (the teacher's weights used directly), vlm (rules instead of a
        teacher), guide (the agent learns from scratch) or imitation (a small pool trained in
        the run without human motion priors).
      rollouts: per task, for its demonstrations.
      keep: number of rollouts of the best schedules that become demonstrations.
      starts: resets per schedule in the second round.
      router_trainings: routers trained from the same demonstrations, for statistics over
        trainings.
      mixture_starts: resets per constant mixture of two experts in the search for the router's
        baseline. 0 disables it.
      agent_steps: control steps of the residual agent; 0 trains none.
      live_steps: control steps of the expert trained in the run; 0 trains none.
      episodes: of each evaluation.
      film_seconds: of each task's video; 0 for none.
      schedule: reference schedule of the residual agent: paper (Table IV, scaled to the whole
        training) or none.
      alpha: share of the router's weights in the fusion with the residual agent's Q-values of
        every expert; 1 disables it.
      replan: also evaluate with replanning, at stages' ends and at this interval in seconds (0:
        at stages' ends only).
      reuse: folder of another run, whose first stages (live expert, pool, guidance, router) are
        copied where their inputs were the same.
      seed: of all random numbers.
    """
    import dataclasses

    from metaworldx.cli._teacher_options import guidance_for
    from metaworldx.cli.report import print_rows
    from metaworldx.pipeline import PipelineConfig, run
    from metaworldx.pipeline import preset as named
    from metaworldx.report.runs_table import rows_of
    from metaworldx.report.schema import read_report
    from metaworldx.training.trainer import Stopped
    from metaworldx.vlm.factory import teachers_from

    given = dict(
        teacher=teacher, cache=cache and str(cache), pool=pool and str(pool), without=without,
        rollouts=rollouts, keep=keep, starts=starts, router_trainings=router_trainings,
        mixture_starts=mixture_starts, agent_steps=agent_steps,
        live_steps=live_steps, episodes=episodes,
        film_seconds=film_seconds, schedule=schedule, alpha=alpha, replan=replan, seed=seed,
    )  # fmt: skip
    changes: dict[str, Any] = {k: value for k, value in given.items() if value is not None}
    if tasks is not None:
        changes["tasks"] = tuple(name.strip() for name in tasks.split(",") if name.strip())
    if live_steps == 0:
        changes |= {"live_skill": None, "live_steps": 1}
    config = dataclasses.replace(named(preset), **changes)
    # The teachers are asked late in the run; whether they can be is told before it begins.
    teachers_from(config.teacher, cache)
    if reuse is not None and not (reuse / "stages").is_dir():
        raise UserError(f"--reuse {reuse} holds no run of the pipeline; needs the folder of one")
    if out.is_file():
        raise UserError(f"cannot write {out}: a file is in the way")

    def ask(config: PipelineConfig):
        experts = None if config.pool is None else Path(config.pool)
        return guidance_for(config.tasks, config.teacher, cache, experts)

    try:
        path = run(config, out, ask, reuse=reuse)
    except Stopped:
        print("stopped by a signal; the same command goes on")
        return 0
    print_rows(rows_of({out.resolve().name: read_report(out)}), f"{out}: policies")
    print(f"wrote {path}")
    return 0
