"""gymnasium's limits, resets, infos and wrappers, against gymnasium's own vector environment."""

from __future__ import annotations

import pickle

import gymnasium
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import vector as wrappers

import metaworldx  # noqa: F401  (registers the environments)
from metaworldx.core.errors import UserError
from metaworldx.envs.registry import EnvId, environment_ids

WALK = "metaworldx/h1-walk-v0"
COUNT = 3
LIMIT = 40
"""Control steps; `FALL` falls after 30 to 35, zeros after more than 40."""
FALL = np.sign(np.random.default_rng(3).normal(size=19)).astype(np.float32)
MODES = [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED]


class _Kept(gymnasium.Wrapper):
    """Outlives the vector environments that it is part of."""

    def close(self):
        pass


@pytest.fixture(scope="module")
def singles():
    """Single environments, made by gymnasium, that share their compiled functions."""
    envs = [gymnasium.make(WALK, backend="native", max_episode_steps=LIMIT) for _ in range(COUNT)]
    return [_Kept(_sharing(env, envs[0])) for env in envs]


def _sharing(env, other):
    env.unwrapped._reset, env.unwrapped._step = other.unwrapped._reset, other.unwrapped._step
    return env


@pytest.fixture(scope="module")
def vectors():
    """A vector environment by mode; the mode that was always there is not asked for."""
    made = {}

    def of(mode):
        if mode not in made:
            asked = {} if mode is AutoresetMode.SAME_STEP else {"autoreset_mode": mode}
            made[mode] = gymnasium.make_vec(
                WALK, num_envs=COUNT, backend="native", max_episode_steps=LIMIT, **asked
            )
        return made[mode]

    return of


def _assert_same(theirs, ours, path="info"):
    assert set(theirs) == set(ours), path
    for name, value in theirs.items():
        where = f"{path}.{name}"
        if isinstance(value, dict):
            _assert_same(value, ours[name], where)
            continue
        assert value.dtype == ours[name].dtype and value.shape == ours[name].shape, where
        if value.dtype == object:
            for a, b in zip(value, ours[name], strict=True):
                assert (a is None) == (b is None), where
                if a is not None:
                    np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-4, err_msg=where)
        else:
            np.testing.assert_allclose(ours[name], value, rtol=1e-4, atol=1e-4, err_msg=where)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_a_vector_environment_answers_as_gymnasiums_own(singles, vectors, mode):
    theirs = SyncVectorEnv([lambda env=env: env for env in singles], autoreset_mode=mode)
    ours = vectors(mode)
    assert ours.metadata["autoreset_mode"] is theirs.metadata["autoreset_mode"] is mode
    first, second = theirs.reset(seed=3), ours.reset(seed=3)
    np.testing.assert_allclose(second[0], first[0], atol=1e-5)
    assert second[1] == first[1] == {}
    rng = np.random.default_rng(0)
    ends = np.zeros(2, int)
    for step in range(LIMIT + 5):
        # One falls, two reach the limit; one of those was begun anew in between.
        action = rng.uniform(-0.1, 0.1, (COUNT, 19)).astype(np.float32)
        action[0] = FALL
        want, got = theirs.step(action), ours.step(action)
        for a, b in zip(want[:4], got[:4], strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-4)
        if "final_info" in got[4]:  # which has the whole episode besides
            assert got[4]["final_info"].pop("_episode").any()
            assert got[4]["final_info"].pop("episode")["l"].max() <= LIMIT
        _assert_same(want[4], got[4])
        ends += [got[2].sum(), got[3].sum()]
        mask = got[2] | got[3] if mode is AutoresetMode.DISABLED else np.zeros(COUNT, bool)
        mask[2] |= step == 3
        if mask.any():
            want = theirs.reset(options={"reset_mask": mask.copy()})
            got = ours.reset(options={"reset_mask": mask})
            np.testing.assert_allclose(got[0], want[0], rtol=1e-4, atol=1e-4)
            assert got[1] == want[1] == {}
    assert ends[0] >= 1 and ends[1] >= 2


