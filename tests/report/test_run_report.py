"""The report of a run: prediction errors, the paired comparison, the page, what is refused."""

from __future__ import annotations

import json
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.tiny_run import TINY
from metaworldx import cli
from metaworldx.core.errors import UserError
from metaworldx.core.stats import t_interval
from metaworldx.envs.factory import make
from metaworldx.evaluation.evaluator import Evaluation
from metaworldx.evaluation.motion_metrics import MotionMetrics
from metaworldx.evaluation.paired import paired
from metaworldx.evaluation.world_model_error import latent_errors, summary
from metaworldx.training.checkpointing import BEST, CHECKPOINTS, Checkpoints
from metaworldx.training.learner import make_learner
from metaworldx.training.run_dir import METRICS, write_config

LENGTHS = np.array([12, 5, 9])


ROW = {"epoch": 1, "env_steps": 40, "updates": 0, "seconds": 3.0, "collect/return": None}
LEARNED = {"collect/return": 9.0, "train/model_loss": 0.3, "train/policy_loss": -0.1}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of two epochs, its agent as it began."""
    folder = tmp_path_factory.mktemp("reported") / "run"
    env = make(TINY.task, "native")
    learner = make_learner(TINY, env.max_episode_steps)
    sizes = env.obs_size, env.action_size
    write_config(folder, TINY, learner.describe(*sizes))
    last = {**ROW, "epoch": 2, "env_steps": 80, "updates": 10, "seconds": 9.0, **LEARNED}
    last["eval/policy"] = _evaluation([3.0, 4.0]).as_data()
    (folder / METRICS).write_text(f"{json.dumps(ROW)}\n{json.dumps(last)}\n")
    checkpoints = Checkpoints(folder, 1)
    checkpoints.save_best(learner.init(jax.random.key(0), *sizes), 2, {})
    checkpoints.close()
    shutil.copytree(folder / BEST, folder / CHECKPOINTS, dirs_exist_ok=True)
    return folder


@pytest.fixture
def episodes():
    """Latents that add up their actions, NaN past each episode's end: z, action."""
    action = np.random.default_rng(0).normal(size=(12, 3, 4)).astype(np.float32)
    z = np.concatenate([np.zeros((1, 3, 4), np.float32), np.cumsum(action, axis=0)])
    for i, length in enumerate(LENGTHS):
        z[length + 1 :, i] = np.nan
    return jnp.asarray(z), jnp.asarray(action)


def _evaluation(returns, seed=0):
    count, mean = len(returns), float(np.mean(returns))
    return Evaluation(
        *("h1-stand-v0", "policy", count, mean, 0.0, 9.0, 0.0, 0.0, seed, 800.0),
        *(list(returns), [9] * count, [-1] * count),
        MotionMetrics(0.0, 1.0, 1.0, None, 2.0, None, None, 0.0),
        {},
        None,
    )


# ---- prediction


def test_identity_dynamics_predict_no_change(episodes):
    z, action = episodes
    found = latent_errors(lambda z, a: z, z, action, LENGTHS)
    np.testing.assert_array_equal(found.model, found.no_change)
    for k in range(1, 11):
        for i, length in enumerate(LENGTHS):
            errors = [np.mean((z[t, i] - z[t + k, i]) ** 2) for t in range(length - k + 1)]
            assert found.starts[k - 1, i] == len(errors)
            if errors:
                np.testing.assert_allclose(found.no_change[k - 1, i], np.mean(errors), rtol=1e-5)
            else:
                assert np.isnan(found.no_change[k - 1, i])


def test_true_dynamics_make_no_error(episodes):
    z, action = episodes
    found = summary(latent_errors(lambda z, a: z + a, z, action, LENGTHS))
    np.testing.assert_allclose(found.model, 0.0, atol=1e-10)
    np.testing.assert_allclose(found.ratio, 0.0, atol=1e-10)


def test_episodes_that_are_too_short_count_for_nothing(episodes):
    z, action = episodes
    found = summary(latent_errors(lambda z, a: 0.0 * z, z, action, LENGTHS))
    assert found.episodes == [3] * 5 + [2] * 4 + [1]
    assert found.starts == [sum(max(n - k + 1, 0) for n in LENGTHS) for k in range(1, 11)]
    assert found.model_stderr[-1] == 0.0 and np.isfinite(found.model).all()
    short = summary(latent_errors(lambda z, a: z, z[:, 1:2], action[:, 1:2], LENGTHS[1:2]))
    data = short.as_data()
    assert data["k"] == list(range(1, 11))
    assert data["ratio"] == [1.0] * 5 + [None] * 5
    json.dumps(data, allow_nan=False)


# ---- the comparison


