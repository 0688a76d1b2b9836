"""`metaworldx envs`."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import tyro


def main(
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """List the environments: sizes, episode length in control steps of 0.02 s, success bar.

    The success bar is HumanoidBench's return from which a task counts as solved; collisions is the
    smallest collision set that preserves the task's rewards.

    Args:
      as_json: print the list as JSON instead of a table.
    """
    from metaworldx.cli._tables import print_table
    from metaworldx.envs.specs import all_env_specs

    facts = [dataclasses.asdict(entry) for entry in all_env_specs()]
    if as_json:
        print(json.dumps(facts, indent=1))
        return 0
    print_table(
        f"{len(facts)} environments",
        ["environment", "observations", "actions", "episode", "success bar", "collisions"],
        [[str(value) for value in entry.values()] for entry in facts],
    )
    return 0
