"""`metaworldx bench update`."""

from __future__ import annotations

import dataclasses
import sys
from typing import Annotated

from metaworldx.cli._figure_options import FLAT, FigureOptions


def main(
    task: str = "h1-walk",
    agent: str = "paper",
    batch: tuple[int, ...] = (256,),
    rounds: int = 20,
    options: Annotated[FigureOptions, FLAT] = FigureOptions(),
) -> int:
    """Measure the agent's updates per second, relative to their matrix products.

    Updates on random sequences are timed alternately with their matrix products alone, at their own
    shapes, and with square float32 products (peak GEMM throughput); medians are reported.

    Args:
      task: environment that gives the sizes of observations and actions, e.g. h1hand-walk.
      agent: size of the agent, small or paper.
      batch: sequences in an update's batch; several values give a curve.
      rounds: timed updates.
    """
    options.check()
    from metaworldx.agents.tdmpc2 import preset
    from metaworldx.benchmarks.update import measure_update
    from metaworldx.cli._roofline_table import WORK_COLUMNS, work_cells
    from metaworldx.envs.specs import env_spec

    env = env_spec(task)
    config = preset(agent, env.obs_size, env.action_size, env.max_episode_steps)
    rows = []
    for count in batch:
        rows.append(measure_update(config, count, rounds, options.seed))
        rate = f"{rows[-1].updates_per_second:,.2f} updates/s"
        print(f"{agent} on {task}, batch {count}: {rate}", file=sys.stderr)
    return options.tell_table(
        [{"env": task, "agent": agent} | dataclasses.asdict(row) for row in rows],
        f"updates of the {agent} agent on {task}",
        ["batch", "updates/s", *WORK_COLUMNS],
        [[str(row.batch), f"{row.updates_per_second:,.2f}", *work_cells(row)] for row in rows],
    )
