"""`metaworldx bench pool`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

from metaworldx.cli._figure_options import FLAT, FigureOptions


def main(
    pool: Path | None = None,
    experts: int = 8,
    robots: tuple[int, ...] = (1, 16, 64, 256, 1024),
    rounds: int = 50,
    options: Annotated[FigureOptions, FLAT] = FigureOptions(),
) -> int:
    """Measure one call for all experts of a pool, and one call per expert.

    Both are compiled, run alternately on the same robots, and include the observations from the
    robots' states; medians are reported.

    Args:
      pool: folder of a pool; default experts with random weights, as wide as the cpu preset's.
      experts: number of experts, without a pool.
      robots: robots per call; several values give a curve.
      rounds: timed calls.
    """
    options.check()
    from metaworldx.benchmarks.pool import measure_pool, random_experts
    from metaworldx.experts.pool import load_experts

    chosen = random_experts(experts, seed=options.seed) if pool is None else load_experts(pool)
    rows = []
    for row in measure_pool(chosen, robots, rounds, options.seed):
        print(f"{row.robots} robots: {row.speedup:.2f} times as fast", file=sys.stderr)
        rows.append(row)
    return options.tell_table(
        [dataclasses.asdict(row) for row in rows],
        f"{len(chosen)} experts in one call, against a call for each",
        ["robots", "pool ms", "loop ms", "times as fast", "actions/s"],
        [
            [
                str(row.robots),
                f"{1e3 * row.pool_seconds:.2f}",
                f"{1e3 * row.loop_seconds:.2f}",
                f"{row.speedup:.2f}",
                f"{row.actions_per_second:,.0f}",
            ]
            for row in rows
        ],
    )
