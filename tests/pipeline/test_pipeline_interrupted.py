"""A run of the pipeline that is stopped at each of its stages ends in the same report."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow

STAGES = ("expert", "router", "agent", "evaluation h1-door", "film h1-door")
SMALL = (
    *("--teacher", "offline", "--rollouts", "16", "--episodes", "2", "--film-seconds", "1"),
    *("--agent-steps", "3200", "--live-steps", "3200"),
)
_RUN = "import sys; from metaworldx.cli import main; sys.exit(main())"
_LATER_S = 8.0
"""How long after a stage began the signal comes: it computes by then."""


def _begin(out):
    # Without optimisations programs are the same in every process, and sooner compiled.
    env = {**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, "run", *SMALL, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )


def _stopped_at(out, stage, with_signal):
    process = _begin(out)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == f"{stage} ...":
            time.sleep(_LATER_S)
            process.send_signal(with_signal)
            break
    process.stdout.read()
    process.wait()
    assert not (out / "stages" / f"{stage}.json").exists()


def _finished(out):
    process = _begin(out)
    assert process.stdout is not None
    told = process.stdout.read()
    assert process.wait() == 0, told
    return _without_times(json.loads((out / "report.json").read_text()))


def _without_times(data):
    if isinstance(data, dict):
        return {k: _without_times(v) for k, v in data.items() if "seconds" not in k}
    return [_without_times(x) for x in data] if isinstance(data, list) else data


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return _finished(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_stopped_at_each_stage_ends_in_the_same_report(whole, tmp_path, with_signal):
    for stage in STAGES:
        _stopped_at(tmp_path, stage, with_signal)
    assert _finished(tmp_path) == whole
