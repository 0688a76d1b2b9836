"""Every environment's id, and the task class behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from metaworldx.core.errors import UserError, nearest

if TYPE_CHECKING:
    from metaworldx.envs.robots import RobotSpec
    from metaworldx.envs.task import Task

# Listing the environments imports neither JAX nor MuJoCo nor a task.
ROBOT_NAMES = ("h1", "h1hand", "h1strong")

_BOTH, _H1, _HAND, _STRONG = ("h1", "h1hand"), ("h1",), ("h1hand",), ("h1strong",)


@dataclass(frozen=True)
class TaskEntry:
    """Where a task lives: its module in `metaworldx.envs.tasks`, its class, its robots.

    Its time limit in control steps is the class's own, repeated for those who list tasks without
    importing them.
    """

    module: str
    cls: str
    robots: tuple[str, ...]
    max_episode_steps: int = 1000


TASKS = {
    "walk": TaskEntry("locomotion", "Walk", _BOTH),
    "stand": TaskEntry("locomotion", "Stand", _BOTH),
    "run": TaskEntry("locomotion", "Run", _BOTH),
    "reach": TaskEntry("reach", "Reach", _BOTH),
    "hurdle": TaskEntry("obstacles", "Hurdle", _BOTH),
    "crawl": TaskEntry("locomotion", "Crawl", _BOTH),
    "maze": TaskEntry("maze", "Maze", _BOTH),
    "push": TaskEntry("push", "Push", _BOTH, 500),
    "door": TaskEntry("door", "Door", _BOTH),
    "truck": TaskEntry("truck", "Truck", _BOTH),
    "basketball": TaskEntry("basketball", "Basketball", _BOTH, 500),
    "package": TaskEntry("package", "Package", _BOTH),
    "sit_simple": TaskEntry("sit", "SitSimple", _BOTH),
    "sit_hard": TaskEntry("sit", "SitHard", _BOTH),
    "balance_simple": TaskEntry("balance", "BalanceSimple", _BOTH),
    "balance_hard": TaskEntry("balance", "BalanceHard", _BOTH),
    "stair": TaskEntry("obstacles", "Stair", _BOTH),
    "slide": TaskEntry("obstacles", "Slide", _BOTH),
    "pole": TaskEntry("obstacles", "Pole", _BOTH),
    "highbar_simple": TaskEntry("highbar", "HighBarSimple", _H1),
    "highbar_hard": TaskEntry("highbar", "HighBarHard", _STRONG),
    "cabinet": TaskEntry("cabinet", "Cabinet", _HAND),
    "cube": TaskEntry("cube", "Cube", _HAND, 500),
    "bookshelf_simple": TaskEntry("bookshelf", "BookshelfSimple", _HAND),
    "bookshelf_hard": TaskEntry("bookshelf", "BookshelfHard", _HAND),
    "window": TaskEntry("window", "Window", _HAND),
    "spoon": TaskEntry("spoon", "Spoon", _HAND),
    "kitchen": TaskEntry("kitchen", "Kitchen", _HAND, 500),
    "powerlift": TaskEntry("powerlift", "Powerlift", _HAND),
    "room": TaskEntry("room", "Room", _HAND),
    "insert_normal": TaskEntry("insert", "InsertNormal", _HAND, 500),
    "insert_small": TaskEntry("insert", "InsertSmall", _HAND, 500),
    "carry": TaskEntry("carry", "Carry", _H1),
}


def task_class(name: str) -> type[Task]:
    """The class of a task by its name."""
    entry = TASKS[name]
    return getattr(import_module(f"metaworldx.envs.tasks.{entry.module}"), entry.cls)


def time_limit(env_id: str) -> int:
    """Control steps of an episode of a known environment, e.g. `h1-walk-v0`."""
    return TASKS[env_id.split("-")[1]].max_episode_steps


def environment_ids() -> tuple[str, ...]:
    """All environment ids, HumanoidBench's spelling, `ROBOT-TASK-v0`."""
    return tuple(
        f"{robot}-{name}-v0"
        for robot in ROBOT_NAMES
        for name, entry in TASKS.items()
        if robot in entry.robots
    )


def one_robot(env_ids: Sequence[str]) -> RobotSpec:
    """The robot of tasks that are learnt together.

    Raises:
      UserError: an unknown environment, or several robots.
    """
    robots = {spec.name: spec for spec in (parse_id(env_id)[0] for env_id in env_ids)}
    if len(robots) > 1:
        raise UserError(f"tasks of several robots: {', '.join(sorted(robots))}; needs one")
    return next(iter(robots.values()))


def parse_id(env_id: str) -> tuple[RobotSpec, type[Task]]:
    """Robot and task of an id; the suffix `-v0` may be left out.

    Raises:
      UserError: no such environment; the message names the nearest id.
    """
    known = environment_ids()
    wanted = env_id if env_id.endswith("-v0") else f"{env_id}-v0"
    if wanted not in known:
        raise UserError(nearest("environment", env_id, known, "metaworldx envs lists all"))
    from metaworldx.envs.robots import ROBOTS

    robot, name, _ = wanted.split("-")
    return ROBOTS[robot], task_class(name)
