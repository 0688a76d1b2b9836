"""Replays a recording's readings through a task and measures where the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs.registry import parse_id
from metaworldx.envs.task import Memory, Task
from metaworldx.sim.readings import Readings
from metaworldx.verify.recording import Recording


@dataclass
class Replay:
    """How far a task is from a recording.

    Attributes:
      size_mismatches: what differs in size, in words.
      observation_error: worst |ours - recorded| / max(1, |recorded|), resets included.
      reward_error: likewise for rewards.
      termination_mismatches: rows whose `terminated` differs.
      memory_mismatches: rows where a memory entry that both keep differs, in words.
      term_errors: worst absolute error of each named reward term.
    """

    size_mismatches: list[str] = field(default_factory=list)
    observation_error: float = 0.0
    reward_error: float = 0.0
    termination_mismatches: int = 0
    memory_mismatches: list[str] = field(default_factory=list)
    term_errors: dict[str, float] = field(default_factory=dict)


def contact_flags(task: Task, recording: Recording) -> np.ndarray:
    """The task's contact rules on a recording's contact list: bool `[N, nrule]`."""
    flags = np.zeros((len(recording), len(task.contact_rules)), bool)
    row, first, second = recording.arrays["contacts"].reshape(-1, 3).T
    for i, rule in enumerate(task.contact_rules.values()):
        hit = rule.pairs(task.layout)[first, second]
        flags[row[hit], i] = True
    return flags


def recorded_readings(task: Task, recording: Recording) -> Readings:
    """A recording's rows as Readings with a leading dimension of N (float64)."""
    fields = ("qpos", "qvel", "xpos", "xquat", "site_xpos", "sensordata", "actuator_force")
    values = {name: np.asarray(recording.arrays[name], np.float64) for name in fields}
    return Readings(**values, contact=contact_flags(task, recording))


def reset_readings(recording: Recording, episode: int) -> Readings:
    """A recording's reset as Readings: qpos and qvel as recorded, the rest zero."""
    arrays = recording.arrays
    zero = {
        name: np.zeros(arrays[name].shape[1:])
        for name in ("xpos", "xquat", "site_xpos", "sensordata", "actuator_force")
    }
    return Readings(
        qpos=np.asarray(arrays["reset/qpos"][episode], np.float64),
        qvel=np.asarray(arrays["reset/qvel"][episode], np.float64),
        contact=np.zeros(0, bool),
        **zero,
    )


def relative_error(ours: np.ndarray, recorded: np.ndarray) -> float:
    """Worst |ours - recorded| / max(1, |recorded|); 0 for nothing."""
    if recorded.size == 0:
        return 0.0
    error = np.abs(ours - recorded) / np.maximum(1.0, np.abs(recorded))
    return float(np.max(error)) if np.all(np.isfinite(error)) else float("inf")


def _same(ours: Any, recorded: Any) -> bool:
    if isinstance(recorded, Mapping):
        return all(key in ours and _same(ours[key], recorded[key]) for key in recorded)
    if recorded is None or isinstance(recorded, str) or isinstance(ours, str):
        return ours == recorded
    if isinstance(recorded, (list, tuple)) and any(isinstance(x, str) for x in recorded):
        return sorted(ours) == sorted(recorded)
    a, b = np.asarray(ours, float), np.asarray(recorded, float)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=0, atol=1e-5))


def replay(recording: Recording) -> Replay:
    """Evaluates the recording's task on its readings, in order from each reset, in float64.

    Raises:
      ValueError: the recording is of an environment that this project does not have.
    """
    spec, cls = parse_id(recording.env_id)
    with jax.enable_x64(True):
        task = cls(spec, recording.layout)
        return _replay(task, recording)


def _replay(task: Task, recording: Recording) -> Replay:
    found = Replay()
    arrays = recording.arrays
    readings = recorded_readings(task, recording)

    @jax.jit
    def run(memory: Memory, rows: Readings):
        def one(memory, r):
            seen = task.observe(r, memory)
            out = task.evaluate(r, memory)
            return out.memory, (seen, out)

        return jax.lax.scan(one, memory, rows)[1]

    for episode in range(len(recording.reset_state)):
        rows = np.flatnonzero(arrays["episode"] == episode)
        memory = jax.tree.map(jnp.asarray, task.memory_of_record(recording.reset_state[episode]))
        if not len(rows):
            continue
        # Padded to one length, so that one compilation serves all episodes.
        longest = int(np.bincount(arrays["episode"]).max())
        padded = np.concatenate([rows, np.full(longest - len(rows), rows[-1])])
        chosen = jax.tree.map(lambda x: jnp.asarray(x[padded]), readings)
        obs, out = jax.tree.map(lambda x: np.asarray(x)[: len(rows)], run(memory, chosen))
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
    found.termination_mismatches += int(np.sum(out.terminated != arrays["terminated"][rows]))
    counters = {"success": out.success, "success_subtasks": out.success_subtasks}
    for name, ours in {**counters, **out.terms}.items():
        recorded = arrays.get(f"info/{name}")
        if recorded is None:
            continue
        recorded = recorded[rows].astype(float)
        there = np.isfinite(recorded)
        error = np.abs(np.asarray(ours, float)[there] - recorded[there])
        worst = float(error.max()) if error.size else 0.0
        found.term_errors[name] = max(found.term_errors.get(name, 0.0), worst)
    for i, row in enumerate(rows):
        ours = task.record_of_memory(jax.tree.map(lambda x, i=i: x[i], out.memory))
        recorded = recording.task_state[row]
        for key in ours.keys() & recorded.keys():
            if not _same(ours[key], recorded[key]):
                found.memory_mismatches.append(
                    f"row {row}: {key} is {ours[key]}, recorded {recorded[key]}"
                )
