"""`metaworldx bench train`."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from metaworldx.cli._figure_options import FLAT, FigureOptions


def main(
    task: str = "h1-stand",
    preset: str = "cpu",
    backend: str = "auto",
    num_envs: int | None = None,
    batch: int | None = None,
    utd: float | None = None,
    agent: str | None = None,
    act_with: str | None = None,
    epoch_rounds: int = 20,
    rounds: int = 5,
    options: Annotated[FigureOptions, FLAT] = FigureOptions(),
) -> int:
    """Measure control steps and updates per second of the training loop.

    Whole epochs are timed alternately with their physics alone (random actions, no updates) and
    their updates alone; medians are reported.

    Args:
      task: environment, e.g. h1-stand.
      preset: settings of train agent, cpu or gpu.
      backend: auto, native, mjx or warp.
      num_envs: number of environments; default the preset's.
      batch: sequences in an update's batch; default the preset's.
      utd: updates per control step of one environment; default one round's as in the preset.
      agent: size of the agent, small or paper; default the preset's.
      act_with: policy, mppi or mixed; default the preset's.
      epoch_rounds: rounds of collection and updates in a timed epoch.
      rounds: timed epochs.
    """
    options.check()
    from metaworldx.benchmarks.train import measure_train
    from metaworldx.training.config import preset as named
    from metaworldx.training.config import with_settings

    config = named(preset)
    given = dict(num_envs=num_envs, batch=batch, agent=agent, act_with=act_with, utd=utd)
    changes = {name: value for name, value in given.items() if value is not None}
    if utd is None and num_envs:
        changes["utd"] = config.updates_per_round / (num_envs * config.collect_steps)
    fixed = dict(task=task, backend=backend, seed=options.seed, epoch_rounds=epoch_rounds)
    config = with_settings(config, fixed | changes)
    row = measure_train(config, rounds)
    return options.tell_table(
        [dataclasses.asdict(row)],
        "the whole training loop (a control step is 10 physics steps)",
        [
            *("environment", "backend", "agent", "acts", "envs", "batch"),
            *("steps/s", "updates/s", "physics", "acting", "updating"),
        ],
        [
            [
                *(row.env, row.backend, row.agent, row.act_with),
                *(str(row.num_envs), str(row.batch)),
                f"{row.steps_per_second:,.0f}",
                f"{row.updates_per_second:,.2f}",
                *(
                    f"{share:.0%}"
                    for share in (row.physics_share, row.acting_share, row.updating_share)
                ),
            ]
        ],
    )
