"""Runs as whole processes: killed at any moment, and spread over two of them."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SETTINGS = {
    "epoch_rounds": 10,
    "seed_steps": 40,
    "shards": 2,
    "end_head_below_m": 1.5,
    "eval_episodes": 0,
    "checkpoint_every": 40,
    "agent.latent_size": 8,
    "agent.encoder_size": 8,
    "agent.hidden_size": 8,
}
TIMES = ("seconds", "steps_per_second", "updates_per_second")


def _start(folder: Path, steps: int, *more: str, **variables: str) -> subprocess.Popen:
    options = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    sizes = ["--num-envs=4", "--capacity=128", "--batch=4", "--utd=0.25", f"--steps={steps}"]
    command = [sys.executable, "-c", "import sys, metaworldx.cli as c; sys.exit(c.main())"]
    return subprocess.Popen(
        [*command, "train", "agent", "--task=h1-stand", f"--out={folder}", *sizes, *options, *more],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen) -> None:
    _, err = process.communicate(timeout=900)
    assert process.returncode == 0, err[-3000:]


def _rows(folder: Path) -> list[dict]:
    rows = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def test_killed_runs_go_on_from_the_last_checkpoint(tmp_path):
    steps, folder = 20_000, tmp_path / "killed"
    chance = random.Random(0)
    for number in range(10):
        process = _start(folder, steps, *(["--resume"] if number else []))
        marks = folder / "metrics.jsonl"
        had = marks.stat().st_size if marks.exists() else 0
        while process.poll() is None and not (marks.exists() and marks.stat().st_size > had):
            time.sleep(0.05)
        time.sleep(chance.uniform(0.0, 1.0))
        process.send_signal(signal.SIGKILL)
        _, err = process.communicate()
        assert process.returncode == -signal.SIGKILL, err[-3000:]
        assert list((folder / "checkpoints").glob("[0-9]*/_CHECKPOINT_METADATA"))
    saved = max(
        int(path.name) for path in (folder / "checkpoints").iterdir() if path.name.isdigit()
    )
    steps = (saved + 2) * 40
    _finish(_start(folder, steps, "--resume"))
    straight = tmp_path / "straight"
    _finish(_start(straight, steps))
    assert _rows(folder) == _rows(straight)


def test_sigterm_saves_and_exits_with_0(tmp_path):
    process = _start(tmp_path / "run", 1_000_000)
    while process.poll() is None and not (tmp_path / "run" / "metrics.jsonl").exists():
        time.sleep(0.1)
    time.sleep(1.0)
    process.terminate()
    _finish(process)
    assert list((tmp_path / "run" / "checkpoints").glob("[0-9]*"))


def test_two_processes_do_as_one(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    both = [
        _start(
            tmp_path / "two",
            120,
            "--distributed",
            JAX_COORDINATOR_ADDRESS=f"127.0.0.1:{port}",
            JAX_NUM_PROCESSES="2",
            JAX_PROCESS_ID=str(number),
        )
        for number in range(2)
    ]
    for process in both:
        _finish(process)
    _finish(_start(tmp_path / "one", 120))
    for ours, alone in zip(_rows(tmp_path / "two"), _rows(tmp_path / "one"), strict=True):
        for name, value in alone.items():
            if value is not None:
                np.testing.assert_allclose(ours[name], value, rtol=1e-5, atol=1e-5, err_msg=name)
