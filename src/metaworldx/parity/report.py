"""Results of `verify` for one file, and whether they are within tolerance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from metaworldx.envs.registry import EnvId
from metaworldx.parity.flight import FlightErrors, flight_errors
from metaworldx.parity.recording import Flight, Recording, load
from metaworldx.parity.replay import Replay, replay
from metaworldx.parity.scene import (
    Dynamics,
    dynamics,
    physics_of,
    reset_observation_error,
    size_mismatches,
)

OBSERVATION_LIMIT, REWARD_LIMIT = 1e-5, 1e-4
"""Tolerance of |ours - recorded| / max(1, |recorded|)."""
FLIGHT_NATIVE_LIMIT = {"h1": 1e-6}
FLIGHT_NATIVE_LIMIT_WITH_HANDS = 2e-5
FLIGHT_MJX_LIMIT = 2e-4
"""Tolerance of qpos after a control step in the air, m or rad."""
OBJECTS_LIMIT = {"spoon": 0.02}
OBJECTS_LIMIT_ELSE = 0.01
"""Tolerance of the median error of the objects' joints after a control step, m or rad."""


@dataclass(frozen=True)
class EnvironmentReport:
    """Comparison of an environment with its recording.

    Attributes:
      file: the recording's file name.
      env: HumanoidBench's id.
      rows, episodes: their numbers in the file.
      size_mismatches: sizes and names that differ, in words.
      observation_error: worst relative error after steps and resets.
      replay: rewards, terminations, terms and task state on the recorded data.
      dynamics: native physics from the recorded states; None if sizes differ.
      objects_limit: tolerance of the median error of the objects' joints (m or rad).
    """

    file: str
    env: str
    rows: int
    episodes: int
    size_mismatches: list[str]
    observation_error: float
    replay: Replay
    dynamics: Dynamics | None
    objects_limit: float

    @property
    def worst_term(self) -> tuple[str, float] | None:
        """Name and absolute error of the reward term with the largest error."""
        errors = self.replay.term_errors
        return max(errors.items(), key=lambda item: item[1]) if errors else None

    @property
    def failures(self) -> list[str]:
        """Quantities out of tolerance, in words."""
        found = [f"sizes: {text}" for text in self.size_mismatches]
        found += _over("observation error", self.observation_error, OBSERVATION_LIMIT)
        found += _over("reward error", self.replay.reward_error, REWARD_LIMIT)
        if self.replay.termination_mismatches:
            found.append(f"{self.replay.termination_mismatches} terminations differ")
        memory = self.replay.memory_mismatches
        if memory:
            found.append(f"memory differs {len(memory)} times, first at {memory[0]}")
        objects = self.dynamics.objects_undisturbed if self.dynamics else None
        return found + _over("objects' median error", objects, self.objects_limit)

    def as_data(self) -> dict:
        """The report as JSON data; a number that is not finite is null."""
        worst, physics = self.worst_term, self.dynamics or Dynamics({}, None, None)
        return {
            "file": self.file,
            "env": self.env,
            "rows": self.rows,
            "episodes": self.episodes,
            "size_mismatches": self.size_mismatches,
            "observation_error": _number(self.observation_error),
            "reward_error": _number(self.replay.reward_error),
            "termination_mismatches": self.replay.termination_mismatches,
            "memory_mismatches": len(self.replay.memory_mismatches),
            "memory_compared": sorted(self.replay.memory_keys),
            "memory_mismatch_rows": self.replay.memory_mismatches[:5],
            "worst_term": worst and {"name": worst[0], "error": _number(worst[1])},
            "term_errors": {k: _number(v) for k, v in self.replay.term_errors.items()},
            "objects_error": _number(physics.objects_undisturbed),
            "objects_error_by_kind": {str(k): _number(v) for k, v in physics.objects.items()},
            "objects_limit": self.objects_limit,
            "pelvis_error_m": _number(physics.pelvis_m),
            "failures": self.failures,
            "passed": not self.failures,
        }


@dataclass(frozen=True)
class FlightReport:
    """Comparison of a robot in the air with its recording.

    Attributes:
      file: the recording's file name.
      robot: the robot's name.
      rows: number of transitions.
      errors: of native MuJoCo and of MJX.
    """

    file: str
    robot: str
    rows: int
    errors: FlightErrors

    @property
    def native_limit(self) -> float:
        """Tolerance of native qpos (m or rad)."""
        return FLIGHT_NATIVE_LIMIT.get(self.robot, FLIGHT_NATIVE_LIMIT_WITH_HANDS)

    @property
    def failures(self) -> list[str]:
        """Quantities out of tolerance, in words."""
        found = [f"sizes: {text}" for text in self.errors.size_mismatches]
        native, mjx = self.errors.native, self.errors.mjx
        found += _over("native qpos error", native and native.qpos, self.native_limit)
        return found + _over("mjx qpos error", mjx and mjx.qpos, FLIGHT_MJX_LIMIT)

    def as_data(self) -> dict:
        """The report as JSON data; a number that is not finite is null."""
        native, mjx = self.errors.native, self.errors.mjx
        return {
            "file": self.file,
            "robot": self.robot,
            "rows": self.rows,
            "size_mismatches": self.errors.size_mismatches,
            "native_qpos_error": _number(native and native.qpos),
            "native_qvel_error": _number(native and native.qvel),
            "native_qpos_limit": self.native_limit,
            "mjx_qpos_error": _number(mjx and mjx.qpos),
            "mjx_qvel_error": _number(mjx and mjx.qvel),
            "failures": self.failures,
            "passed": not self.failures,
        }


def report_on(path: Path) -> EnvironmentReport | FlightReport:
    """Compares one file with this project.

    Raises:
      UserError: not a recording, or of an unknown environment or robot.
    """
    recording = load(path)
    if isinstance(recording, Flight):
        errors = flight_errors(recording)
        return FlightReport(path.name, recording.robot, len(recording), errors)
    return _environment(recording)


def limits() -> dict[str, float]:
    """Tolerances common to all files, by the name of the bounded quantity."""
    return {
        "observation_error": OBSERVATION_LIMIT,
        "reward_error": REWARD_LIMIT,
        "termination_mismatches": 0,
        "memory_mismatches": 0,
        "mjx_qpos_error": FLIGHT_MJX_LIMIT,
    }


def _environment(recording: Recording) -> EnvironmentReport:
    cls = EnvId.parse(recording.env_id).task_class
    replayed = replay(recording)
    mismatches = size_mismatches(recording, physics_of(recording).layout)
    observation, physics = replayed.observation_error, None
    if not mismatches:
        observation = max(observation, reset_observation_error(recording))
        physics = dynamics(recording)
    return EnvironmentReport(
        file=recording.path.name,
        env=recording.env_id,
        rows=len(recording),
        episodes=len(recording.reset_state),
        size_mismatches=mismatches + replayed.size_mismatches,
        observation_error=observation,
        replay=replayed,
        dynamics=physics,
        objects_limit=OBJECTS_LIMIT.get(cls.name, OBJECTS_LIMIT_ELSE),
    )


def _over(what: str, value: float | None, limit: float) -> list[str]:
    if value is None or value <= limit:
        return []
    return [f"{what} {value:.3g}, over {limit:g}"]


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
