"""`metaworldx pool list`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import tyro


def main(
    pool: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[POOL]")] = None,
    /,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """List the experts of a pool with description, sizes and training.

    Args:
      pool: folder of a pool; default the shipped one.
      as_json: print JSON.
    """
    from metaworldx.cli._tables import print_table
    from metaworldx.experts.pool import load_experts

    experts = load_experts(pool)
    if as_json:
        data = [
            {
                "name": expert.name,
                "description": expert.skill.description,
                "task": expert.skill.task,
                "clips": len(expert.clips),
                "obs_size": expert.sizes.obs_size,
                "action_size": expert.sizes.action_size,
                "latent_size": expert.sizes.latent_size,
                "record": expert.record,
            }
            for expert in experts
        ]
        print(json.dumps(data, indent=1))
        return 0
    rows = [
        (
            expert.name,
            expert.skill.task,
            str(len(expert.clips)),
            f"{expert.record.get('env_steps', 0):,}",
            f"{expert.record.get('minutes', 0.0):.0f}",
            expert.skill.description,
        )
        for expert in experts
    ]
    columns = ("expert", "task", "clips", "steps", "minutes", "does")
    print_table(f"{len(experts)} experts", columns, rows)
    return 0
