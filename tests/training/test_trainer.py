"""Whole runs of a tiny agent: resuming, signals, what is written, what is refused."""

from __future__ import annotations

import dataclasses
import json
import os
import signal

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

from helpers.tiny_run import TINY
from metaworldx import cli
from metaworldx.agents import tdmpc2
from metaworldx.core.config import from_data, to_data
from metaworldx.core.errors import UserError
from metaworldx.envs import make
from metaworldx.training import EpochRunner, TrainConfig, checked, runner_for, train
from metaworldx.training.checkpointing import Checkpoints, restore_agent
from metaworldx.training.collect import RandomActor, collect
from metaworldx.training.config import preset, with_settings
from metaworldx.training.replay_buffer import init_replay, insert, valid_starts
from metaworldx.training.replay_memory import check_memory, replay_memory
from metaworldx.training.run_dir import read_config, read_metrics
from metaworldx.training.trained_agent import load_agent

TIMES = ("seconds", "steps_per_second", "updates_per_second")


@pytest.fixture(scope="module")
def loop() -> EpochRunner:
    return runner_for(TINY)


@pytest.fixture(scope="module")
def straight(loop, tmp_path_factory):
    """A run of four epochs without a break: its folder."""
    folder = tmp_path_factory.mktemp("straight") / "run"
    result = train(TINY, folder, runner=loop)
    assert (result.why, result.epoch, result.env_steps) == ("done", 4, 160)
    return folder


def _rows(folder):
    return [{k: v for k, v in row.items() if k not in TIMES} for row in read_metrics(folder)]


def _state(loop, folder, with_replay=True):
    checkpoints = Checkpoints(folder, 2)
    epoch = checkpoints.latest()
    assert epoch is not None
    state = checkpoints.restore(loop, epoch, with_replay)
    checkpoints.close()
    return jax.tree.map(
        lambda x: np.asarray(
            jax.random.key_data(x) if jax.numpy.issubdtype(x.dtype, jax.dtypes.prng_key) else x
        ),
        state,
    )


def test_resuming_is_exact(loop, straight, tmp_path):
    half = dataclasses.replace(TINY, steps=80)
    train(half, tmp_path, runner=loop)
    train(TINY, tmp_path, resume=True, runner=loop)
    assert _rows(tmp_path) == _rows(straight)
    jax.tree.map(np.testing.assert_array_equal, _state(loop, tmp_path), _state(loop, straight))


def test_every_function_is_compiled_once(loop, straight):
    assert loop.epoch._cache_size() == 1
    assert loop.seed_epoch._cache_size() == 1


def test_episodes_that_end_early_are_terminated(loop, straight):
    replay = _state(loop, straight).replay.data
    assert replay.terminated.any()
    assert not replay.diverged.any()


def test_signal_saves_and_leaves(loop, straight, tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    original = loop.epoch

    def interrupting(state):
        os.kill(os.getpid(), signal.SIGTERM)
        return original(state)

    monkeypatch.setattr(loop, "epoch", interrupting)
    result = train(TINY, tmp_path, runner=loop)
    assert (result.why, result.epoch) == ("interrupted", 2)
    assert signal.getsignal(signal.SIGTERM) == before
    monkeypatch.setattr(loop, "epoch", original)
    train(TINY, tmp_path, resume=True, runner=loop)
    assert _rows(tmp_path) == _rows(straight)


def test_replay_can_be_left_out_of_checkpoints(loop, straight, tmp_path, capsys):
    lean = dataclasses.replace(TINY, steps=80, checkpoint_replay=False)
    train(lean, tmp_path, runner=loop)
    capsys.readouterr()
    train(dataclasses.replace(lean, steps=120), tmp_path, resume=True, runner=loop)
    assert "not exact" in capsys.readouterr().err
    assert not list(tmp_path.glob("checkpoints/*/replay"))


def test_metrics_are_json_lines(straight):
    lines = (straight / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line, parse_constant=lambda name: pytest.fail(name)) for line in lines]
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert [row["env_steps"] for row in rows] == [40, 80, 120, 160]
    assert [row["updates"] for row in rows] == [0, 10, 20, 30]
    assert {"collect/return", "collect/diverged", "train/model_loss"} <= set(rows[-1])
    assert list(straight.glob("tensorboard/events*"))


