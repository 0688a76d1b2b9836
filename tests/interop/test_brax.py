"""brax's wrappers, evaluator and trainers keep every end of an episode."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brax.envs import training as brax_training
from brax.training.acting import Evaluator

from metaworldx.core.errors import UserError
from metaworldx.envs import EnvConfig, make
from metaworldx.interop.brax import BraxEnv, wrap

COUNT = 3
LIMIT = 41
"""Control steps; `FALL` falls after 30 to 35, zeros after more than 41."""
FALL = np.sign(np.random.default_rng(3).normal(size=19)).astype(np.float32)


@pytest.fixture(scope="module")
def core():
    return make("h1-walk", "native", config=EnvConfig(max_episode_steps=LIMIT))


@pytest.fixture(scope="module")
def jitted(core):
    return jax.jit(core.reset), jax.jit(core.step)


def _raw_keys(count=COUNT):
    return jax.random.split(jax.random.PRNGKey(0), count)


def _by_hand(core, jitted, key, actions, repeat):
    """One robot under each action for `repeat` control steps or until an end, as rows of floats."""
    reset, step = jitted
    state = reset(jax.random.wrap_key_data(key))
    length, total, rows = 0, 0.0, []
    for action in actions:
        reward, term, done, cut = 0.0, 0.0, False, False
        for _ in range(repeat):
            state = step(state, action)
            reward += float(state.reward)
            term += float(state.terms["stand_reward"])
            length += 1
            done, cut = bool(state.done), bool(state.truncated)
            if done:
                break
        total += reward
        rows.append((reward, done, cut, length, total, term, *np.asarray(state.obs)))
        if done:
            length, total = 0, 0.0
    return rows


@pytest.mark.parametrize("repeat", [1, 3])
def test_repeated_actions_stop_at_the_first_end(core, jitted, repeat):
    agent_steps = 2 * LIMIT // repeat
    actions = np.random.default_rng(0).uniform(-0.1, 0.1, (agent_steps, COUNT, 19))
    actions = actions.astype(np.float32)
    actions[:, 0] = FALL
    keys = _raw_keys()
    wanted = np.array(
        [_by_hand(core, jitted, key, actions[:, i], repeat) for i, key in enumerate(keys)]
    )
    env = wrap(BraxEnv(core), LIMIT, repeat)
    state, step = jax.jit(env.reset)(keys), jax.jit(env.step)
    for t in range(agent_steps):
        state = step(state, actions[t])
        books = state.info
        got = np.column_stack(
            [
                state.reward,
                state.done,
                books["truncation"],
                books["steps"],
                books["episode_metrics"]["sum_reward"],
                state.metrics["stand_reward"],
                state.obs,
            ]
        )
        np.testing.assert_allclose(got, wanted[:, t], rtol=1e-3, atol=1e-3)
        np.testing.assert_array_equal(books["episode_done"], state.done)
        np.testing.assert_array_equal(books["episode_metrics"]["length"], books["steps"])
    ends, cuts = wanted[..., 1].sum(), wanted[..., 2].sum()
    assert ends >= 4 and 1 <= cuts < ends


def test_brax_evaluator_adds_up_one_episode_of_each(core, jitted):
    repeat = 2
    key = jax.random.PRNGKey(5)
    evaluator = Evaluator(
        wrap(BraxEnv(core), LIMIT, repeat),
        lambda _: lambda obs, key: (jnp.broadcast_to(FALL, (*obs.shape[:-1], 19)), {}),
        num_eval_envs=COUNT,
        episode_length=LIMIT,
        action_repeat=repeat,
        key=key,
    )
    metrics = evaluator.run_evaluation((), {})
    keys = jax.random.split(jax.random.split(key)[1], COUNT)
    episodes = [_by_hand(core, jitted, one, [FALL] * LIMIT, 1) for one in keys]
    firsts = [next(row for row in rows if row[1]) for rows in episodes]
    assert all(row[3] < LIMIT - 1 for row in firsts)  # all fall in the evaluator's time
    np.testing.assert_allclose(
        metrics["eval/episode_reward"], np.mean([row[4] for row in firsts]), rtol=1e-3
    )
    np.testing.assert_allclose(
        metrics["eval/avg_episode_length"], np.mean([row[3] for row in firsts])
    )
    terms = [
        sum(row[5] for row in rows[: first[3]])
        for rows, first in zip(episodes, firsts, strict=True)
    ]
    np.testing.assert_allclose(metrics["eval/episode_stand_reward"], np.mean(terms), rtol=1e-3)


@pytest.mark.parametrize(
    "keys",
    [
        lambda: jax.random.split(jax.random.key(0), COUNT),
        lambda: jax.random.key(0),
        lambda: jax.random.PRNGKey(0),
        lambda: np.zeros((COUNT, 2)),
        lambda: 0,
    ],
    ids=["typed", "one typed", "one raw", "floats", "a seed"],
)
def test_wrap_tells_which_keys_it_takes(core, keys):
    with pytest.raises(UserError, match=r"a batch of raw keys, as .*PRNGKey") as told:
        wrap(BraxEnv(core), LIMIT).reset(keys())
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("repeat", [0, -1, 1.5, True])
def test_wrap_tells_repeats_that_are_none(core, repeat):
    with pytest.raises(UserError, match="action_repeat is"):
        wrap(BraxEnv(core), LIMIT, repeat)


def test_under_brax_own_wrappers_no_end_is_lost(core, jitted):
    """Not when brax's limit is longer than the task's, nor among the repeats of an action."""
    repeat, limit, keys = 3, LIMIT + 10, _raw_keys()
    env = brax_training.wrap(BraxEnv(core), limit, repeat)
    state = jax.jit(env.reset)(keys)
    first, step = np.asarray(state.obs), jax.jit(env.step)
    actions = np.zeros((COUNT, 19), np.float32)
    actions[:2] = FALL
    falls = []
    for key in keys[:2]:
        rows = _by_hand(core, jitted, key, [FALL] * LIMIT, 1)
        falls.append(-(-next(row[3] for row in rows if row[1]) // repeat))
    seen = []
    for t in range(1, 2 * max(falls) + 1):
        state = step(state, actions)
        going = np.asarray(state.done) == 0
        np.testing.assert_array_equal(
            state.pipeline_state.steps[going], state.info["steps"][going].astype(int)
        )
        for i in np.flatnonzero(~going):
            seen.append((int(i), t, bool(state.info["truncation"][i])))
            np.testing.assert_array_equal(state.obs[i], first[i])
    # The same start every time, so the same fall.
    wanted = [(i, n * fall, False) for i, fall in enumerate(falls) for n in (1, 2)]
    assert sorted(seen) == sorted([*wanted, (2, limit // repeat, True)])


def test_brax_randomisation_is_told(core):
    with pytest.raises(UserError, match=r"EnvConfig\.randomisation"):
        brax_training.wrap(BraxEnv(core), LIMIT, 1, lambda sys: (sys, None))
