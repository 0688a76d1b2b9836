"""Replay of a recording's simulation data through a task, and the differences of the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs.registry import EnvId
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import Task, TaskState
from metaworldx.parity.recording import Recording, RecordingError
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_MEMORY_TOLERANCE = 1e-5
"""Tolerance for numbers in a task's state."""


@dataclass
class Replay:
    """Deviation of a task from a recording.

    Attributes:
      size_mismatches: differences in size, in words.
      observation_error: worst |ours - recorded| / max(1, |recorded|) after the steps.
      reward_error: likewise for rewards.
      termination_mismatches: rows with different `terminated`.
      memory_mismatches: rows in which a common entry of the task's state differs, in words.
      memory_keys: the common entries of the task's state.
      term_errors: worst absolute error of each named reward term.
    """

    size_mismatches: list[str] = field(default_factory=list)
    observation_error: float = 0.0
    reward_error: float = 0.0
    termination_mismatches: int = 0
    memory_mismatches: list[str] = field(default_factory=list)
    memory_keys: set[str] = field(default_factory=set)
    term_errors: dict[str, float] = field(default_factory=dict)


def contact_flags(task: Task, recording: Recording) -> np.ndarray:
    """The task's contact rules on a recording's contact list: bool `[N, nrule]`."""
    flags = np.zeros((len(recording), len(task.contact_rules)), bool)
    row, first, second = recording.arrays["contacts"].T
    for i, rule in enumerate(task.contact_rules.values()):
        hit = rule.pairs(task.layout)[first, second]
        flags[row[hit], i] = True
    return flags


def recorded_data(task: Task, recording: Recording) -> SimData:
    """A recording's rows as SimData with a leading dimension of N (float64 if JAX enables it)."""
    fields = ("qpos", "qvel", "xpos", "xquat", "site_xpos", "sensordata", "actuator_force")
    values = {name: jnp.asarray(recording.arrays[name], jnp.result_type(float)) for name in fields}
    return SimData(**values, contact=jnp.asarray(contact_flags(task, recording)))


def absolute_error(ours: np.ndarray, recorded: np.ndarray) -> float:
    """Worst |ours - recorded|; 0 for empty arrays, infinite if any is not finite."""
    error = np.abs(ours - recorded)
    return float(np.max(error, initial=0.0)) if np.all(np.isfinite(error)) else float("inf")


def relative_error(ours: np.ndarray, recorded: np.ndarray) -> float:
    """Worst |ours - recorded| / max(1, |recorded|); as `absolute_error` else."""
    scale = np.maximum(1.0, np.abs(recorded))
    return absolute_error(ours / scale, recorded / scale)


def task_on(
    recording: Recording, cls: type[Task], spec: RobotSpec, layout: ModelIndex | None = None
) -> Task:
    """The recording's task on a model index, by default the recording's.

    Raises:
      RecordingError: the recording lacks a name that the task reads.
    """
    if layout is not None:
        return cls(spec, layout)
    try:
        return cls(spec, recording.layout)
    except KeyError as error:
        missing = str(error.args[0]).split(";")[0]
        raise RecordingError(f"{recording.path}: its names have {missing}") from None


def memory_at_reset(task: Task, recording: Recording, episode: int) -> TaskState:
    """The task's recorded state after an episode's reset.

    Raises:
      RecordingError: the recording's `reset/task_state` is not that task's.
    """
    try:
        memory = task.memory_of_record(recording.reset_state[episode])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(
            f"{recording.path}: reset/task_state of episode {episode} is not of "
            f"{recording.env_id} ({error!r})"
        ) from None
    return jax.tree.map(jnp.asarray, memory)


def replay(recording: Recording) -> Replay:
    """Evaluates the recording's task on its data, in order from each reset, in float64.

    Raises:
      UserError: unknown environment.
      RecordingError: its names or task state do not fit that environment.
    """
    env_id = EnvId.parse(recording.env_id)
    spec, cls = env_id.robot_spec, env_id.task_class
    with jax.enable_x64(True):
        return _replay(task_on(recording, cls, spec), recording)