def test_config_survives_its_file(straight):
    assert read_config(straight) == TINY
    versions = json.loads((straight / "config.json").read_text())["machine"]
    assert versions["jax"] == jax.__version__


def test_rows_past_the_checkpoint_are_dropped(loop, straight, tmp_path):
    train(dataclasses.replace(TINY, steps=120), tmp_path, runner=loop)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "env_steps": 160}\n{"epoch": 5, "env')
    train(TINY, tmp_path, resume=True, runner=loop)
    assert _rows(tmp_path) == _rows(straight)


def test_parameters_that_are_no_numbers_stop_the_run(loop, tmp_path, monkeypatch, capsys):
    """The guard itself: losses are NaN, so no update is made, in epoch after epoch."""
    begin = loop.init

    def broken(seed):
        state = begin(seed)
        params = jax.tree.map(lambda x: x * np.nan, state.agent.params)
        return state.replace(agent=state.agent.replace(params=params))

    monkeypatch.setattr(loop, "init", broken)
    result = train(dataclasses.replace(TINY, max_bad_epochs=2), tmp_path, runner=loop)
    assert (result.why, result.epoch) == ("not_finite", 3)
    assert "2 epochs in a row" in capsys.readouterr().err
    rows = _rows(tmp_path)
    assert [row["train/skipped"] for row in rows[1:]] == [1.0, 1.0]
    # A policy that says NaN moves nobody: each of its steps is a divergence and pays nothing.
    assert [row["collect/diverged"] for row in rows] == [0.0, 40.0, 40.0]
    assert [row["collect/reward"] for row in rows[1:]] == [0.0, 0.0]


def test_actions_that_are_no_numbers_never_reach_the_replay(loop):
    """A policy that is broken in one environment only: the others' steps are as they were."""

    class Broken(RandomActor):
        def act(self, params, obs, key, carry=None):
            action, carry = super().act(params, obs, key, carry)
            return jax.numpy.where(params[:, None], np.nan, action), carry

    actor = Broken(loop.env.action_size)

    def collected(broken):
        env = loop.env.reset(jax.random.split(jax.random.key(0), (1, 3)))
        keys = jax.random.split(jax.random.key(1), 1)
        run = jax.jit(
            lambda broken, env: collect(loop.env, loop.reward_fn, actor, broken, env, None, keys, 4)
        )
        return jax.tree.map(np.asarray, run(np.asarray(broken), env)[2])

    (kept, tally), (sound, _) = collected([False, True, False]), collected([False] * 3)
    np.testing.assert_array_equal(kept.diverged[0].all(axis=0), [False, True, False])
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(kept))
    assert tally.diverged == 4.0 and tally.episodes >= 4.0
    for ours, theirs in zip(jax.tree.leaves(kept), jax.tree.leaves(sound), strict=True):
        np.testing.assert_array_equal(ours[:, :, [0, 2]], theirs[:, :, [0, 2]])
    slots = init_replay(1, 8, 3, loop.env.obs_size, loop.env.action_size, loop.term_shapes())
    starts = valid_starts(insert(slots, kept), 2)
    np.testing.assert_array_equal(starts[0].any(axis=0), [True, False, True])


# ---- bad input


def _refused(config, folder, resume=False, runner=None) -> str:
    with pytest.raises(UserError) as error:
        train(config, folder, resume, runner)
    return str(error.value)


def test_a_run_is_not_overwritten(straight):
    assert "holds a run already" in _refused(TINY, straight)


def test_resuming_with_other_settings_is_refused(straight):
    other = dataclasses.replace(TINY, task="h1-walk")
    assert "task 'h1-stand', not 'h1-walk'" in _refused(other, straight, resume=True)


def test_resuming_without_a_run_is_refused(tmp_path):
    assert "no run" in _refused(TINY, tmp_path / "nowhere", resume=True)


