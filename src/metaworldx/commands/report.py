"""`metaworldx report RUN`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro


def main(
    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    /,
    episodes: int = 10,
    paired_episodes: int = 20,
    checkpoint: str = "latest",
    planner: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    note: str = "",
    seed: int = 1,
    out: Path | None = None,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Write a report of a training run: report.json and report.html, figures inside.

    Learning curve and losses; the world model's k-step prediction errors on held-out episodes;
    MPPI against the policy from the same starts, with the difference's 95% interval.

    Args:
      run: folder of a training run.
      episodes: held-out episodes to predict, once with the policy's mean and once with its noise.
      paired_episodes: starts from which MPPI and the policy are compared; 0 leaves it out.
        Planning on a CPU takes about 50 ms for each control step of each episode.
      checkpoint: latest, or best (of the run's own evaluations).
      planner: a planner's setting in place of the run's, e.g. max_std=0.2 or horizon=1; may be
        repeated.
      note: text for the page, e.g. what was found and mended where MPPI is worse.
      seed: of the episodes; the run's own evaluations take the starts of seed 0.
      out: folder of the report; default RUN/report.
      as_json: print report.json.
    """
    from metaworldx.errors import UserError
    from metaworldx.files import check_writable, write_text
    from metaworldx.training.folder import read_config, read_machine, read_metrics

    if paired_episodes < 0 or paired_episodes == 1:
        raise UserError(f"paired_episodes is {paired_episodes}; needs 0, or at least 2")
    if episodes < 1:
        raise UserError(f"episodes is {episodes}; needs at least 1")
    config, rows = read_config(run), read_metrics(run)
    if not rows:
        raise UserError(f"no metrics in {run}: nothing to report")
    from metaworldx.report.run_report import RunReport, comparison_line, page, prediction_line
    from metaworldx.training.controllers import AgentController
    from metaworldx.training.environments import evaluation_env
    from metaworldx.training.evaluate import Evaluator
    from metaworldx.training.paired import paired
    from metaworldx.training.prediction import held_out_env, prediction, record
    from metaworldx.training.trained import load_trained

    env = held_out_env(config)
    trained = load_trained(run, checkpoint, planner)
    agent_config, params = trained.agent_config, trained.params
    folder = run / "report" if out is None else out
    for name in ("report.json", "report.html"):
        check_writable(folder / name)

    predictions = {}
    for name, deterministic in (("the policy's mean", True), ("the policy with its noise", False)):
        with _bar(env.max_episode_steps, f"predicting, {name}") as bar:
            recorded = record(
                *(agent_config, params, env, episodes, seed, deterministic),
                progress=bar.update,
            )
        predictions[name] = prediction(agent_config, params, recorded)

    found = None
    if paired_episodes:
        evaluations = []
        for way in ("policy", "mppi"):
            evaluator = Evaluator(
                partial(AgentController, trained.planning_config, way),
                evaluation_env(config),
                paired_episodes,
                seed,
                long_run=False,
            )
            with _bar(env.max_episode_steps, f"evaluating, {way}") as bar:
                evaluations.append(evaluator(params, bar.update))
        found = paired(*evaluations)

    report = RunReport(
        run=run.resolve().name,
        config=trained.config,
        machine=read_machine(run),
        rows=rows,
        success_bar=float(env.task.success_bar),
        checkpoint=checkpoint,
        epoch=trained.epoch,
        seed=seed,
        predictions=predictions,
        paired=found,
        note=note,
    )
    text = json.dumps(report.as_data(), indent=1, allow_nan=False)
    write_text(folder / "report.html", page(report))
    write_text(folder / "report.json", text + "\n")
    if as_json:
        print(text)
        return 0
    for name, errors in predictions.items():
        print(prediction_line(name, errors))
    if found is not None:
        print(comparison_line(found))
    print(f"wrote {folder / 'report.html'} and report.json")
    return 0


def _bar(total: int, what: str):
    from tqdm import tqdm

    return tqdm(total=total, desc=what, unit=" steps", disable=None, leave=False)
