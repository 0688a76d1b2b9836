"""Constant mixtures of experts: told, held, chosen on other starts; experts without networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from metaworldx.cli import main
from metaworldx.composition import mixture_search
from metaworldx.composition.compare import PairedRollouts, compare
from metaworldx.composition.mixture_search import (
    MixtureConfig,
    candidate_mixtures,
    find_mixture,
    mixture,
    mixture_from,
    mixture_of,
    mixture_seeds,
    returns_of,
)
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig
from metaworldx.evaluation.evaluator import start_keys
from metaworldx.experts.balance_controller import balance_errors
from metaworldx.experts.joint_offsets import offsets_from, with_offsets
from metaworldx.experts.motion_command import reference_frame_of
from metaworldx.experts.pool import ExpertPool, expert_named, load_experts
from metaworldx.motion.builtin import clips_for

NAMES = ("stand", "walk", "reach")


# ---- zero offsets


def test_zero_offsets_are_reference_balance_and_servos():
    walk = expert_named("walk")
    (silent,) = with_offsets([walk], {"walk": "zero"}, 0)
    pool = ExpertPool([silent])
    qpos = np.repeat(clips_for("stand")[0].qpos[:1], 2, axis=0)
    rng = np.random.default_rng(0)
    qpos[:, 7:] += 0.1 * rng.normal(size=(2, 19))
    qpos, qvel = jnp.asarray(qpos, jnp.float32), jnp.asarray(rng.normal(size=(2, 25)), jnp.float32)
    body = pool.body_frame(qpos, qvel)
    motion = jax.jit(pool.begin)(body)
    acted = np.asarray(jax.jit(pool.act)(motion, body))[:, 0]
    motors, gains = pool.joints.motors, jnp.asarray(walk.skill.feedback)
    most = walk.skill.authority * motors.reach

    @jax.jit
    def by_hand(motion, qpos, qvel):
        now, later = (
            reference_frame_of(pool.library, motion),
            reference_frame_of(pool.library, motion, 0.02),
        )
        errors = balance_errors(now, motion.heading, pool.body_frame(qpos, qvel))
        balance = jnp.clip(motors.feedback.offsets(gains, errors, now.contacts), -most, most)
        target = later.qpos[7:] + motors.lead * later.qvel[6:] + balance
        return pool.joints.actions(jnp.clip(target, motors.low, motors.high))

    for n in range(2):
        one = jax.tree.map(lambda x, n=n: x[n, 0], motion)
        np.testing.assert_allclose(acted[n], by_hand(one, qpos[n], qvel[n]), atol=1e-6)
    trained = np.asarray(jax.jit(ExpertPool([walk]).act)(motion, body))[:, 0]
    assert np.abs(trained - acted).max() > 0.01


def test_offsets_are_told_for_all_or_for_some():
    assert offsets_from("zero", NAMES) == dict.fromkeys(NAMES, "zero")
    wanted = {"stand": "trained", "walk": "zero", "reach": "random"}
    assert offsets_from("walk=zero, reach=random", NAMES) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("none", "unknown kind of offsets 'none'"),
        ("wlak=zero", "did you mean 'walk'"),
        ("walk=off", "unknown kind of offsets 'off'"),
        ("walk=zero,walk=random", "names walk twice"),
    ],
)
def test_offsets_that_make_no_sense_are_told(text, said):
    with pytest.raises(UserError, match=said):
        offsets_from(text, NAMES)


# ---- mixtures as they are told


def test_a_mixture_s_weights_are_its_shares():
    told = mixture_from("reach=0.3, walk=0.7", NAMES)
    assert told.name == "walk 0.7, reach 0.3"
    np.testing.assert_allclose(told.weights(NAMES), [0.0, 0.7, 0.3], atol=1e-7)
    assert mixture_from("walk=1", NAMES).alone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("walk", "is no EXPERT=SHARE"),
        ("", "is no EXPERT=SHARE"),
        ("wlak=1", "did you mean 'walk'"),
        ("walk=0.7,reach=0.4", "sum to 1.1; needs 1"),
        ("walk=0.7", "sum to 0.7; needs 1"),
        ("walk=x", "'x'; needs a number"),
        ("walk=nan", "needs 0 to 1"),
        ("walk=1.5,reach=-0.5", "needs 0 to 1"),
        ("walk=0.5,walk=0.5", "names walk twice"),
    ],
)
def test_mixtures_that_make_no_sense_are_told(text, said):
    with pytest.raises(UserError, match=said):
        mixture_from(text, NAMES)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["mixture", "walk=0.7,reach=0.3"], "needs --task"),
        (["mixture", "walk=0.7", "--task", "h1-door"], "sum to 0.7"),
        (["mixture", "walk=1", "--task", "h1-door", "--expert", "walk"], "unknown: --expert"),
        (["teacher", "offline", "--task", "h1-door", "--offsets", "zero"], "unknown: --offsets"),
        (["--expert", "walk", "--offsets", "zero", "--untrained"], "is --offsets random"),
        (["expert", "walk", "--offsets", "reach=zero"], "unknown expert 'reach'"),
    ],
)
def test_bad_input_is_one_line(capsys, args, said):
    assert main(["eval", *args]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


# ---- the search


def test_every_expert_and_every_pair_is_tried_at_every_share():
    tried = candidate_mixtures(("a", "b", "c", "d", "e", "f", "g", "h"))
    assert len(tried) == 8 + 28 * 3 == len({each.name for each in tried})
    for each in tried:
        assert sum(share for _, share in each.shares) == pytest.approx(1.0)


class _Made:
    """In place of a simulation: a robot's return is a made-up function of its weights and start."""

    def __init__(self, value):
        self.value, self.runs = value, []

    def run(self, given, keys, confidence, held, progress=None):
        del held, progress
        self.runs.append([tuple(key) for key in np.asarray(jax.random.key_data(keys))])
        assert np.all(np.asarray(confidence) == 1.0)
        round_ = len(self.runs) - 1
        return {"reward": np.array([[self.value(w, round_) for w in np.asarray(given)]])}