def test_infos_say_whom_they_are_of(vectors):
    env = vectors(AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    env._state = env._state.replace(steps=jnp.array([LIMIT - 1, 0, 0], jnp.int32))
    *_, info = env.step(np.zeros((COUNT, 19), np.float32))
    names = {"stand_reward", "move", "success", "success_subtasks", "diverged"}
    for entries, mask in ((info, [False, True, True]), (info["final_info"], [True, False, False])):
        assert names | {f"_{name}" for name in names} <= set(entries)
        for name in names:
            np.testing.assert_array_equal(entries[f"_{name}"], mask)
        np.testing.assert_array_equal(entries["stand_reward"] > 0.0, mask)
    for name in ("_final_info", "_final_obs"):
        np.testing.assert_array_equal(info[name], [True, False, False])


def test_an_end_at_the_limit_is_both_as_under_gymnasiums_time_limit(singles, vectors):
    env = singles[0]
    env.reset(seed=0)
    length = 1
    while not env.step(FALL)[2]:
        length += 1
    assert length < LIMIT
    many = vectors(AutoresetMode.SAME_STEP)
    many.reset(seed=0)
    many._state = many._state.replace(steps=jnp.full(COUNT, LIMIT - length, jnp.int32))
    for _ in range(length):
        _, _, terminated, truncated, _ = many.step(np.tile(FALL, (COUNT, 1)))
    assert terminated[0] and truncated[0]


def test_a_mask_resets_those_alone_with_their_seeds(vectors):
    env = vectors(AutoresetMode.SAME_STEP)
    fresh, _ = env.reset(seed=[11, 12, 13])
    for _ in range(3):
        going, *_ = env.step(np.zeros((COUNT, 19), np.float32))
    options = {"reset_mask": np.array([False, True, False])}
    obs, _ = env.reset(seed=[11, 12, 13], options=options)
    np.testing.assert_array_equal(obs[[0, 2]], going[[0, 2]])
    np.testing.assert_array_equal(obs[1], fresh[1])
    for _ in range(LIMIT - 3):
        *_, truncated, _ = env.step(np.zeros((COUNT, 19), np.float32))
    np.testing.assert_array_equal(truncated, [True, False, True])
    assert options["reset_mask"].sum() == 1  # the caller's, as it was


@pytest.mark.parametrize(
    "options",
    [
        {"low": 1},
        {"reset_mask": np.ones(COUNT, bool), "high": 2},
        {"reset_mask": [True] * COUNT},
        {"reset_mask": np.ones(COUNT + 1, bool)},
        {"reset_mask": np.ones(COUNT)},
        {"reset_mask": np.zeros(COUNT, bool)},
        [1],
    ],
    ids=["unknown", "unknown too", "list", "shape", "dtype", "nobody", "no dict"],
)
def test_bad_reset_options_are_told(vectors, options):
    with pytest.raises(UserError, match=r"option|reset_mask") as told:
        vectors(AutoresetMode.SAME_STEP).reset(options=options)
    assert "\n" not in str(told.value)


def test_a_single_environment_knows_no_options(singles):
    with pytest.raises(UserError, match="unknown reset option 'reset_mask'"):
        singles[0].reset(options={"reset_mask": np.ones(1, bool)})


def test_disabled_autoreset_wants_a_reset_after_an_end(vectors):
    env = vectors(AutoresetMode.DISABLED)
    env.reset(seed=0)
    env._state = env._state.replace(steps=jnp.full(COUNT, LIMIT - 1, jnp.int32))
    assert env.step(np.zeros((COUNT, 19), np.float32))[3].all()
    with pytest.raises(gymnasium.error.ResetNeeded, match="0, 1, 2 have ended"):
        env.step(np.zeros((COUNT, 19), np.float32))


def test_every_registered_limit_is_the_tasks():
    for env_id in environment_ids():
        spec = gymnasium.spec(f"metaworldx/{env_id}")
        assert spec.max_episode_steps == EnvId.parse(env_id).task_class.max_episode_steps, env_id


@pytest.mark.parametrize(
    ("given", "told", "ends"), [(None, 1000, 1000), (7, 7, 7), (1200, 1200, 1200), (-1, None, None)]
)
def test_the_limit_of_make_is_the_one_that_holds(singles, given, told, ends):
    env = _sharing(gymnasium.make(WALK, max_episode_steps=given, backend="native"), singles[0])
    assert env.spec.max_episode_steps == told
    # TD-MPC2's wrappers ask in this way.
    assert env.get_wrapper_attr("_max_episode_steps") == told
    again = gymnasium.make(pickle.loads(pickle.dumps(env.spec)))
    assert again.spec.max_episode_steps == told
    env.reset(seed=0)
    # Shortly before the shortest limit that could hold, without the steps until there.
    done = min(ends or 1000, 1000) - 2
    if done > LIMIT:
        if told is not None:
            env._elapsed_steps = done
        env.unwrapped._state = env.unwrapped._state.replace(steps=jnp.int32(done))
        steps = 4
    else:
        done, steps = 0, 9
    cut = [env.step(np.zeros(19, np.float32))[3] for _ in range(steps)]
    assert cut == [ends is not None and done + i + 1 >= ends for i in range(steps)]


@pytest.mark.parametrize(("given", "told"), [(None, 1000), (7, 7), (1200, 1200), (-1, None)])
def test_the_limit_of_make_vec_is_the_one_that_is_told(given, told):
    asked = {} if given is None else {"max_episode_steps": given}
    envs = gymnasium.make_vec(WALK, num_envs=2, backend="native", **asked)
    assert envs.spec.max_episode_steps == told
    assert envs._max_episode_steps == envs.max_episode_steps == told
    assert gymnasium.make_vec(envs.spec).spec.max_episode_steps == told


@pytest.mark.parametrize("limit", [0, -2, 2.5, True, "5"])
def test_limits_that_are_none_are_told(limit):
    with pytest.raises(UserError, match=r"max_episode_steps is .*; needs"):
        gymnasium.make_vec(WALK, num_envs=2, backend="native", max_episode_steps=limit)


def test_unknown_autoreset_is_told():
    with pytest.raises(UserError, match="unknown autoreset_mode 'Later'; one of NEXT_STEP"):
        gymnasium.make_vec(WALK, num_envs=2, backend="native", autoreset_mode="Later")


@pytest.mark.parametrize("seed", [-1, 1.5, "7", [1, 2], [1, 2, -3]])
def test_bad_seeds_are_told(vectors, seed):
    with pytest.raises(UserError, match="seed"):
        vectors(AutoresetMode.SAME_STEP).reset(seed=seed)


@pytest.mark.parametrize("action", ["forward", [[1.0], [2.0, 3.0]], np.zeros((COUNT, 19), complex)])
def test_actions_that_are_no_numbers_are_told(vectors, action):
    env = vectors(AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    with pytest.raises(UserError, match="action is not an array of real numbers"):
        env.step(action)


def test_an_action_that_is_not_heeded_may_be_anything(vectors):
    env = vectors(AutoresetMode.NEXT_STEP)
    env.reset(seed=0)
    env._state = env._state.replace(steps=jnp.array([LIMIT - 1, 0, 0], jnp.int32))
    assert env.step(np.zeros((COUNT, 19), np.float32))[3][0]
    action = np.zeros((COUNT, 19), np.float32)
    action[0] = np.nan
    obs, reward, terminated, truncated, _ = env.step(action)
    assert np.isfinite(obs).all() and reward[0] == 0.0 and reward[1] > 0.0
    assert not terminated.any() and not truncated.any()
    with pytest.raises(UserError, match="action holds NaN"):
        env.step(action)


@pytest.mark.parametrize(
    "wrap",
    [
        wrappers.NormalizeObservation,
        lambda env: wrappers.TransformObservation(env, lambda obs: 2 * obs),
        lambda env: wrappers.DtypeObservation(env, np.float64),
        lambda env: wrappers.DictInfoToList(wrappers.RecordEpisodeStatistics(env)),
        lambda env: wrappers.NormalizeReward(wrappers.RescaleAction(env, -2.0, 2.0)),
    ],
    ids=["normalised", "transformed", "dtype", "infos as a list", "reward and action"],
)
def test_gymnasiums_wrappers_run_over_an_end(vectors, wrap):
    base = vectors(AutoresetMode.NEXT_STEP)
    env = wrap(base)
    env.reset(seed=0)
    base._state = base._state.replace(steps=jnp.full(COUNT, LIMIT - 2, jnp.int32))
    cut = [env.step(np.zeros((COUNT, 19), np.float32))[3].all() for _ in range(4)]
    assert cut == [False, True, False, False]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_gymnasiums_statistics_count_every_step(vectors, mode):
    base = vectors(mode)
    env = wrappers.RecordEpisodeStatistics(base)
    env.reset(seed=0)
    lengths, total = [], np.zeros(COUNT)
    for _ in range(2 * LIMIT + 1):
        _, reward, terminated, truncated, info = env.step(np.zeros((COUNT, 19), np.float32))
        total += reward
        ended = terminated | truncated
        if ended.any():
            np.testing.assert_allclose(info["episode"]["r"], total, rtol=1e-5)
            lengths.append(info["episode"]["l"].tolist())
            total[:] = 0.0
        if mode is AutoresetMode.DISABLED and ended.any():
            env.reset(options={"reset_mask": ended})
    assert lengths == [[LIMIT] * COUNT] * 2
