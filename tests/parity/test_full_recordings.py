"""Every environment is HumanoidBench's, by the full recordings where this machine has them."""

from __future__ import annotations

import json

import pytest

from helpers.shared import shared_recordings, shared_root
from metaworldx.envs.specs import env_spec
from metaworldx.parity.report import report_on

FOLDER = shared_recordings()
FILES = sorted(FOLDER.glob("*.npz")) if FOLDER else []
WHERE = "the full recordings are not here (METAWORLDX_SHARED or ../shared)"

pytestmark = pytest.mark.skipif(not FILES, reason=WHERE)


@pytest.mark.parametrize(
    "file", [f for f in FILES if not f.stem.startswith("flight")], ids=lambda f: f.stem
)
def test_environment_matches_full_recording(file):
    assert report_on(file).failures == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "file", [f for f in FILES if f.stem.startswith("flight")], ids=lambda f: f.stem
)
def test_flight_matches_full_recording(file):
    assert report_on(file).failures == []


@pytest.mark.parametrize(
    "file", [f for f in FILES if not f.stem.startswith("flight")], ids=lambda f: f.stem
)
def test_constants_are_humanoidbenchs(file):
    root = shared_root()
    assert root
    recorded = json.loads((root / "reference" / "facts" / f"{file.stem}.json").read_text())
    listed = env_spec(file.stem)
    assert listed.success_bar == recorded["success_bar"]
    assert listed.max_episode_steps == recorded["max_episode_steps"]