@pytest.mark.parametrize(
    ("freedom", "confidence", "t"),
    [
        *((1, 0.95, 12.706), (2, 0.95, 4.303), (9, 0.95, 2.262), (19, 0.95, 2.093)),
        (9, 0.99, 3.250),
    ],
)
def test_intervals_are_as_wide_as_the_tables_say(freedom, confidence, t):
    values = np.arange(freedom + 1.0)
    low, high = t_interval(values, confidence)
    wanted = t * values.std(ddof=1) / np.sqrt(freedom + 1)
    assert (high - low) / 2 == pytest.approx(wanted, rel=1e-3)
    assert (high + low) / 2 == pytest.approx(values.mean())


def test_paired_difference_and_its_interval():
    policy, mppi = [10.0, 20.0, 30.0], [13.0, 22.0, 31.0]
    found = paired(_evaluation(policy), _evaluation(mppi))
    assert found.differences == [3.0, 2.0, 1.0] and found.mean == 2.0
    half = 4.3027 / np.sqrt(3.0)
    np.testing.assert_allclose((found.low, found.high), (2.0 - half, 2.0 + half), rtol=1e-4)
    assert found.verdict == "unclear"
    assert paired(_evaluation(mppi), _evaluation([0.0, 9.5, 18.0])).verdict == "worse"
    assert t_interval(np.array([1.0, 1.0])) == (1.0, 1.0)


def test_other_starts_are_not_compared():
    with pytest.raises(UserError, match="different starts"):
        paired(_evaluation([1.0, 2.0]), _evaluation([1.0, 2.0], seed=1))
    with pytest.raises(UserError, match="at least 2"):
        paired(_evaluation([1.0]), _evaluation([1.0]))


# ---- the command


def _command(capsys, *args) -> tuple[int, str, str]:
    status = cli.main(["report", *(str(arg) for arg in args)])
    out, err = capsys.readouterr()
    return status, out, err


def test_report_holds_data_and_figures(run, capsys):
    sizes = ("--episodes", 2, "--paired-episodes", 2)
    status, out, _ = _command(capsys, run, *sizes, "--json", "--note", "cause & cure")
    data = json.loads(out)
    assert status == 0 and data == json.loads((run / "report" / "report.json").read_text())
    assert (data["epoch"], data["checkpoint"], data["settings"]["task"]) == (
        2,
        "latest",
        "h1-stand",
    )
    training = data["training"]
    assert (training["env_steps"], training["updates"], training["success_bar"]) == (80, 10, 800.0)
    assert [row["act_with"] for row in training["evaluations"]] == ["policy"]
    assert len(data["prediction"]) == 2
    for found in data["prediction"].values():
        assert found["k"] == list(range(1, 11)) and found["episodes"][0] == 2
        names = ("model", "model_stderr", "no_change", "no_change_stderr", "ratio", "starts")
        assert all(len(found[name]) == 10 for name in names)
        assert found["ratio"][0] == found["model"][0] / found["no_change"][0]
    compared = data["paired"]
    assert compared["policy"]["seed"] == compared["mppi"]["seed"] == data["seed"]
    assert compared["low"] <= compared["mean"] <= compared["high"]
    page = (run / "report" / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 4
    assert "cause &amp; cure" in page and "://" not in page


def test_comparison_can_be_left_out(run, tmp_path, capsys):
    out = tmp_path / "there"
    status, text, _ = _command(
        capsys, run, "--episodes", 1, "--paired-episodes", 0, "--checkpoint", "best", "--out", out
    )
    assert status == 0 and "k = 10" in text
    assert json.loads((out / "report.json").read_text())["paired"] is None
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["nowhere"], "no run folder"),
        (["EMPTY"], "no run in"),
        (["BARE"], "no complete checkpoint in"),
        (["SILENT"], "no metrics in"),
        (["RUN", "--checkpoint", "lastest"], "did you mean 'latest'"),
        (["RUN", "--paired-episodes", "1"], "paired_episodes is 1"),
        (["RUN", "--episodes", "0"], "episodes is 0"),
        (["RUN", "--out", "FILE"], "cannot write"),
    ],
)
def test_bad_input_is_one_line(run, tmp_path, capsys, args, why):
    places = {"RUN": run, "FILE": tmp_path / "file"}
    places |= {name: tmp_path / name for name in ("EMPTY", "BARE", "SILENT")}
    for name in ("EMPTY", "BARE", "SILENT"):
        places[name].mkdir()
    places["FILE"].write_text("here")
    for name in ("BARE", "SILENT"):
        shutil.copy(run / "config.json", places[name])
    shutil.copy(run / "metrics.jsonl", places["BARE"])
    status, out, err = _command(capsys, *(places.get(arg, arg) for arg in args))
    assert (status, out) == (2, "")
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1 and why in err
    assert not (tmp_path / "BARE" / "report").exists()
