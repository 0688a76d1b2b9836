"""Compares kept runs: python compare.py --threshold 200 --out curves.png LABEL=RUN LABEL=RUN ...

Draws their evaluations over control steps in one plot, and prints a table: return, steps until an
evaluation first reached the threshold, jerk and slip, at the last evaluation up to --steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import tyro

from metaworldx.training.run_dir import read_metrics

_COLUMNS = ("jerk", "action_jerk", "foot_slip", "energy", "forward_speed_mean", "length_mean")


def evaluations(run: Path, steps: int) -> list[tuple[int, dict[str, Any]]]:
    """(control steps, evaluation of the policy) of a run, up to so many steps."""
    rows = read_metrics(run)
    return [
        (row["env_steps"], row["eval/policy"])
        for row in rows
        if "eval/policy" in row and row["env_steps"] <= steps
    ]


def main(
    runs: Annotated[tuple[str, ...], tyro.conf.Positional],
    threshold: float,
    out: Path,
    steps: int = 10**12,
) -> None:
    """Compares runs, each given as LABEL=FOLDER."""
    figure, axes = plt.subplots(figsize=(6.0, 3.6), dpi=100)
    print(f"| run | steps | return | steps to {threshold:g} | " + " | ".join(_COLUMNS) + " |")
    print("|" + "---|" * (4 + len(_COLUMNS)))
    for label, folder in (run.split("=", 1) for run in runs):
        found = evaluations(Path(folder), steps)
        at, results = zip(*found, strict=True)
        means = [result["return_mean"] for result in results]
        errors = [result["return_stderr"] for result in results]
        axes.errorbar(at, means, errors, marker="o", markersize=3, label=label)
        first = next((n for n, mean in zip(at, means, strict=True) if mean >= threshold), None)
        reached = f"{first:,}" if first else "not reached"
        last = [results[-1].get(name) for name in _COLUMNS]
        told = " | ".join("-" if x is None else f"{x:.3g}" for x in last)
        print(f"| {label} | {at[-1]:,} | {means[-1]:.1f} ± {errors[-1]:.1f} | {reached} | {told} |")
    axes.axhline(threshold, color="0.8", linewidth=1)
    axes.set(xlabel="control steps", ylabel="return of 10 episodes")
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(out)
    print(f"\nwrote {out}")


if __name__ == "__main__":
    tyro.cli(main)