def test_broken_checkpoint_is_named(loop, straight, tmp_path):
    train(dataclasses.replace(TINY, steps=80), tmp_path, runner=loop)
    for path in (tmp_path / "checkpoints" / "2" / "agent").rglob("*"):
        if path.is_file() and path.stat().st_size > 100:
            path.write_bytes(path.read_bytes()[:50])
    assert "checkpoint 2" in _refused(TINY, tmp_path, resume=True, runner=loop)


def test_full_disk_leaves_the_last_checkpoint(loop, straight, tmp_path, monkeypatch):
    half = dataclasses.replace(TINY, steps=80)
    train(half, tmp_path, runner=loop)
    original = ocp.CheckpointManager.save

    def full(manager, epoch, **items):
        if epoch == 3:
            raise OSError(28, "No space left on device")
        return original(manager, epoch, **items)

    monkeypatch.setattr(ocp.CheckpointManager, "save", full)
    message = _refused(TINY, tmp_path, resume=True, runner=loop)
    assert "No space left on device" in message and "the last good one is 2" in message
    monkeypatch.undo()
    train(TINY, tmp_path, resume=True, runner=loop)
    assert _rows(tmp_path) == _rows(straight)


def test_horizon_longer_than_an_episode_is_refused(tmp_path):
    long = dataclasses.replace(TINY, horizon=1001, capacity=8192)
    assert "longer than an episode" in _refused(long, tmp_path / "new")


def test_unwritable_folder_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("here")
    assert "cannot write" in _refused(TINY, tmp_path / "file")
    assert "cannot write" in _refused(TINY, tmp_path / "file" / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"eval_with": "polcy"}, "did you mean 'policy'?"),
        ({"batch": 256}, "larger than the replay"),
        ({"batch": 3}, "multiple of the 2 shards"),
        ({"utd": 0.3}, "must be whole, e.g. utd 0.25"),
        ({"horizon": 40}, "sequences of 40"),
        ({"num_envs": 0}, "num_envs is 0"),
    ],
)
def test_settings_that_do_not_fit(change, why):
    with pytest.raises(UserError, match=why.replace("?", r"\?")):
        checked(dataclasses.replace(TINY, **change))


def test_unknown_settings_name_the_nearest():
    with pytest.raises(UserError, match="did you mean 'batch'"):
        with_settings(TINY, {"bach": 3})
    with pytest.raises(UserError, match="setting batch is 'x'"):
        with_settings(TINY, {"batch": "x"})
    with pytest.raises(UserError, match="did you mean 'policy'"):
        with_settings(TINY, {"act_with": "polcy"})
    with pytest.raises(UserError, match="did you mean 'cpu'"):
        preset("cup")
    for name in ("cpu", "gpu"):
        data = json.loads(json.dumps(to_data(preset(name))))
        assert from_data(TrainConfig, data, "setting") == checked(preset(name))


def test_capacity_that_cannot_fit_is_refused():
    needed = replay_memory(TINY, 51, 19)
    assert "transitions" in check_memory(TINY, 51, 19, 2 * needed)
    with pytest.raises(UserError, match="at most 100 fit"):
        check_memory(TINY, 51, 19, needed)


# ---- commands


def _command(capsys, *args) -> tuple[int, str, str]:
    status = cli.main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return status, out, err


def test_eval_prints_its_keys(loop, straight, capsys):
    status, out, _ = _command(capsys, "eval", "agent", straight, "--episodes", 2, "--json")
    data = json.loads(out)
    assert status == 0
    keys = ("return_mean", "return_stderr", "length_mean", "no_fall_share", "success_share")
    assert all(np.isfinite(data[key]) for key in keys)
    assert (data["task"], data["episodes"], data["epoch"]) == ("h1-stand-v0", 2, 4)
    assert len(data["returns"]) == len(data["lengths"]) == 2
    assert data["return_mean"] == pytest.approx(np.mean(data["returns"]))


def test_trained_policy_acts_as_in_the_run(loop, straight):
    trained = load_agent(straight)
    env = make("h1-stand", "native")
    state = env.reset(jax.random.split(jax.random.key(3), 2))
    action = trained.policy(env)(state, jax.random.key(0))
    params = _state(loop, straight).agent.params
    wanted = tdmpc2.act(
        trained.agent_config, params, state.obs, jax.random.key(1), deterministic=True
    )
    assert trained.epoch == 4
    np.testing.assert_array_equal(action, wanted)


