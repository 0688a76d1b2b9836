"""Environment ids, and the robot and task class behind each: built-in tasks and users' own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from metaworldx.core.errors import UserError, nearest
from metaworldx.core.extensions import class_in

if TYPE_CHECKING:
    from metaworldx.envs.robots import RobotSpec
    from metaworldx.envs.task import Task

# Listing the environments imports neither JAX nor MuJoCo nor a task.
ROBOT_NAMES = ("h1", "h1hand", "h1strong")

_BOTH, _H1, _HAND, _STRONG = ("h1", "h1hand"), ("h1",), ("h1hand",), ("h1strong",)


@dataclass(frozen=True)
class TaskEntry:
    """Place of a task: its module in `metaworldx.envs.tasks`, its class, its robots.

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


_CUSTOM = re.compile(
    r"(?:(?P<robot>\w+)-)?(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*)[:.](?P<cls>[^\W\d]\w*)"
)


@dataclass(frozen=True)
class EnvId:
    """Identity of an environment: a robot and a task. `parse` makes one of a text.

    Attributes:
      text: the full id: `h1-walk-v0`, or `h1-my_pkg.my_task.MyTask` of a custom task.
      robot: the robot's name.
      task: the task's name, e.g. `walk`.
      source: `MODULE:CLASS` that holds the task.
      version: `v0`; empty for custom tasks.
    """

    text: str
    robot: str
    task: str
    source: str
    version: str = "v0"

    @classmethod
    def parse(cls, text: str | EnvId) -> EnvId:
        """The environment that a text names; one that is parsed already is returned as it is.

        Args:
          text: `ROBOT-TASK`, with `-v0` or without, or `[ROBOT-]MODULE:CLASS` of a custom task,
            whose module is imported.

        Raises:
          UserError: no such environment (the message names the nearest), module or class, or a
            class that is no usable task.
        """
        if isinstance(text, EnvId):
            return text
        if ":" in text or "." in text:
            return _custom(text)
        robot, _, name = text.removesuffix("-v0").partition("-")
        entry = TASKS.get(name)
        if entry is None or robot not in entry.robots:
            hint = "metaworldx envs lists all"
            raise UserError(nearest("environment", text, environment_ids(), hint))
        source = f"metaworldx.envs.tasks.{entry.module}:{entry.cls}"
        return cls(f"{robot}-{name}-v0", robot, name, source)

    @property
    def builtin(self) -> bool:
        """Whether the task is one of the package's."""
        return bool(self.version)

    @property
    def task_class(self) -> type[Task]:
        """The task's class; its module, and with it JAX, is imported on first use."""
        module, _, name = self.source.partition(":")
        return getattr(import_module(module), name)

    @property
    def robot_spec(self) -> RobotSpec:
        """The robot's sizes, pose and model."""
        from metaworldx.envs.robots import ROBOTS

        return ROBOTS[self.robot] if self.builtin else _robots_of(self.task_class)[self.robot]

    @property
    def max_episode_steps(self) -> int:
        """Control steps of an episode; of the package's tasks it is known without an import."""
        return (TASKS[self.task] if self.builtin else self.task_class).max_episode_steps


def environment_ids() -> tuple[str, ...]:
    """All environment ids, HumanoidBench's spelling, `ROBOT-TASK-v0`."""
    return tuple(
        f"{robot}-{name}-v0"
        for robot in ROBOT_NAMES
        for name, entry in TASKS.items()
        if robot in entry.robots
    )


def full_id(text: str) -> str:
    """The full id of a custom task; one of the package's stays as it is spelled.

    Names of files and keys that hold a task are made of this.

    Raises:
      UserError: no such custom task.
    """
    return EnvId.parse(text).text if ":" in text or "." in text else text


def one_robot(env_ids: Sequence[str]) -> RobotSpec:
    """The robot of tasks that are learnt together.

    Raises:
      UserError: an unknown environment, or several robots.
    """
    robots = {env.robot: env for env in map(EnvId.parse, env_ids)}
    if len(robots) > 1:
        raise UserError(f"tasks of several robots: {', '.join(sorted(robots))}; needs one")
    return next(iter(robots.values())).robot_spec


# ---- custom tasks


def _custom(text: str) -> EnvId:
    found = _CUSTOM.fullmatch(text)
    if found is None:
        raise UserError(
            f"{text!r} names no task; needs ROBOT-TASK, e.g. h1-walk, or [ROBOT-]MODULE:CLASS, "
            "e.g. my_pkg.my_task:MyTask"
        )
    module, name = found["module"], found["cls"]
    task = _checked(class_in(module, name), f"{module}:{name}")
    robots = _robots_of(task)
    robot = found["robot"] or next(iter(robots))
    if robot not in robots:
        hint = f"{module}:{name} is for {', '.join(robots)}"
        raise UserError(nearest("robot", robot, robots, hint))
    return EnvId(f"{robot}-{module}.{name}", robot, task.name, f"{module}:{name}", "")


def _checked(task: type, source: str) -> type[Task]:
    """A user's class, found to be a task that can be used."""
    from metaworldx.envs.task import Task

    if not (isinstance(task, type) and issubclass(task, Task)):
        raise UserError(f"{source} is no task; needs a class that inherits metaworldx.envs.Task")
    for name, kind, wanted in (
        ("name", str, "a text"),
        ("success_bar", (int, float), "a number"),
        ("max_episode_steps", int, "an integer"),
        ("instruction", str, "a text"),
        ("milestone_names", tuple, "a tuple of texts"),
    ):
        if not isinstance(getattr(task, name, None), kind):
            raise UserError(f"{source} has no class attribute {name!r}; needs {wanted}")
    if not re.fullmatch(r"\w+", task.name):
        raise UserError(f"{source} is named {task.name!r}; needs letters, digits and _ alone")
    if task.evaluate is Task.evaluate:
        raise UserError(f"{source} has no evaluate(self, data, state): it gives no reward")
    entry = TASKS.get(task.name)
    if entry is not None and not issubclass(task, task_class(task.name)):
        raise UserError(f"{source} is named {task.name!r}, as a task of metaworldx; rename it")
    return task


def _robots_of(task: type[Task]) -> dict[str, RobotSpec]:
    """The robots of a custom task by name, its default first.

    Those that it lists, else those of the package's task that it varies, else H1 without and with
    hands.
    """
    from metaworldx.envs.robots import ROBOTS, RobotSpec

    entry = TASKS.get(task.name)
    found: dict[str, RobotSpec] = {}
    for each in task.robots or (_BOTH if entry is None else entry.robots):
        if isinstance(each, str) and each not in ROBOTS:
            raise UserError(nearest("robot", each, ROBOTS, f"of the task {task.name}"))
        spec = each if isinstance(each, RobotSpec) else ROBOTS[each]
        found[spec.name] = spec
    return found


def task_class(name: str) -> type[Task]:
    """The class of one of the package's tasks by its name."""
    entry = TASKS[name]
    return getattr(import_module(f"metaworldx.envs.tasks.{entry.module}"), entry.cls)
