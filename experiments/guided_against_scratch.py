"""The guided agent against TD-MPC2 from scratch: the same task, steps, seeds and starts.

    python experiments/guided_against_scratch.py --router runs/metaworldx/router

Trains both with every seed, evaluates each agent, and leaves `curves.png` (mean reward of a control
step while training, with its 95% interval over seeds: a guided agent's episodes are so long that
few end) and `result.json` in --out. The same command goes on where it was
interrupted.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import tyro
from scipy import stats

from metaworldx.core.files import write_text
from metaworldx.core.host_info import machine
from metaworldx.core.stats import paired_difference
from metaworldx.evaluation.evaluator import Evaluator
from metaworldx.experts.train_pool import short_run
from metaworldx.residual.train import ResidualConfig
from metaworldx.training.config import preset
from metaworldx.training.method import RunConfig, evaluation_env, with_train
from metaworldx.training.run_dir import read_metrics
from metaworldx.training.trained_agent import load_agent
from metaworldx.training.trainer import runner_for, train_on

GUIDED, SCRATCH = "guided by the router", "TD-MPC2 from scratch"


def main(
    router: Path,
    out: Path = Path("runs/guided-against-scratch"),
    task: str = "h1-door",
    base: str = "cpu",
    steps: int = 19_200,
    seeds: int = 3,
    episodes: int = 10,
    authority: float = 0.1,
) -> None:
    """Runs both and compares them.

    Args:
      router: folder of a trained router.
      out: folder of the runs and of what they show.
      task: environment.
      base: preset of the agents, cpu or gpu.
      steps: control steps of each run.
      seeds: runs of each kind, at least 2.
      episodes: of each evaluation.
      authority: what the guided agent's action of 1 adds to the experts'.
    """
    if seeds < 2:
        raise SystemExit(f"--seeds is {seeds}; needs at least 2")
    plain = short_run(dataclasses.replace(preset(base), task=task), steps)
    kinds = {
        GUIDED: ResidualConfig(folder=str(router), authority=authority, train=plain),
        SCRATCH: plain,
    }
    found = {
        kind: _trained(config, out / name, seeds, episodes)
        for (kind, config), name in zip(kinds.items(), ("guided", "scratch"), strict=True)
    }
    finals = {kind: np.array([run["evaluated"] for run in runs]) for kind, runs in found.items()}
    result = {
        "task": task,
        "steps": steps,
        "machine": machine(),
        "runs": found,
        "guided_minus_scratch": paired_difference(
            finals[GUIDED].mean(axis=1), finals[SCRATCH].mean(axis=1)
        ),
    }
    write_text(out / "result.json", json.dumps(result, indent=1) + "\n")
    _draw(found, out / "curves.png", task)
    for kind, values in finals.items():
        print(f"{kind}: {np.round(values.mean(axis=1), 1).tolist()} over {episodes} episodes each")
    print(f"guided - scratch over seeds: {result['guided_minus_scratch']}")
    print(f"wrote {out}")


def _trained(config: RunConfig, folder: Path, seeds: int, episodes: int) -> list[dict[str, Any]]:
    """Every seed's curve and the returns of its evaluation."""
    runner, evaluator, runs = runner_for(config), None, []
    for seed in range(seeds):
        run = folder / f"seed{seed}"
        train_on(with_train(config, seed=seed), run, runner)
        trained = load_agent(run, "latest")
        if evaluator is None:
            evaluator = Evaluator(
                trained.controller("policy"),
                evaluation_env(config),
                episodes,
                seed=1000,
                long_run=False,
            )
        rows = read_metrics(run)
        evaluated = evaluator(trained.params)
        runs.append(
            {
                "seed": seed,
                "steps": [row["env_steps"] for row in rows],
                "rewards": [row["collect/reward"] for row in rows],
                "evaluated": [float(x) for x in evaluated.returns],
            }
        )
    return runs


def _draw(found: dict[str, list[dict[str, Any]]], path: Path, task: str) -> None:
    figure, axes = plt.subplots(figsize=(6.4, 3.8), dpi=110)
    for kind, runs in found.items():
        steps, mean, wide = _over_seeds(runs)
        axes.plot(steps, mean, label=kind)
        axes.fill_between(steps, mean - wide, mean + wide, alpha=0.25, linewidth=0)
    count = len(next(iter(found.values())))
    axes.set_xlabel("control steps")
    axes.set_ylabel("reward of a control step")
    axes.set_title(f"{task}: mean of {count} seeds and its 95% interval", fontsize=10)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)


def _over_seeds(runs: Sequence[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps that all seeds have, the mean reward there, and half its interval's width."""
    tables = [dict(zip(run["steps"], run["rewards"], strict=True)) for run in runs]
    steps = sorted(set.intersection(*(set(table) for table in tables)))
    values = np.array([[table[step] for step in steps] for table in tables])
    spread = values.std(axis=0, ddof=1) / np.sqrt(len(runs))
    wide = float(stats.t.ppf(0.975, len(runs) - 1)) * spread
    return np.array(steps), values.mean(axis=0), wide


if __name__ == "__main__":
    tyro.cli(main)
