"""Makes `tests/data/recordings/` from the full recordings of HumanoidBench.

    METAWORLDX_SHARED=/where/it/lies .venv/bin/python tests/helpers/make_fixtures.py

Each file is a sample of a recording in the same format, so that `metaworldx verify` reads it:

- Some rows of every episode. Where a task's memory changes they follow each other from the reset
  on; elsewhere they are spread to the episode's end, where the terminations are.
- States, observations and readings are rounded to 2^-20 (about 1e-6, a tenth of the tightest
  tolerance), actuator forces to 2^-14, and kept as float32; rewards and terms keep float64.
- Left out: the fingers' poses (zeros; no task reads them), the sites' axes, and of the tasks'
  memory what this project does not keep (kitchen's copies of its observation).
- Flights keep their states and controls in float64, and fewer rows.

A sample is written only if the replay of it is as exact as its rounding.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from shared import shared_recordings

from metaworldx.parity.recording import Flight, Recording, load
from metaworldx.parity.replay import replay
from metaworldx.parity.report import EnvironmentReport, report_on

DESTINATION = Path(__file__).parents[1] / "data" / "recordings"
BUDGET_BYTES = {"h1": 36_000, "h1hand": 63_000, "h1strong": 50_000}
MEMORY_BYTES = 40_000
"""More for a task whose memory changes."""
FLIGHT_ROWS = 6
ROWS_OF_KIND = {0: 2, 1: 2, 2: 6}
"""Most rows of the episodes that perturb nothing that matters; kind 3 takes what room is left."""
MOST_ROWS = 30
FORCE_BITS, BITS = 14, 20
ROUNDED_OBSERVATION, ROUNDED_REWARD = 2e-6, 2e-5
FINGERS = ("lh_", "rh_")
_STATES = ("qpos_before", "qvel_before", "qpos", "qvel", "obs", "xpos", "xquat", "site_xpos")


def rounded(array: np.ndarray, bits: int) -> np.ndarray:
    """float32 on a grid of 2^-bits."""
    return (np.round(np.asarray(array, float) * 2.0**bits) / 2.0**bits).astype(np.float32)


def turning_points(recording: Recording, episode: int, keys: Iterable[str]) -> list[int]:
    """At which rows of an episode the memory differs from the row before, the first apart."""
    states = [
        {k: recording.task_state[row].get(k) for k in keys} for row in recording.rows_of(episode)
    ]
    return [i for i in range(1, len(states)) if states[i] != states[i - 1]]


def chosen_rows(
    recording: Recording, keys: Iterable[str], most: int, spread: tuple[int, ...]
) -> np.ndarray:
    """Rows of the sample.

    Of each episode at most `most`, and fewer of kinds 0 to 2; of the episode whose memory changes
    most often all rows until its last change. Where memory changes the rows follow each other
    from the reset on; elsewhere episodes of the kinds in `spread` are sampled to their end.
    """
    episodes = [e for e in range(len(recording.reset_state)) if len(recording.rows_of(e))]
    turns = {e: turning_points(recording, e, keys) for e in episodes}
    richest = max(episodes, key=lambda e: len(turns[e]))
    chosen = []
    for episode in episodes:
        rows = recording.rows_of(episode)
        kind = int(recording.arrays["kind"][rows[0]])
        count = min(most, ROWS_OF_KIND.get(kind, most), len(rows))
        if turns[episode]:
            until = turns[episode][-1] + 2
            rows = rows[: until if episode == richest else min(count, until)]
        elif kind in spread:
            rows = rows[np.unique(np.linspace(0, len(rows) - 1, count).round().astype(int))]
        else:
            rows = rows[:count]
        chosen.append(rows)
    return np.concatenate(chosen)


def sample(recording: Recording, rows: np.ndarray, keys: Iterable[str]) -> dict[str, np.ndarray]:
    """The sample's arrays: `rows` of the recording, `keys` of its memory."""
    arrays = recording.arrays
    fingers = [i for i, name in enumerate(recording.names["bodies"]) if name.startswith(FINGERS)]
    out = {}
    for key, array in arrays.items():
        if key in ("contacts", "site_xmat_z", "reset/mocap_pos"):
            continue
        picked = array if key.startswith("reset/") else array[rows]
        if key in ("xpos", "xquat"):
            picked = picked.copy()
            picked[:, fingers] = 0.0
        if key in ("actuator_force", "sensordata"):
            picked = rounded(picked, FORCE_BITS if key == "actuator_force" else BITS)
        elif key in _STATES or key.startswith("reset/"):
            picked = rounded(picked, BITS)
        elif key in ("episode", "step", "kind"):
            picked = picked.astype(np.int16)
        out[key] = picked
    position = np.full(len(recording), -1)
    position[rows] = np.arange(len(rows))
    contacts = arrays["contacts"]
    contacts = contacts[position[contacts[:, 0]] >= 0]
    out["contacts"] = np.column_stack([position[contacts[:, 0]], contacts[:, 1:]]).astype(np.int16)
    keys = set(keys)
    memory = [{k: v for k, v in recording.task_state[row].items() if k in keys} for row in rows]
    out["task_state"] = np.array([json.dumps(entry) for entry in memory])
    reset = [{k: v for k, v in entry.items() if k != "obs_dict"} for entry in recording.reset_state]
    out["reset/task_state"] = np.array([json.dumps(entry) for entry in reset])
    out["names"] = np.array(json.dumps(recording.names, separators=(",", ":")))
    return out


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """The arrays as a compressed `.npz`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def exact(report: EnvironmentReport) -> bool:
    """Whether a sample's replay differs from it by no more than its rounding."""
    return (
        not report.failures
        and report.observation_error <= ROUNDED_OBSERVATION
        and report.replay.reward_error <= ROUNDED_REWARD
    )


