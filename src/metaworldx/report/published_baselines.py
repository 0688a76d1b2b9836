"""Published results on the same tasks, each kind of return under its own name.

Returns of different rewards are never compared. HumanoidBench's rewards of stand, walk, run and
sit are at most 1 a step, so that a return over its 1,000 steps cannot exceed 1,000: MetaWorld-X's
own walk (1118.7) and run (2056.9) are returns of its tracking-plus-task reward, as is its carry,
a task that HumanoidBench lacks.
"""

from __future__ import annotations

from dataclasses import dataclass

HUMANOIDBENCH = "HumanoidBench return"
TRACKING = "return of tracking plus task, the paper's own reward"
UNNAMED = "return of a reward that the paper does not name"
OWN_CARRY = "return on the paper's own carry task"
SUCCESS = "no return, success alone"

KINDS = (HUMANOIDBENCH, UNNAMED, TRACKING, OWN_CARRY, SUCCESS)

METAWORLD_X, METAWORLD = "MetaWorld-X", "MetaWorld (arXiv 2601.17507)"
FASTTD3 = "FastTD3's repository, 128 environments, one A100"
"""Its `data/humanoidbench_result.json`."""

SEEDS, DEVIATION = "standard error over seeds", "standard deviation"


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
    paper = {"sit_simple": "sit"}.get(name, name)
    found = [*_table_1_and_2(paper), *_table_3(paper), *_table_4(paper), *_metaworld(paper)]
    if name in _FASTTD3:
        mean, steps = _FASTTD3[name]
        found.append(
            Published("FastTD3", FASTTD3, HUMANOIDBENCH, "h1hand", mean, steps_million=steps)
        )
    return tuple(found)


_METHODS = ("PPO", "SAC", "TD-MPC2", "DreamerV3", METAWORLD_X)

# Return, standard error, convergence in million steps, successes of 10 (Tables I and II).
_TABLE_1_AND_2 = {
    "stand": (
        *((28.8, 0.4, 5.3, 0), (93.6, 17.7, 4.9, 1), (749.8, 63.1, 1.8, 3)),
        *((699.3, 62.7, 5.5, 2), (815.9, 0.3, 0.6, 9)),
    ),
    "walk": (
        *((28.8, 0.4, 5.3, 0), (32.7, 11.4, 5.4, 1), (644.2, 162.3, 1.8, 3)),
        *((428.2, 14.5, 6.0, 2), (1118.7, 7.1, 0.5, 9)),
    ),
    "run": (
        *((28.8, 0.4, 5.3, 0), (18.3, 1.5, 5.4, 0), (66.1, 4.7, 2.0, 2)),
        *((298.5, 84.5, 6.0, 1), (2056.9, 13.6, 1.0, 9)),
    ),
    "sit": (
        *((28.8, 0.4, 5.3, 0), (275.9, 15.7, 6.0, 2), (733.9, 120.6, 1.1, 4)),
        *((709.6, 98.4, 5.2, 3), (862.2, 2.1, 0.6, 8)),
    ),
    "carry": (
        *((25.9, 0.4, 5.4, 0), (43.4, 9.7, 5.3, 1), (438.0, 72.9, 1.9, 3)),
        *((427.8, 51.2, 6.0, 2), (963.5, 5.1, 0.5, 9)),
    ),
}
_OWN_KIND = {"stand": UNNAMED, "sit": UNNAMED, "walk": TRACKING, "run": TRACKING, "carry": TRACKING}

# Success, convergence in 10,000 steps, return; trained for 500,000 steps.
_TABLE_3 = {
    "TD-MPC2": (True, 32.38, 198.42),
    "MetaWorld-X without router": (True, 20.36, 296.57),
    "MetaWorld-X without VLM": (False, None, None),
    "MetaWorld-X without imitation": (False, None, 193.61),
    "MetaWorld-X, full": (True, 12.64, 303.95),
}

