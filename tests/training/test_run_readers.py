"""Who reads a run leaves it alone, also while it trains; what is not there is told in a line."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import orbax.checkpoint as ocp
import pytest

from helpers.tiny_run import TINY
from metaworldx import cli
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.residual.expert_q_values import expert_q_from_run
from metaworldx.training import train
from metaworldx.training.checkpointing import BEST, CHECKPOINTS, Checkpoints
from metaworldx.training.learner import make_learner
from metaworldx.training.run_dir import METRICS, write_config
from metaworldx.training.trained_agent import load_agent

ROW = {"epoch": 2, "env_steps": 80, "updates": 10, "seconds": 9.0, "collect/return": 9.0}
COMMAND = [sys.executable, "-c", "import sys, metaworldx.cli as c; sys.exit(c.main())"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run's folder with checkpoint 2 and no best one."""
    folder = tmp_path_factory.mktemp("made") / "run"
    env = make(TINY.task, "native")
    learner = make_learner(TINY, env.max_episode_steps)
    sizes = env.obs_size, env.action_size
    write_config(folder, TINY, learner.describe(*sizes))
    (folder / METRICS).write_text(json.dumps(ROW) + "\n")
    checkpoints = Checkpoints(folder, 1)
    checkpoints.save_best(learner.init(jax.random.key(0), *sizes), 2, {})
    checkpoints.close()
    shutil.rmtree(folder / CHECKPOINTS)
    (folder / BEST).rename(folder / CHECKPOINTS)
    (folder / BEST).mkdir()
    return folder


@pytest.fixture
def run(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "run"))


@pytest.fixture
def training(run):
    """The same with a best one, while the next of both are being written."""
    shutil.copytree(run / CHECKPOINTS / "2", run / BEST / "2")
    for which, name in ((CHECKPOINTS, "3"), (BEST, "3")):
        half = run / which / f"{name}.orbax-checkpoint-tmp" / "agent.orbax-checkpoint-tmp"
        half.mkdir(parents=True)
        (half / "manifest.ocdbt").write_bytes(bytes(100))
    return run


def _seen(folder):
    paths = sorted((folder, *folder.rglob("*")))
    return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths]


def _by_command(*args):
    def read(run, tmp_path):
        del tmp_path
        # Refused, but only after the agent was read.
        assert cli.main([arg if arg != "RUN" else str(run) for arg in args]) == 2

    return read


def _init_from(run, tmp_path):
    sizes = dataclasses.replace(TINY.agent, hidden_size=16)
    config = dataclasses.replace(TINY, agent=sizes, init_from=str(run))
    with pytest.raises(UserError, match="other sizes"):
        train(config, tmp_path / "next")


@pytest.mark.parametrize(
    "read",
    [
        lambda run, _: load_agent(run),
        lambda run, _: load_agent(run, "best"),
        lambda run, _: expert_q_from_run(run, "h1-stand"),
        _init_from,
        _by_command("eval", "agent", "RUN", "--task", "h1-push"),
        _by_command("render", "h1-push", "--run", "RUN", "--checkpoint", "best"),
        _by_command("pool", "add", "RUN", "--pool", "nowhere"),
    ],
    ids=["latest", "best", "fuse", "init_from", "eval", "render", "pool add"],
)
def test_a_training_run_is_left_as_it_is(training, tmp_path, read):
    before = _seen(training)
    read(training, tmp_path)
    assert _seen(training) == before


def test_a_checkpoint_that_is_replaced_meanwhile_is_read_anew(training, monkeypatch):
    original, calls = ocp.CompositeCheckpointHandler.restore, []

    def replaced(handler, directory, *args, **options):
        if not calls:
            (training / BEST / "2").rename(training / BEST / "5")
        calls.append(directory)
        return original(handler, directory, *args, **options)

    monkeypatch.setattr(ocp.CompositeCheckpointHandler, "restore", replaced)
    assert load_agent(training, "best").epoch == 5


def test_begins_with_the_latest_while_the_first_best_is_written(training, tmp_path):
    shutil.rmtree(training / BEST / "2")
    _init_from(training, tmp_path)


@pytest.mark.parametrize(
    ("checkpoint", "why"),
    [
        ("best", "no complete checkpoint in"),
        ("7", "no checkpoint '7'; "),
        ("bets", "did you mean 'best'"),
        ("broken", "cannot be read"),
        ("cut", "cannot be read"),
        ("empty", "cannot be read"),
    ],
)
def test_what_is_not_there_is_one_line(run, capsys, checkpoint, why):
    agent_there = run / CHECKPOINTS / "2" / "agent"
    if checkpoint == "broken":
        shutil.rmtree(agent_there)
    if checkpoint == "cut":
        for path in agent_there.rglob("*"):
            if path.is_file():
                path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if checkpoint == "empty":
        shutil.rmtree(run / CHECKPOINTS / "2")
        (run / CHECKPOINTS / "2").mkdir()
    which = "latest" if checkpoint in ("broken", "cut", "empty") else checkpoint
    before = _seen(run)
    assert cli.main(["eval", "agent", str(run), "--checkpoint", which]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and why in err
    if checkpoint in ("best", "7"):
        assert "latest" in err and "2" in err
    assert _seen(run) == before


def test_nothing_is_said_behind_the_one_line(run):
    # By a process of its own: orbax's threads spoke up as it ended.
    command = [*COMMAND, "eval", "agent", str(run), "--checkpoint", "best"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1 and ran.stderr.startswith("metaworldx: error: ")
