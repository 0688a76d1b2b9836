"""`metaworldx bench pool`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro


def main(
    pool: Path | None = None,
    experts: int = 8,
    robots: tuple[int, ...] = (1, 16, 64, 256, 1024),
    rounds: int = 50,
    seed: int = 0,
    out: Path | None = None,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Measure one call for all experts of a pool, and one call per expert.

    Both are compiled, run alternately on the same robots, and include the observations from the
    robots' states; medians are reported.

    Args:
      pool: folder of a pool; default experts with random weights, as wide as the cpu preset's.
      experts: number of experts, without a pool.
      robots: robots per call; several values give a curve.
      rounds: timed calls.
      seed: of weights and states.
      out: also write the figures to this JSON file.
      as_json: print JSON instead of a table.
    """
    from metaworldx.benchmarks.pool import measure_pool, random_experts
    from metaworldx.cli._tables import print_measured
    from metaworldx.core.files import check_writable
    from metaworldx.experts.pool import load_experts

    if out is not None:
        check_writable(out)
    chosen = random_experts(experts, seed=seed) if pool is None else load_experts(pool)
    rows = []
    for row in measure_pool(chosen, robots, rounds, seed):
        print(f"{row.robots} robots: {row.speedup:.2f} times as fast", file=sys.stderr)
        rows.append(row)
    print_measured(
        [dataclasses.asdict(row) for row in rows],
        out,
        as_json,
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
    return 0