# Return and standard error, in the order of _METHODS.
_TABLE_4 = {
    "door": ((58.0, 13.5), (168.7, 3.9), (285.0, 12.0), (257.7, 37.9), (470.0, 2.2)),
    "basketball": ((58.0, 1.3), (45.4, 5.5), (148.4, 3.3), (77.6, 1.2), (250.0, 11.9)),
    "push": ((36.8, 11.0), (-201.3, 13.6), (-113.8, 6.8), (-59.9, 7.3), (70.0, 2.1)),
    "truck": ((58.0, 13.5), (1142.6, 15.8), (1213.2, 1.1), (1383.4, 2.5), (1500.0, 15.6)),
    "package": (
        *((-8112.3, 191.1), (-6662.1, 137.2), (-6788.5, 552.7)),
        *((-5817.2, 903.8), (-5200.0, 47.2)),
    ),
}

# Return, standard deviation, convergence in million steps: DreamerV3, TD-MPC2, MetaWorld.
_METAWORLD = {
    "stand": ((699.3, 62.7, 5.5), (749.8, 54.3, 1.9), (793.4, 13.5, 0.8)),
    "walk": ((428.2, 14.5, 6.0), (644.2, 162.3, 1.8), (701.2, 7.6, 1.4)),
    "run": ((298.5, 84.5, 6.0), (66.1, 4.7, 2.0), (1689.9, 13.6, 1.9)),
    "door": ((165.8, 50.2, 9.0), (179.8, 52.9, 2.0), (680.0, 50.0, 1.7)),
}

# Final return of h1hand, environment steps in millions.
_FASTTD3 = {
    "walk": (928.3, 6.40),
    "stand": (911.9, 6.40),
    "run": (902.0, 9.60),
    "reach": (8146.6, 19.20),
    "hurdle": (886.8, 19.84),
    "crawl": (956.2, 8.32),
    "maze": (358.7, 8.96),
    "sit_simple": (929.0, 5.76),
    "sit_hard": (726.1, 19.20),
    "balance_simple": (788.4, 25.60),
    "balance_hard": (244.0, 127.36),
    "stair": (689.6, 19.20),
    "slide": (904.0, 19.20),
    "pole": (867.1, 19.20),
    "push": (769.6, 120.32),
    "cabinet": (188.2, 12.80),
    "door": (331.7, 12.80),
    "truck": (1686.1, 38.40),
    "cube": (221.2, 12.80),
    "bookshelf_simple": (821.8, 12.80),
    "bookshelf_hard": (723.0, 19.20),
    "basketball": (529.0, 32.00),
    "window": (613.3, 32.00),
    "spoon": (369.1, 6.40),
    "package": (-7487.2, 12.80),
    "powerlift": (324.7, 19.20),
    "room": (177.0, 12.80),
    "insert_small": (171.5, 12.80),
    "insert_normal": (192.0, 12.80),
}


def _table_1_and_2(task: str) -> list[Published]:
    found = []
    for who, figures in zip(_METHODS, _TABLE_1_AND_2.get(task, ()), strict=False):
        mean, spread, steps, successes = figures
        kind = OWN_CARRY if task == "carry" else HUMANOIDBENCH
        kind = _OWN_KIND[task] if who == METAWORLD_X else kind
        source = f"{METAWORLD_X}, Tables I and II"
        success = f"{successes}/10"
        found.append(Published(who, source, kind, "", mean, spread, SEEDS, steps, success))
    return found


def _table_3(task: str) -> list[Published]:
    if task != "door":
        return []
    source = f"{METAWORLD_X}, Table III (500,000 steps)"
    return [
        Published(
            *(who, source, SUCCESS if mean is None else HUMANOIDBENCH, "", mean),
            steps_million=None if steps is None else steps / 100.0,
            success="yes" if success else "no",
        )
        for who, (success, steps, mean) in _TABLE_3.items()
    ]


def _table_4(task: str) -> list[Published]:
    source = f"{METAWORLD_X}, Table IV"
    return [
        Published(who, source, HUMANOIDBENCH, "", mean, spread, SEEDS)
        for who, (mean, spread) in zip(_METHODS, _TABLE_4.get(task, ()), strict=False)
    ]


def _metaworld(task: str) -> list[Published]:
    source = f"{METAWORLD}, Table 1"
    found = []
    for who, figures in zip(
        ("DreamerV3", "TD-MPC2", "MetaWorld"), _METAWORLD.get(task, ()), strict=False
    ):
        kind = UNNAMED if who == "MetaWorld" else HUMANOIDBENCH
        mean, spread, steps = figures
        found.append(Published(who, source, kind, "", mean, spread, DEVIATION, steps))
    return found
