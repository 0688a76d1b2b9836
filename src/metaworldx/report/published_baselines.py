"""Published results on the same tasks, each kind of return under its own name.

Returns of different rewards are never compared. HumanoidBench's rewards of stand, walk, run and
sit are at most 1 a step, so that a return over its 1,000 steps cannot exceed 1,000: MetaWorld-X's
own walk (1118.7) and run (2056.9) are returns of its tracking-plus-task reward, as is its carry,
a task that HumanoidBench lacks. FastTD3's figures are its `data/humanoidbench_result.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from metaworldx.core.assets import asset_text

HUMANOIDBENCH = "HumanoidBench return"
TRACKING = "return of tracking plus task, the paper's own reward"
UNNAMED = "return of a reward that the paper does not name"
OWN_CARRY = "return on the paper's own carry task"
SUCCESS = "no return, success alone"

KINDS = (HUMANOIDBENCH, UNNAMED, TRACKING, OWN_CARRY, SUCCESS)

SEEDS = "standard error over seeds"


@dataclass(frozen=True)
class Published:
    """One result of a paper.

    Attributes:
      who: the method.
      source: paper and table.
      kind: kind of return; only equal kinds are comparable.
      robot: h1, h1hand, or empty if unspecified.
      mean: the return, None if unreported.
      spread, spread_is: value after the `±`, and its meaning.
      steps_million: until convergence, or of the whole training (FastTD3).
      success: as reported, e.g. `9/10`.
    """

    who: str
    source: str
    kind: str
    robot: str = ""
    mean: float | None = None
    spread: float | None = None
    spread_is: str = ""
    steps_million: float | None = None
    success: str = ""


def published(task: str) -> tuple[Published, ...]:
    """Published results of an environment, e.g. `h1-door`; may be empty."""
    name = task.removesuffix("-v0").partition("-")[2]
    return tuple(
        Published(**{**about, **dict(zip(columns, row, strict=True))})
        for about, columns, rows in _tables()
        for row in rows.get(name, ())
    )


@cache
def _tables() -> list[tuple[dict[str, str], list[str], dict[str, list[list[Any]]]]]:
    """Tables of `assets/published_returns.json`: what their rows share, columns, rows by task."""
    tables = json.loads(asset_text("published_returns.json"))
    return [(table, table.pop("columns"), table.pop("rows")) for table in tables]
