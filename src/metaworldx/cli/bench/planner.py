"""`metaworldx bench planner`."""

from __future__ import annotations

import dataclasses
import sys
from typing import Annotated

from metaworldx.cli._figure_options import FLAT, FigureOptions


def main(
    task: str = "h1-walk",
    agent: str = "paper",
    num_envs: tuple[int, ...] = (1, 64),
    together: int = 64,
    rounds: int = 5,
    options: Annotated[FigureOptions, FLAT] = FigureOptions(),
) -> int:
    """Measure the planner's plans per second and latency, relative to its matrix products.

    Plans for random observations are timed alternately with their matrix products alone, at their
    own shapes, and with square float32 products (peak GEMM throughput); medians are reported.

    Args:
      task: environment that gives the sizes of observations and actions, e.g. h1hand-walk.
      agent: size of the agent, small or paper.
      num_envs: environments per call; several values give a curve.
      together: environments planned for at the same time, which bounds the memory; 0 for all.
      rounds: timed calls.
    """
    options.check()
    from metaworldx.agents.tdmpc2 import preset
    from metaworldx.benchmarks.planner import measure_planner
    from metaworldx.cli._roofline_table import WORK_COLUMNS, work_cells
    from metaworldx.core.errors import UserError
    from metaworldx.envs.specs import env_spec

    if together < 0:
        raise UserError(f"together is {together}; needs at least 0")
    env = env_spec(task)
    config = preset(agent, env.obs_size, env.action_size, env.max_episode_steps)
    samples = config.planner.samples
    rows = []
    for count in num_envs:
        planner = dataclasses.replace(config.planner, rows=min(together, count) * samples)
        sized = dataclasses.replace(config, planner=planner)
        rows.append(measure_planner(sized, count, rounds, options.seed))
        rate = f"{rows[-1].plans_per_second:,.2f} plans/s"
        print(f"{agent} on {task} x {count}: {rate}", file=sys.stderr)
    return options.tell_table(
        [{"env": task, "agent": agent} | dataclasses.asdict(row) for row in rows],
        f"plans of the {agent} agent on {task}",
        ["envs", "plans/s", *WORK_COLUMNS],
        [[str(row.num_envs), f"{row.plans_per_second:,.2f}", *work_cells(row)] for row in rows],
    )
