"""Control steps a second over the number of environments, kept as JSON with its plot.

    python benchmarks/env_throughput.py            # what this machine can run
    python benchmarks/env_throughput.py --envs 256 1024 4096 16384 --backends mjx warp

Writes benchmarks/results/env_DEVICE.json and .png. A configuration that does not run (memory,
a backend that is missing) is kept with its reason.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import jax
import matplotlib
import tyro

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from metaworldx.benchmarks.env import measure_env
from metaworldx.core.files import write_text
from metaworldx.core.host_info import machine

RESULTS = Path(__file__).parent / "results"


def main(
    tasks: tuple[str, ...] = ("h1-walk", "h1-door", "h1hand-walk"),
    envs: tuple[int, ...] = (),
    backends: tuple[str, ...] = (),
    steps: int = 50,
    rounds: int = 3,
    out: Path = RESULTS,
) -> None:
    """Measures and plots.

    Args:
      tasks: environments.
      envs: numbers of environments; default 256 to 16,384 on an accelerator, to 1,024 on a CPU.
      backends: default mjx and warp on an accelerator, native and mjx on a CPU.
      steps: control steps in each timed round.
      rounds: timed rounds, of which the median counts.
      out: folder for the results.
    """
    cpu = jax.default_backend() == "cpu"
    envs = envs or ((64, 256, 1024) if cpu else (256, 1024, 4096, 16384))
    backends = backends or (("native", "mjx") if cpu else ("mjx", "warp"))
    rows = []
    for task in tasks:
        for backend in backends:
            for count in envs:
                row = _row(task, backend, count, steps, rounds)
                rows.append(row)
                print(json.dumps(row), flush=True)
                _write(out, rows)


def _row(task: str, backend: str, count: int, steps: int, rounds: int) -> dict:
    try:
        return dataclasses.asdict(measure_env(task, backend, count, None, steps, rounds))
    except Exception as error:  # the reason is the result
        why = " ".join(str(error).split())[:300]
        return {"env": f"{task}-v0", "backend": backend, "num_envs": count, "failed": why}


def _write(out: Path, rows: list[dict]) -> None:
    about = machine()
    name = re.sub(r"[^a-z0-9]+", "_", str(about["device"]).lower()).strip("_")
    write_text(out / f"env_{name}.json", json.dumps({"machine": about, "rows": rows}, indent=1))
    figure, axis = plt.subplots(figsize=(7, 4.5))
    done = [row for row in rows if "failed" not in row]
    for env, backend in sorted({(row["env"], row["backend"]) for row in done}):
        line = [r for r in done if (r["env"], r["backend"]) == (env, backend)]
        axis.plot(
            [r["num_envs"] for r in line],
            [r["steps_per_second"] for r in line],
            marker="o",
            label=f"{env.removesuffix('-v0')}, {backend}",
        )
    axis.set(xscale="log", yscale="log", xlabel="environments", ylabel="control steps / s")
    axis.set_title(f"{about['device']} x {about['devices']}, {about['cpu_cores']} CPU cores")
    axis.grid(True, which="both", alpha=0.3)
    if done:
        axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(out / f"env_{name}.png", dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    tyro.cli(main)