def test_a_run_begins_with_another_runs_agent(loop, straight, tmp_path):
    # As long as random actions are collected nothing is learnt.
    config = dataclasses.replace(TINY, init_from=str(straight), steps=TINY.seed_steps)
    train(config, tmp_path / "next", runner=loop)
    first, later = load_agent(straight).params, load_agent(tmp_path / "next").params
    for old, new in zip(jax.tree.leaves(first.policy), jax.tree.leaves(later.policy), strict=True):
        np.testing.assert_array_equal(old, new)


def test_beginning_with_an_agent_of_other_sizes_is_refused(straight, tmp_path):
    sizes = dataclasses.replace(TINY.agent, hidden_size=16)
    config = dataclasses.replace(TINY, agent=sizes, init_from=str(straight))
    with pytest.raises(UserError, match="other sizes"):
        train(config, tmp_path / "next")
    assert not (tmp_path / "next" / "config.json").exists()


def test_best_agent_is_kept_apart(loop, straight, tmp_path):
    config = dataclasses.replace(TINY, steps=80, eval_episodes=1, stop_at=0.0)
    result = train(config, tmp_path, runner=loop)
    found = result.evaluations["policy"]
    assert found.return_mean > 0.0 and result.why == "stop_at"
    _, epoch = restore_agent(tmp_path, jax.eval_shape(lambda: loop.init(0).agent), "best")
    assert epoch == 2
    assert read_metrics(tmp_path)[-1]["eval/policy"]["returns"] == found.returns


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["eval", "agent", "nowhere"], "no run folder"),
        (["eval", "nowhere"], "no run folder"),
        (["eval", "agent"], "needs RUN"),
        (["eval", "agent", "RUN", "--scripted", "hold"], "unknown: --scripted"),
        (["eval", "scripted", "hold"], "needs --task"),
        (["eval", "scripted", "hodl", "--task", "h1-walk"], "did you mean 'hold'"),
        (["eval", "agent", "RUN", "--task", "h1-wlak"], "did you mean"),
        (["eval", "agent", "RUN", "--task", "h1-push"], "the agent was trained with"),
        (["eval", "agent", "RUN", "--checkpoint", "best"], "no complete checkpoint"),
        (["eval", "agent", "RUN", "--planner", "max_sd=1"], "did you mean 'max_std'"),
        (["eval", "agent", "RUN", "--planner", "horizon=0"], "needs a number of at least 1"),
        (["eval", "agent", "RUN", "--planner", "max_std"], "must be NAME=VALUE"),
        (["eval", "agent", "RUN", "--checkpoint", "bets"], "did you mean 'best'"),
        (["render", "h1-stand", "--run", "nowhere"], "no run folder"),
        (["render", "h1-push", "--run", "RUN"], "the agent was trained with"),
        (["train", "agent", "--task", "h1-wlak", "--out", "NEW"], "did you mean"),
        (["train", "agent", "--preset", "tpu", "--out", "NEW"], "unknown preset"),
        (["train", "agent", "--set", "agent.width=3", "--out", "NEW"], "unknown agent setting"),
        (["train", "agent", "--set", "planner.max_sd=3", "--out", "NEW"], "did you mean 'max_std'"),
        (["train", "agent", "--set", "planner.elites=[3]", "--out", "NEW"], "needs an integer"),
        (["train", "agent", "--set", "planner.method=cme", "--out", "NEW"], "did you mean 'cem'"),
        (["train", "agent", "--set", "bath=3", "--out", "NEW"], "did you mean 'batch'"),
        (["train", "agent", "--resume"], "--out"),
        (["bench", "train", "--rounds", "0"], "rounds is 0"),
    ],
)
def test_bad_input_is_one_line(straight, tmp_path, capsys, args, why):
    new = tmp_path / "new"
    paths = {"RUN": straight, "NEW": new}
    status, out, err = _command(capsys, *(paths.get(arg, arg) for arg in args))
    assert (status, out) == (2, "")
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1 and why in err
    assert not new.exists()
