"""`metaworldx bench env`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro


def main(
    tasks: tuple[str, ...] = ("h1-walk", "h1hand-walk"),
    backend: str = "auto",
    num_envs: tuple[int, ...] = (256,),
    collisions: str | None = None,
    steps: int = 50,
    rounds: int = 5,
    seed: int = 0,
    out: Path | None = None,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
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
      seed: of initial states and actions.
      out: also write the figures to this JSON file.
      as_json: print JSON instead of a table.
    """
    from metaworldx.benchmarks.env import measure_env
    from metaworldx.cli._tables import print_measured
    from metaworldx.core.files import check_writable

    if out is not None:
        check_writable(out)
    rows = []
    for task in tasks:
        for count in num_envs:
            rows.append(measure_env(task, backend, count, collisions, steps, rounds, seed))
            row = rows[-1]
            rate = f"{row.steps_per_second:,.0f} control steps/s"
            print(f"{row.env} x {count} on {row.backend}: {rate}", file=sys.stderr)
    print_measured(
        [dataclasses.asdict(row) for row in rows],
        out,
        as_json,
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
    return 0
