"""A router's lessons, demonstrations, its file, who chooses weights, and the guided environment."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.router_demos import ANSWER, NAMES, made_up
from metaworldx.cli import main
from metaworldx.composition.body_part_mixer import PLAIN, BodyPartMixer, MixerConfig
from metaworldx.composition.guidance_arrays import (
    encode_guidance,
    guidance_features_at,
    stage_index,
)
from metaworldx.composition.observation import OBS_SIZE
from metaworldx.core.errors import UserError
from metaworldx.core.stats import paired_difference
from metaworldx.experts.pool import load_experts
from metaworldx.router.dataset import concatenate, from_demonstrations, synthetic_guidance
from metaworldx.router.demonstration_schedules import DemoConfig
from metaworldx.router.distill import DistillConfig, distill
from metaworldx.router.expert_usage import expert_usage
from metaworldx.router.router import FILE, Router, load_router, save_router
from metaworldx.router.router_gating import router_gating
from metaworldx.router.train import (
    RouterConfig,
    kept_guidance,
    train_router,
    write_demonstrations,
)
from metaworldx.vlm.schema import Guidance


def _demos():
    """Walks while the way is long, reaches once it is not."""
    return made_up(len(NAMES), NAMES.index("walk"), NAMES.index("reach"))


@pytest.fixture(scope="module")
def router():
    """A router of three experts trained on made-up demonstrations."""
    guidance = encode_guidance(ANSWER, NAMES)
    shown = from_demonstrations(_demos(), guidance)
    free = synthetic_guidance(3, [guidance], shown.obs, jax.random.key(1))
    config = DistillConfig(steps=2000, eta=0.999)
    sizes, params, _ = distill(config, concatenate([shown, free]), jax.random.key(0))
    return Router(NAMES, sizes, params, {"teacher": "offline"})


def test_stages_follow_the_share_of_the_milestones():
    guidance = encode_guidance(ANSWER, NAMES)
    progress = jnp.array([0.0, 0.49, 0.5, 1.0])
    np.testing.assert_array_equal(stage_index(guidance, progress), [0, 0, 1, 1])
    seen = np.asarray(guidance_features_at(guidance, progress))
    # Log weights of the task and of its stage, as w = e^(3.5 (x - 1)); how far; how sure.
    shares = np.exp(3.5 * (seen[:, :6] - 1.0)).reshape(4, 2, 3)
    np.testing.assert_allclose(shares[:, 0], [[0.00522, 0.87544, 0.11934]] * 4, atol=2e-5)
    # Walking alone, then 0.8 of reaching and 0.2 of standing, none under 0.001.
    go, take = [0.001, 0.998, 0.001], [0.2004, 0.001, 0.7986]
    np.testing.assert_allclose(shares[:, 1], [go, go, take, take], atol=2e-5)
    np.testing.assert_allclose(seen[:, 6:], [[0.0, 0.9], [0.0, 0.9], [1.0, 0.9], [1.0, 0.9]])


def test_lessons_are_the_running_episodes_states():
    dataset = from_demonstrations(_demos(), encode_guidance(ANSWER, NAMES))
    assert len(dataset.obs) == 4 * 1000 - 10 * (0 + 1 + 2 + 3)
    # Returns 0 to 3: each is e times the next.
    counts = np.unique(np.asarray(dataset.demonstrated))
    np.testing.assert_allclose(counts, np.exp([-3.0, -2.0, -1.0, 0.0]), rtol=1e-5)
    # The best, which is the shortest here, counts most.
    assert np.sum(np.asarray(dataset.demonstrated) == counts[-1]) == 970


def test_free_states_are_demonstrated_ones_and_others_drawn_wide_around_them():
    shown = np.zeros((3, OBS_SIZE), np.float32)
    shown[:, 0], shown[:, 1] = 7.0, [-2.0, 0.0, 2.0]
    guidance = encode_guidance(ANSWER, NAMES)
    dataset = synthetic_guidance(3, [guidance], jnp.asarray(shown), jax.random.key(0))
    obs = np.asarray(dataset.obs)
    same = (obs[:, None] == shown).all(axis=-1).any(axis=-1)
    assert 0.47 < same.mean() < 0.53
    drawn = obs[~same]
    # Numbers that are always the same in a demonstration have a spread of 0.1 at least, others
    # their own, 1.63 here; each state is drawn up to five times as wide, as often under 2.24.
    for number, middle, spread in ((0, 7.0, 0.1), (1, 0.0, 1.633), (5, 0.0, 0.1)):
        away = (drawn[:, number] - middle) / spread
        assert abs(np.mean(away)) < 0.3
        # A normal's middle half lies within 0.67 of its deviations: of 2.24 on the average.
        assert 1.0 < np.median(np.abs(away)) < 2.0
        assert np.mean(np.abs(away) > 5.0) > 0.05
    # Half of the guidance is the task's that there is.
    real = np.all(np.isclose(dataset.prior, guidance.prior, atol=1e-6), axis=1)
    assert real.sum() == len(obs) // 2


def test_free_guidance_is_on_the_simplex_and_says_nothing_of_demonstrations():
    guidance = encode_guidance(ANSWER, NAMES)
    dataset = synthetic_guidance(3, [guidance], jnp.ones((5, OBS_SIZE)), jax.random.key(0))
    np.testing.assert_allclose(dataset.prior.sum(axis=-1), 1.0, atol=1e-5)
    assert float(dataset.prior.min()) >= 1e-3 - 1e-6 and float(dataset.demonstrated.max()) == 0.0


def test_states_are_scaled_by_the_demonstrated_ones(router):
    shown = from_demonstrations(_demos(), encode_guidance(ANSWER, NAMES)).obs
    np.testing.assert_allclose(router.params.mean, shown.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(router.params.var, shown.var(axis=0), rtol=1e-3)


def test_the_top_expert_changes_with_the_demonstrations(router):
    guidance = encode_guidance(ANSWER, NAMES)
    held_out = np.random.default_rng(1).normal(size=(400, OBS_SIZE)).astype(np.float32)
    near = held_out[:, 0] > 0.0
    clear = np.abs(held_out[:, 0]) > 0.3
    got = router.weights(jnp.asarray(held_out), guidance, jnp.asarray(near, jnp.float32))
    assert np.mean((np.argmax(got, axis=-1) == np.where(near, 2, 1))[clear]) > 0.97


def test_guidance_of_a_task_without_demonstrations_moves_the_router(router):
    stand = Guidance({"stand": 10.0, "walk": 1.0, "reach": 1.0}, (), 0.9, "offline")
    obs = jnp.zeros((1, OBS_SIZE))
    got = router.weights(obs, encode_guidance(stand, NAMES), jnp.zeros(1))
    assert int(jnp.argmax(got)) == 0


def test_a_router_s_file_gives_it_back(router, tmp_path):
    save_router(router, tmp_path / FILE)
    again = load_router(tmp_path)
    assert again.names == router.names and again.record == router.record
    obs, guidance = jnp.ones((2, OBS_SIZE)), encode_guidance(ANSWER, NAMES)
    np.testing.assert_array_equal(
        again.weights(obs, guidance, jnp.zeros(2)), router.weights(obs, guidance, jnp.zeros(2))
    )


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "sizes"])
def test_a_damaged_router_is_one_line(router, tmp_path, damage):
    path = tmp_path / FILE
    if damage != "missing":
        save_router(router, path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    if damage == "text":
        path.write_text("no router")
    if damage == "sizes":
        with np.load(path) as file:
            data = {name: file[name] for name in file.files}
        about = json.loads(str(data["about"]))
        about["sizes"]["obs_size"] += 1
        data["about"] = np.array(json.dumps(about))
        np.savez(path, **data)
    with pytest.raises(UserError, match=r"router"):
        load_router(tmp_path)


def test_a_router_of_other_experts_is_refused(router):
    with pytest.raises(UserError, match="the pool has"):
        router_gating(router, encode_guidance(ANSWER, NAMES), ("walk", "stand", "reach"))


# ---- parts


def test_plain_parts_are_equation_13_and_legs_and_arms_can_differ():
    actuators = ("left_hip_yaw", "left_shoulder_roll", "right_elbow")
    actions = jnp.arange(9.0).reshape(3, 3) / 10.0
    weights = jnp.array([0.0, 0.7, 0.3])
    asked = jnp.array([True, False])
    plain = BodyPartMixer(PLAIN, NAMES, actuators).mix(weights, actions, asked)
    np.testing.assert_allclose(plain, weights @ actions, rtol=1e-6)
    apart = BodyPartMixer(MixerConfig(sharpen=1.0, for_arms=7.0), NAMES, actuators)
    got = apart.mix(weights, actions, asked)
    arm = (0.7 * actions[1, 1] + 2.1 * actions[2, 1]) / 2.8
    np.testing.assert_allclose(got, [plain[0], arm, plain[2]], rtol=1e-5)


def test_legs_and_arms_are_explained_apart():
    actuators = ("left_hip_yaw", "left_shoulder_roll", "right_elbow")
    parts = BodyPartMixer(MixerConfig(), NAMES, actuators)
    each = jnp.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [1.0, 1.0, 1.0]])
    arms = parts.apart(jnp.array([True, False]))
    got = expert_usage(each, jnp.array([0.5, 1.0, 0.5]), arms, 0.05)
    np.testing.assert_allclose(got, [0.001, 0.699, 0.3], atol=2e-3)
    got = expert_usage(each, each[1], parts.apart(jnp.array([False, False])), 0.05)
    np.testing.assert_allclose(got, [0.001, 0.998, 0.001], atol=1e-4)


# ---- comparison


def test_paired_interval_is_student_s():
    better, other = np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, 2.0])
    got = paired_difference(better, other)
    mean, wide = 7.0 / 3.0, 4.302653 * np.std([2.0, 3.0, 2.0], ddof=1) / np.sqrt(3.0)
    assert got["difference_mean"] == pytest.approx(mean)
    assert got["low"] == pytest.approx(mean - wide, rel=1e-5)


# ---- the router's folder


_TRAIN = ("train", "router", "--tasks", "h1-door", "--teacher", "offline", "--steps", "2")


def _said(capsys, args):
    assert main(args) == 2
    err = capsys.readouterr().err
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1
    return err


def test_a_router_of_a_bad_pool_leaves_nothing_behind(tmp_path, capsys):
    out = tmp_path / "router"
    args = [*_TRAIN, "--out", str(out), "--pool", str(tmp_path / "nothere")]
    guidance = {"h1-door": ANSWER}
    with pytest.raises(UserError, match="no pool of experts"):
        train_router(RouterConfig(("h1-door",), pool=args[-1]), guidance, out)
    assert "no pool of experts" in _said(capsys, args) and not out.exists()


def test_a_router_of_bad_demonstrations_keeps_what_was_there(tmp_path):
    demos = tmp_path / "demonstrations" / "h1-door.npz"
    demos.parent.mkdir()
    demos.write_text("no demonstrations")
    (tmp_path / "guidance.json").write_text("kept")
    with pytest.raises(UserError, match="is no file of demonstrations"):
        train_router(RouterConfig(("h1-door",)), {"h1-door": ANSWER}, tmp_path)
    assert (tmp_path / "guidance.json").read_text() == "kept"
    assert not (tmp_path / "config.json").exists()


def test_a_router_s_folder_is_whole(tmp_path):
    names = [expert.name for expert in load_experts()]
    demos = made_up(len(names), names.index("walk"), names.index("reach"), steps=60)
    write_demonstrations(demos, tmp_path / "demonstrations" / "h1-door.npz")
    config = RouterConfig(("h1-door",), distil=DistillConfig(steps=3))
    train_router(config, {"h1-door": ANSWER}, tmp_path)
    assert kept_guidance(tmp_path, "h1-door") == ANSWER
    assert load_router(tmp_path).record["kept"]["h1-door"]["successes"] == 0
    # Other updates over the same demonstrations.
    other = dataclasses.replace(ANSWER, teacher="another", origin="a drawer")
    longer = dataclasses.replace(config, distil=DistillConfig(steps=4))
    train_router(longer, {"h1-door": other}, tmp_path)
    assert kept_guidance(tmp_path, "h1-door") == other
    record = load_router(tmp_path).record
    assert (record["teacher"], record["teacher_origin"]) == ("another", "a drawer")
    begun = json.loads((tmp_path / "config.json").read_text())
    assert begun["router"]["distil"]["steps"] == 4


@pytest.mark.parametrize("option", ["--beta", "--lambda-0"])
def test_infinite_settings_of_a_router_are_told(tmp_path, capsys, option):
    said = _said(capsys, [*_TRAIN, option, "inf", "--out", str(tmp_path / "router")])
    assert "is inf; needs a finite number of at least 0" in said
    assert not (tmp_path / "router").exists()


def test_a_router_that_is_not_finite_replaces_none(tmp_path):
    names = [expert.name for expert in load_experts()]
    demos = made_up(len(names), names.index("walk"), names.index("reach"), steps=60)
    write_demonstrations(demos, tmp_path / "demonstrations" / "h1-door.npz")
    for name in (FILE, "guidance.json", "curve.json"):
        (tmp_path / name).write_text("kept")
    steep = DistillConfig(steps=3, learning_rate=1e38)
    with pytest.raises(UserError, match="did not stay finite"):
        train_router(RouterConfig(("h1-door",), distil=steep), {"h1-door": ANSWER}, tmp_path)
    for name in (FILE, "guidance.json", "curve.json"):
        assert (tmp_path / name).read_text() == "kept"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 1}, r"another seed \(0, not 1\)"),
        ({"demos": DemoConfig(rollouts=32)}, r"another rollouts \(256, not 32\)"),
    ],
)
def test_a_router_s_folder_says_which_setting_is_another(tmp_path, changed, said):
    config = RouterConfig(("h1-door",))
    data = {"router": json.loads(json.dumps(dataclasses.asdict(config)))}
    (tmp_path / "config.json").write_text(json.dumps(data))
    with pytest.raises(UserError, match=said):
        train_router(dataclasses.replace(config, **changed), {"h1-door": ANSWER}, tmp_path)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["train", "router", "--tasks", ""], "no tasks given"),
        (["train", "router", "--tasks", "h1-dor", "--teacher", "offline"], "did you mean"),
        (["train", "router", "--tasks", "h1-door,h1hand-door", "--teacher", "offline"], "several"),
        (["eval", "router", "/nowhere"], "needs --task"),
        (["eval", "router", "--task", "h1-door"], "needs DIR"),
        (["eval", "router", "/nowhere", "--task", "h1-door"], "no router"),
        (["train", "agent", "--task", "h1-door", "--guide", "routr"], "did you mean 'router'"),
        (["train", "agent", "--task", "h1-door", "--guide", "router"], "needs the folder"),
        (["run", "--preset", "quick"], "did you mean 'quickstart'"),
        (["run", "--without", "vml"], "did you mean 'vlm'"),
        (["run", "--tasks", "h1-dor"], "did you mean"),
        (["run", "--pool", "/nowhere", "--out", "/dev/null/x"], "cannot write"),
    ],
)
def test_bad_input_is_one_line(capsys, args, said):
    assert main(args) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