@pytest.fixture
def made(monkeypatch):
    """Searches among three experts over made-up returns."""

    class Pool:
        names = NAMES

    def search(value, seed, config=MixtureConfig(screened=3, finalists=4, chosen=5)):
        batch = _Made(value)
        monkeypatch.setattr(mixture_search, "PairedRollouts", lambda pool, env, gating_of: batch)
        return find_mixture(config, Pool, None, seed), batch

    return search


@pytest.mark.parametrize("seed", [0, 1, 7, 3000, 2**31 - 2])
def test_mixtures_are_chosen_on_other_starts_than_they_are_reported_on(made, seed):
    found, batch = made(lambda weights, round_: float(weights[1]), seed)
    screened, chosen = map(set, batch.runs)
    reported = {tuple(key) for key in np.asarray(jax.random.key_data(start_keys(seed, 50)))}
    assert len(screened) == 3 and len(chosen) == 5
    assert not screened & chosen and not (screened | chosen) & reported
    assert len({seed, *mixture_seeds(seed)}) == 3 and found.seeds == mixture_seeds(seed)


def test_the_best_is_the_best_of_the_second_starts(made):
    # Lucky where it was screened, poor where it is chosen; steady the other way round.
    lucky, steady = (
        mixture([("walk", 0.7), ("stand", 0.3)]),
        mixture([("walk", 0.7), ("reach", 0.3)]),
    )

    def value(weights, round_):
        if np.allclose(weights, lucky.weights(NAMES)):
            return (10.0, 1.0)[round_]
        return 5.0 if np.allclose(weights, steady.weights(NAMES)) else float(weights.max())

    found, _ = made(value, 0)
    assert found.best == steady and found.screened[lucky.name][0] == 10.0
    assert found.chosen[steady.name] == (5.0, 0.0)
    assert found.best_single.alone
    assert mixture_of(found.as_data()) == steady


def test_the_same_number_of_robots_is_compiled_once(made):
    config = MixtureConfig(screened=2, finalists=3, chosen=None)
    found, batch = made(lambda weights, round_: float(weights[2]), 0, config)
    assert len(batch.runs[0]) == len(batch.runs[1]) == 2 * len(candidate_mixtures(NAMES))
    assert found.best == mixture([("reach", 1.0)])


@pytest.mark.slow
def test_a_mixture_s_returns_are_those_of_fixed_weights_in_composition():
    pool = ExpertPool([e for e in load_experts() if e.name in NAMES])
    env = make("h1-door", "native", None, EnvConfig(auto_reset=False, max_episode_steps=50))
    from metaworldx.composition.gating_policies import constant_gating

    tried = [mixture_from("walk=0.7,reach=0.3", pool.names), mixture_from("stand=1", pool.names)]
    found = returns_of(PairedRollouts(pool, env, constant_gating), pool, tried, 2, 5)
    weights = {"mixed": [0.0, 0.7, 0.3], "alone": [1.0, 0.0, 0.0]}
    assert pool.names == NAMES
    rows = compare(
        *(
            pool,
            env,
            {name: (constant_gating(jnp.array(w)), 1.0) for name, w in weights.items()},
            2,
            5,
        )
    )
    np.testing.assert_allclose(found[0], rows["mixed"].returns, rtol=1e-4)
    np.testing.assert_allclose(found[1], rows["alone"].returns, rtol=1e-4)
    assert rows["mixed"].mean_weights == pytest.approx(
        {"stand": 0.0, "walk": 0.7, "reach": 0.3}, abs=1e-4
    )


def test_intervals_over_trainings_are_student_s():
    from metaworldx.core.stats import t_interval

    values = np.array([1.0, 2.0, 4.0, 4.5, 6.0])
    expected = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    np.testing.assert_allclose(t_interval(values), expected, rtol=1e-9)
