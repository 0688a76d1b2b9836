"""`metaworldx bench env`."""

from __future__ import annotations

import dataclasses
import sys
from typing import Annotated

from metaworldx.cli._figure_options import FLAT, FigureOptions


def main(
    tasks: tuple[str, ...] = ("h1-walk", "h1hand-walk"),
    backend: str = "auto",
    num_envs: tuple[int, ...] = (256,),
    collisions: str | None = None,
    steps: int = 50,
    rounds: int = 5,
    options: Annotated[FigureOptions, FLAT] = FigureOptions(),
) -> int:
    """Measure an environment's control steps per second, and its overhead over the bare physics.

    Actions are random. Environment and bare physics run the same states alternately; a control
    step is 10 physics steps of 0.002 s.

    Args:
      tasks: environments, e.g. h1-walk h1-door.
      backend: auto, native, mjx or warp.
      num_envs: number of environments; several values give a curve.
      collisions: feet, body or full; default the task's.
      steps: control steps in each timed round.
      rounds: timed rounds; medians are reported.
    """
    options.check()
    from metaworldx.benchmarks.env import measure_env

    rows = []
    for task in tasks:
        for count in num_envs:
            rows.append(measure_env(task, backend, count, collisions, steps, rounds, options.seed))
            row = rows[-1]
            rate = f"{row.steps_per_second:,.0f} control steps/s"
            print(f"{row.env} x {count} on {row.backend}: {rate}", file=sys.stderr)
    return options.tell_table(
        [dataclasses.asdict(row) for row in rows],
        "control steps a second (10 physics steps each)",
        ["environment", "backend", "collisions", "envs", "steps/s", "bare", "added", "compile s"],
        [
            [
                *(row.env, row.backend, row.collisions, str(row.num_envs)),
                f"{row.steps_per_second:,.0f}",
                "-" if row.bare_steps_per_second is None else f"{row.bare_steps_per_second:,.0f}",
                "-" if row.overhead is None else f"{100 * row.overhead:.0f}%",
                f"{row.compile_seconds:.1f}",
            ]
            for row in rows
        ],
    )