def _replay(task: Task, recording: Recording) -> Replay:
    found = Replay()
    arrays = recording.arrays
    readings = recorded_data(task, recording)

    @jax.jit
    def run(memory: TaskState, rows: SimData):
        def one(memory, r):
            obs_now = task.observe(r, memory)
            out = task.evaluate(r, memory)
            return out.memory, (obs_now, out)

        return jax.lax.scan(one, memory, rows)[1]

    # Episodes are padded to the longest, so that one compilation suffices.
    longest = int(np.bincount(arrays["episode"]).max())
    for episode in range(len(recording.reset_state)):
        rows = recording.rows_of(episode)
        if not len(rows):
            continue
        memory = memory_at_reset(task, recording, episode)
        padded = np.concatenate([rows, np.full(longest - len(rows), rows[-1])])
        chosen = jax.tree.map(lambda x, rows=padded: jnp.asarray(np.asarray(x)[rows]), readings)
        result = run(memory, chosen)
        obs, out = jax.tree.map(lambda x, rows=rows: np.asarray(x)[: len(rows)], result)
        if obs.shape[1] != arrays["obs"].shape[1]:
            found.size_mismatches.append(
                f"observation: ours {obs.shape[1]}, recorded {arrays['obs'].shape[1]}"
            )
            return found
        _compare(found, task, recording, rows, obs, out)
    return found


def _compare(found: Replay, task: Task, recording: Recording, rows, obs, out) -> None:
    arrays = recording.arrays
    found.observation_error = max(found.observation_error, relative_error(obs, arrays["obs"][rows]))
    found.reward_error = max(found.reward_error, relative_error(out.reward, arrays["reward"][rows]))
    terminated = arrays["terminated"][rows].astype(bool)
    found.termination_mismatches += int(np.sum(out.terminated != terminated))
    counters = {"success": out.success, "success_subtasks": out.success_subtasks}
    for name, ours in {**counters, **out.terms}.items():
        recorded = arrays.get(f"info/{name}")
        if recorded is None:
            continue
        recorded = recorded[rows].astype(float)
        finite = np.isfinite(recorded)
        worst = absolute_error(np.asarray(ours, float)[finite], recorded[finite])
        found.term_errors[name] = max(found.term_errors.get(name, 0.0), worst)
    for i, row in enumerate(rows):
        ours = task.record_of_memory(jax.tree.map(lambda x, i=i: x[i], out.memory))
        recorded = recording.task_state[row]
        for key in ours.keys() & recorded.keys():
            found.memory_keys.add(key)
            if not _same(ours[key], recorded[key]):
                found.memory_mismatches.append(
                    f"row {row}: {key} is {ours[key]}, recorded {recorded[key]}"
                )


def _same(ours: Any, recorded: Any) -> bool:
    """Whether two entries of a task's state agree; lists of names are compared as sets."""
    if isinstance(recorded, Mapping) or isinstance(ours, Mapping):
        return (
            isinstance(recorded, Mapping)
            and isinstance(ours, Mapping)
            and ours.keys() == recorded.keys()
            and all(_same(ours[key], recorded[key]) for key in recorded)
        )
    if recorded is None or ours is None or isinstance(recorded, str) or isinstance(ours, str):
        return ours == recorded
    if _names(ours) or _names(recorded):
        return sorted(map(str, ours)) == sorted(map(str, recorded))
    try:
        a, b = np.asarray(ours, float), np.asarray(recorded, float)
    except (TypeError, ValueError):
        return False
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=0, atol=_MEMORY_TOLERANCE))


def _names(entry: Any) -> bool:
    return isinstance(entry, (list, tuple)) and any(isinstance(x, str) for x in entry)
