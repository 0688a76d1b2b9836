"""Keeps what is small of a training run: python keep.py RUN NAME -> experiments/results/NAME/.

Copies config.json and metrics.jsonl and draws the learning curve (curve.png). The command that
made the run belongs in that folder's README.md.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from metaworldx.training.run_dir import CONFIG, METRICS, read_config, read_metrics


def curve(run: Path, path: Path) -> None:
    """Draws training and evaluation returns over minutes of training."""
    rows = [row for row in read_metrics(run) if row.get("collect/return") is not None]
    figure, axes = plt.subplots(figsize=(6.0, 3.6), dpi=100)
    axes.plot(
        [row["seconds"] / 60 for row in rows],
        [row["collect/return"] for row in rows],
        color="0.6",
        label="training episodes (may end early)",
    )
    for way in ("policy", "mppi"):
        found = [(row["seconds"] / 60, row[f"eval/{way}"]) for row in rows if f"eval/{way}" in row]
        if found:
            minutes, results = zip(*found, strict=True)
            axes.errorbar(
                minutes,
                [result["return_mean"] for result in results],
                [result["return_stderr"] for result in results],
                marker="o",
                markersize=3,
                label=f"evaluation, {way}",
            )
    config = read_config(run)
    axes.set(
        xlabel="minutes of training", ylabel="return", title=f"{config.task}, seed {config.seed}"
    )
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path)


def main(run: Path, name: str) -> None:
    """Copies and draws."""
    out = Path(__file__).parent / name
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(run / METRICS, out / METRICS)
    config = json.loads((run / CONFIG).read_text())
    if config["train"].get("init_from"):
        config["train"]["init_from"] = Path(config["train"]["init_from"]).name
    (out / CONFIG).write_text(json.dumps(config, indent=1) + "\n")
    curve(run, out / "curve.png")
    print(f"wrote {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
