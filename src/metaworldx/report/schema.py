"""Schema of a pipeline run's `report.json`.

Everything but `run` is optional in the file; missing parts are empty or None here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from metaworldx.core.config import from_data
from metaworldx.core.errors import UserError

FILE, PAGE = "report.json", "report.html"

Numbers = tuple[float | None, ...]
"""A list with gaps: None for numbers that are null or not finite."""


@dataclass(frozen=True)
class StageTime:
    """A stage of the pipeline and its duration."""

    name: str
    seconds: float | None = None


@dataclass(frozen=True)
class RunFacts:
    """Command and machine of a run.

    Attributes:
      preset, seed: of the command.
      command: the full command line.
      machine, versions: by name.
      seconds: total duration.
      stages: in order.
    """

    preset: str = ""
    seed: int | None = None
    command: str = ""
    machine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    stages: tuple[StageTime, ...] = ()


@dataclass(frozen=True)
class Expert:
    """An expert of the pool and what its training took."""

    name: str
    description: str = ""
    steps: float | None = None
    seconds: float | None = None
    hardware: str = ""


@dataclass(frozen=True)
class Live:
    """Training in this run: returns over control steps, `[mean, standard error]` of quarters."""

    title: str
    steps: Numbers = ()
    returns: Numbers = ()
    first_quarter: Numbers = ()
    last_quarter: Numbers = ()

    def __post_init__(self):
        _check_alike(steps=self.steps, returns=self.returns)
        for name in ("first_quarter", "last_quarter"):
            if len(getattr(self, name)) not in (0, 2):
                raise UserError(f"{name} has {len(getattr(self, name))} numbers; needs 2")


@dataclass(frozen=True)
class GuidanceStage:
    """A stage of a task as described by the teacher, and the experts' shares in it."""

    text: str
    experts: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskGuidance:
    """A teacher's answer: relevance 0 to 10, stages, confidence 0 to 1, and its origin."""

    relevance: dict[str, float | None] = field(default_factory=dict)
    stages: tuple[GuidanceStage, ...] = ()
    confidence: float | None = None
    teacher: str = ""
    teacher_origin: str = ""


class RowKind(StrEnum):
    """Kinds of rows in a task's evaluation."""

    FLOOR = "floor"
    SINGLE = "single"
    MIXTURE = "mixture"
    TEACHER = "teacher"
    ROUTER = "router"
    TRAININGS = "trainings"
    FUSION = "fusion"
    REPLANNED = "replanned"
    AGENT = "agent"
    ABLATION = "ablation"


@dataclass(frozen=True)
class Row:
    """Results of a policy in a task, as means over the episodes.

    Attributes:
      who: name of the policy.
      kind: a `RowKind`; another program's report may have others.
      return_mean, return_stderr: HumanoidBench's return, with standard error over episodes, or over
        trainings if there are several.
      return_low, return_high: 95% interval of the mean over trainings; None for other rows.
      trainings: mean return of each.
      length_mean: control steps.
      no_fall_share, success_share: 0 to 1.
      milestones: share of the episodes that reached each.
      mean_weights: of the experts.
      motion: jerk, foot_slip, energy, tracking_error.
    """

    who: str
    kind: str = ""
    return_mean: float | None = None
    return_stderr: float | None = None
    return_low: float | None = None
    return_high: float | None = None
    trainings: Numbers = ()
    length_mean: float | None = None
    no_fall_share: float | None = None
    success_share: float | None = None
    milestones: dict[str, float | None] = field(default_factory=dict)
    mean_weights: dict[str, float | None] = field(default_factory=dict)
    motion: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """Mean difference of returns from the same initial states, and its 95% interval.

    Attributes:
      over: unit of the pairs: starts, or trainings (each one's mean minus the other's).
    """

    better: str
    than: str
    over: str = "starts"
    pairs: int | None = None
    difference_mean: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class TaskDemonstrations:
    """Rollouts under random weights, and the demonstrations selected from them."""

    rollouts: int | None = None
    kept: int | None = None
    all_returns: Numbers = ()
    kept_returns: Numbers = ()


@dataclass(frozen=True)
class Film:
    """Video of one episode: files beside `report.json`, and the router's weights over T steps.

    Attributes:
      video: path of the file.
      stills, still_seconds: images and their times.
      seconds: of each step `[T]`.
      weights: of each expert `[T]`.
      progress: share of the milestones reached `[T]`.
    """

    video: str = ""
    stills: tuple[str, ...] = ()
    still_seconds: Numbers = ()
    seconds: Numbers = ()
    weights: dict[str, Numbers] = field(default_factory=dict)
    progress: Numbers = ()

    def __post_init__(self):
        if self.still_seconds:
            _check_alike(stills=self.stills, still_seconds=self.still_seconds)
        _check_alike(seconds=self.seconds, **{f"weights.{k}": v for k, v in self.weights.items()})
        if self.progress:
            _check_alike(seconds=self.seconds, progress=self.progress)


@dataclass(frozen=True)
class TaskReport:
    """Everything about one task."""

    task: str
    success_bar: float | None = None
    episodes: int | None = None
    guidance: TaskGuidance | None = None
    rows: tuple[Row, ...] = ()
    paired: tuple[Difference, ...] = ()
    demonstrations: TaskDemonstrations | None = None
    film: Film | None = None


@dataclass(frozen=True)
class RouterTraining:
    """The router's losses (Eq. 10, 11) and guidance weight (Eq. 12) during distillation."""

    task: Numbers = ()
    demo: Numbers = ()
    rate: Numbers = ()
    updates_per_point: float = 1.0
    record: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """A line of a learning curve."""

    name: str
    steps: Numbers = ()
    mean: Numbers = ()
    stderr: Numbers = ()

    def __post_init__(self):
        _check_alike(steps=self.steps, mean=self.mean)
        if self.stderr:
            _check_alike(steps=self.steps, stderr=self.stderr)


@dataclass(frozen=True)
class LearningCurve:
    """Lines over common axes."""

    title: str
    x: str = ""
    y: str = ""
    series: tuple[Series, ...] = ()


@dataclass(frozen=True)
class PipelineReport:
    """All of `report.json`."""

    run: RunFacts
    teacher: str = ""
    teacher_origin: str = ""
    pool: str = ""
    experts: tuple[Expert, ...] = ()
    live: Live | None = None
    tasks: tuple[TaskReport, ...] = ()
    router: RouterTraining | None = None
    curves: tuple[LearningCurve, ...] = ()
    notes: tuple[str, ...] = ()


def report_from(data: Any) -> PipelineReport:
    """Parses JSON data.

    Raises:
      UserError: a part is missing or invalid; the message names the field.
    """
    return from_data(PipelineReport, data, lenient=True)


def read_data(folder: Path) -> Any:
    """The JSON data of the run in `folder`.

    Raises:
      UserError: missing or damaged file.
    """
    path = folder / FILE
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no {FILE} in {folder}; `metaworldx run` writes it") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None


def read_report(folder: Path) -> PipelineReport:
    """The report of the run in `folder`.

    Raises:
      UserError: missing, damaged or invalid file.
    """
    data = read_data(folder)
    try:
        return report_from(data)
    except UserError as error:
        raise UserError(f"{folder / FILE}: {error}") from None


def _check_alike(**lists: Sequence[Any]) -> None:
    """Raises UserError unless all have the same length."""
    (first, one), *others = lists.items()
    for name, other in others:
        if len(other) != len(one):
            raise UserError(f"{name} has {len(other)} entries, {first} {len(one)}")
