"""Every environment is HumanoidBench's, by the sample of its recordings in `tests/data`."""

from __future__ import annotations

from pathlib import Path

import pytest

from metaworldx.envs.registry import environment_ids
from metaworldx.envs.specs import env_spec
from metaworldx.parity.flight import mjx_errors, native_errors
from metaworldx.parity.recording import Flight, load, load_recording
from metaworldx.parity.report import (
    FLIGHT_MJX_LIMIT,
    EnvironmentReport,
    FlightReport,
    report_on,
)

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
ENVIRONMENTS = sorted(path.stem for path in RECORDINGS.glob("*-v0.npz"))
FLIGHTS = sorted(path.stem for path in RECORDINGS.glob("flight_*.npz"))
OWN = {"h1-carry-v0"}


def test_every_environment_of_humanoidbench_has_a_recording():
    assert len(ENVIRONMENTS) == 51
    assert set(ENVIRONMENTS) | OWN == set(environment_ids())


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_environment_matches_recording(env_id):
    report = report_on(RECORDINGS / f"{env_id}.npz")
    assert isinstance(report, EnvironmentReport)
    assert report.env == env_id
    assert report.failures == []
    assert report.dynamics is not None


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_listed_sizes_match_recording(env_id):
    arrays = load_recording(RECORDINGS / f"{env_id}.npz").arrays
    listed = env_spec(env_id)
    assert (listed.obs_size, listed.action_size) == (
        arrays["obs"].shape[1],
        arrays["action"].shape[1],
    )


def flight(name: str) -> Flight:
    recording = load(RECORDINGS / f"{name}.npz")
    assert isinstance(recording, Flight)
    return recording


@pytest.mark.parametrize("name", FLIGHTS)
def test_native_flight_matches_recording(name):
    recording = flight(name)
    limit = FlightReport(name, recording.robot, 0, None).native_limit  # type: ignore[arg-type]
    assert native_errors(recording).qpos <= limit


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if "hand" in n else n for n in FLIGHTS]
)
def test_mjx_flight_matches_recording(name):
    assert mjx_errors(flight(name)).qpos <= FLIGHT_MJX_LIMIT