def any_turn(recording: Recording, keys: Iterable[str]) -> bool:
    """Whether the memory changes in any episode."""
    return any(turning_points(recording, e, keys) for e in range(len(recording.reset_state)))


def make_environment(recording: Recording, path: Path) -> str:
    """Writes the largest exact sample within the budget; returns a line about it."""
    budget = BUDGET_BYTES[recording.env_id.split("-")[0]]
    keys = replay(recording).memory_keys
    for spread in ((0, 1, 2, 3), (2, 3), ()):
        for most in range(MOST_ROWS, 1, -1):
            rows = chosen_rows(recording, keys, most, spread)
            data = packed(sample(recording, rows, keys))
            if len(data) <= budget + MEMORY_BYTES * any_turn(recording, keys):
                break
        path.write_bytes(data)
        report = report_on(path)
        assert isinstance(report, EnvironmentReport)
        if exact(report):
            ends = int(recording.arrays["terminated"][rows].sum())
            return f"{len(rows)} rows, kinds {spread} spread, {ends} ends, {len(data)} bytes"
    raise SystemExit(f"{recording.env_id}: no exact sample: {report.failures}")


def make_flight(flight: Flight, path: Path) -> str:
    """Writes a flight's first rows."""
    keys = ("qpos_before", "qvel_before", "ctrl", "qpos", "qvel")
    arrays = {key: flight.arrays[key][:FLIGHT_ROWS] for key in keys}
    data = packed(arrays | {"names": np.array(json.dumps(flight.names, separators=(",", ":")))})
    path.write_bytes(data)
    return f"{FLIGHT_ROWS} rows, {len(data)} bytes"


def main() -> None:
    """Makes every fixture anew."""
    source = shared_recordings()
    if source is None:
        sys.exit(
            "the full recordings are needed: set METAWORLDX_SHARED to the folder that has them"
        )
    DESTINATION.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.npz")):
        recording, path = load(file), DESTINATION / file.name
        make = make_flight if isinstance(recording, Flight) else make_environment
        print(file.name, make(recording, path), flush=True)  # type: ignore[arg-type]
    total = sum(path.stat().st_size for path in DESTINATION.glob("*.npz"))
    print(f"{total} bytes in all")


if __name__ == "__main__":
    main()
