"""`metaworldx report RUN` and `metaworldx report RUN RUN ...`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import tyro


def main(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN [RUN ...]")],
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
    """Write the report of a run as one HTML page, or one table over several runs.

    Of a training run: learning curve and losses; the world model's k-step prediction errors on
    held-out episodes; MPPI and the policy from the same initial states, with the difference's 95%
    interval. It is written to RUN/report, with its data as report.json.

    Of a `metaworldx run`: RUN/report.html from its report.json. Several of these give a table of
    results by task and policy.

    Args:
      runs: folder of a training run, or folders of `metaworldx run`.
      episodes: held-out episodes to predict, once with the policy's mean and once with its noise.
      paired_episodes: initial states for the comparison of MPPI and the policy; 0 skips it.
        Planning on a CPU takes about 50 ms per control step and episode.
      checkpoint: latest, or best (of the run's own evaluations).
      planner: a planner's setting in place of the run's, e.g. max_std=0.2 or horizon=1; may be
        repeated.
      note: text for the page, e.g. why MPPI is worse.
      seed: of the episodes; the run's own evaluations use seed 0.
      out: folder of a training run's report (default RUN/report) or of a `metaworldx run`'s page
        (default RUN); for several runs, HTML file of the table.
      as_json: print report.json, or the table's rows.
    """
    from metaworldx.core.errors import UserError

    if not runs:
        raise UserError("no run given; needs the folder of one, e.g. metaworldx report runs/stand")
    run, *others = runs
    if others:
        return _table(runs, out, as_json)
    if _is_pipeline(run):
        return _page(run, out, as_json)
    return _training(run, episodes, paired_episodes, checkpoint, planner, note, seed, out, as_json)


def _is_pipeline(run: Path) -> bool:
    """Whether a folder is of `metaworldx run`: it has a report.json and no metrics."""
    from metaworldx.report.schema import FILE
    from metaworldx.training.run_dir import METRICS

    return (run / FILE).is_file() and not (run / METRICS).exists()


def _page(run: Path, out: Path | None, as_json: bool) -> int:
    from metaworldx.core.errors import UserError
    from metaworldx.core.files import write_text
    from metaworldx.report.pipeline_page import page
    from metaworldx.report.runs_table import rows_of
    from metaworldx.report.schema import FILE, PAGE, read_data, read_report

    report, folder = read_report(run), run if out is None else out
    if folder.is_file():
        raise UserError(f"cannot write into {folder}: it is a file")
    write_text(folder / PAGE, page(read_data(run), run, folder))
    rows = rows_of({run.resolve().name: report})
    if as_json:
        print(json.dumps(rows, indent=1))
        return 0
    print_rows(rows, f"{run / FILE}: policies")
    print(f"wrote {folder / PAGE}")
    return 0


def _table(runs: Sequence[Path], out: Path | None, as_json: bool) -> int:
    from metaworldx.core.files import check_writable, write_text
    from metaworldx.report.runs_table import rows_of, table_page
    from metaworldx.report.schema import read_report

    if out is not None:
        check_writable(out)
    rows = rows_of({str(run): read_report(run) for run in runs})
    if out is not None:
        write_text(out, table_page(rows))
    if as_json:
        print(json.dumps(rows, indent=1))
        return 0
    print_rows(rows, f"{len(runs)} runs")
    if out is not None:
        print(f"wrote {out}")
    return 0


def print_rows(rows: Sequence[dict], title: str) -> None:
    """Prints the rows of runs of the pipeline as a table."""
    from metaworldx.cli._tables import print_table
    from metaworldx.report.runs_table import COLUMNS, cells_of

    print_table(title, COLUMNS, cells_of(rows))


def _training(
    run: Path,
    episodes: int,
    paired_episodes: int,
    checkpoint: str,
    planner: tuple[str, ...],
    note: str,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> int:
    from metaworldx.core.errors import UserError
    from metaworldx.core.files import check_writable, write_text
    from metaworldx.residual.run_config import read_run_config
    from metaworldx.training.run_dir import read_machine, read_metrics

    if paired_episodes < 0 or paired_episodes == 1:
        raise UserError(f"paired_episodes is {paired_episodes}; needs 0, or at least 2")
    if episodes < 1:
        raise UserError(f"episodes is {episodes}; needs at least 1")
    config, rows = read_run_config(run), read_metrics(run)
    if not rows:
        raise UserError(f"no metrics in {run}: nothing to report")
    from metaworldx.evaluation.evaluator import Evaluator
    from metaworldx.evaluation.paired import paired
    from metaworldx.evaluation.world_model_error import (
        held_out_env,
        record_held_out,
        world_model_error,
    )
    from metaworldx.report.run_report import RunReport, comparison_line, page, prediction_line
    from metaworldx.training.method import early_termination, evaluation_env, train_config
    from metaworldx.training.trained_agent import load_agent

    make_env = evaluation_env(config)
    env = held_out_env(make_env, early_termination(train_config(config)))
    trained = load_agent(run, checkpoint, planner)
    agent_config, params = trained.agent_config, trained.params
    folder = run / "report" if out is None else out
    for name in ("report.json", "report.html"):
        check_writable(folder / name)

    predictions = {}
    for name, deterministic in (("the policy's mean", True), ("the policy with its noise", False)):
        with _bar(env.max_episode_steps, f"predicting, {name}") as bar:
            recorded = record_held_out(
                *(agent_config, params, env, episodes, seed, deterministic), progress=bar.update
            )
        predictions[name] = world_model_error(agent_config, params, recorded)

    found = None
    if paired_episodes:
        evaluations = []
        for mode in ("policy", "mppi"):
            evaluator = Evaluator(
                trained.controller(mode), make_env, paired_episodes, seed, long_run=False
            )
            with _bar(env.max_episode_steps, f"evaluating, {mode}") as bar:
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
