"""The replay against a plain Python one: what may be sampled, and how often."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaworldx.training.replay_buffer import (
    Transitions,
    init_replay,
    insert,
    replay_bytes,
    sample,
    sequence_starts,
    valid_starts,
)

SHARDS, ENVS, SLOTS, CHUNK, OBS, ACTIONS = 2, 2, 8, 2, 3, 2
RUNNING, TRUNCATED, TERMINATED, DIVERGED = range(4)

_insert = jax.jit(insert)
_valid = {h: jax.jit(partial(valid_starts, horizon=h)) for h in (1, 2, 3)}


def _steps(kinds: np.ndarray, begin: int) -> Transitions:
    """Steps `[S, C, E]` of the given kinds, their numbers telling environment and time."""
    shards, count, envs = kinds.shape
    env = np.arange(shards * envs).reshape(shards, 1, envs)
    time = begin + np.arange(count).reshape(1, count, 1)
    tag = (1000.0 * env + time).astype(np.float32)
    return Transitions(
        obs=jnp.asarray(np.repeat(tag[..., None], OBS, -1)),
        action=jnp.asarray(np.repeat(tag[..., None] + 0.25, ACTIONS, -1)),
        reward=jnp.asarray(tag + 0.5),
        last_obs=jnp.asarray(np.repeat(tag[..., None] + 0.75, OBS, -1)),
        terminated=jnp.asarray((kinds == TERMINATED) | (kinds == DIVERGED)),
        done=jnp.asarray(kinds != RUNNING),
        diverged=jnp.asarray(kinds == DIVERGED),
    )


def _filled(history: np.ndarray):
    """A replay after all of `history` `[S, T, E]`."""
    replay = init_replay(SHARDS, SLOTS, ENVS, OBS, ACTIONS)
    for begin in range(0, history.shape[1], CHUNK):
        replay = _insert(replay, _steps(history[:, begin : begin + CHUNK], begin))
    return replay


def _allowed(history: np.ndarray, horizon: int) -> set[tuple[int, int, int]]:
    """Valid starts (shard, time, environment) by a plain loop over what is remembered."""
    shards, total, envs = history.shape
    found = set()
    for shard in range(shards):
        for env in range(envs):
            for start in range(max(0, total - SLOTS), total - horizon + 1):
                kinds = history[shard, start : start + horizon, env]
                if DIVERGED not in kinds and all(kinds[:-1] == RUNNING):
                    found.add((shard, start, env))
    return found


@st.composite
def histories(draw) -> np.ndarray:
    chunks = draw(st.integers(1, 9))
    size = SHARDS * chunks * CHUNK * ENVS
    kind = st.sampled_from([RUNNING] * 6 + [TRUNCATED, TERMINATED, DIVERGED])
    kinds = draw(st.lists(kind, min_size=size, max_size=size))
    return np.array(kinds).reshape(SHARDS, chunks * CHUNK, ENVS)


@settings(max_examples=60, deadline=None)
@given(history=histories(), horizon=st.sampled_from([1, 2, 3]))
def test_valid_starts_are_those_of_a_plain_replay(history, horizon):
    valid = np.asarray(_valid[horizon](_filled(history)))
    total = history.shape[1]
    slot_of = {time % SLOTS: time for time in range(max(0, total - SLOTS), total)}
    found = {(int(s), slot_of[int(slot)], int(e)) for s, slot, e in np.argwhere(valid)}
    assert found == _allowed(history, horizon)


@settings(max_examples=40, deadline=None)
@given(history=histories(), horizon=st.sampled_from([1, 3]), seed=st.integers(0, 100))
def test_samples_are_whole_sequences_of_the_plain_replay(history, horizon, seed):
    allowed = _allowed(history, horizon)
    replay = _filled(history)
    starts = sequence_starts(replay, horizon)
    if not np.all(np.asarray(starts.count) > 0):
        return
    out = sample(replay, starts, jax.random.key(seed), 8, horizon)
    assert out.obs.shape == (horizon + 1, 8, OBS)
    obs = np.asarray(out.obs[..., 0])
    for b in range(8):
        env, start = divmod(int(obs[0, b]), 1000)
        shard, within = divmod(env, ENVS)
        assert (shard, start, within) in allowed
        assert shard == b // 4, "each shard fills its own share of the batch"
        tags = 1000.0 * env + start + np.arange(horizon)
        np.testing.assert_array_equal(obs[:-1, b], tags)
        assert obs[-1, b] == tags[-1] + 0.75, "the end is what the last step led to"
        np.testing.assert_array_equal(out.action[:, b, 0], tags + 0.25)
        np.testing.assert_array_equal(out.reward[:, b], tags + 0.5)
        kinds = history[shard, start : start + horizon, within]
        np.testing.assert_array_equal(out.terminated[:, b], kinds == TERMINATED)


def test_truncation_cuts_without_terminating():
    history = np.zeros((SHARDS, 6, ENVS), int)
    history[:, 3] = TRUNCATED
    replay = _filled(history)
    starts = sequence_starts(replay, 3)
    out = sample(replay, starts, jax.random.key(0), 64, 3)
    assert not out.terminated.any()
    times = set(np.asarray(out.obs[0, :, 0]).astype(int) % 1000)
    assert times == {0, 1}, "0-2 and 1-3; the next episode has two steps only"


def test_every_valid_start_is_equally_likely():
    history = np.zeros((SHARDS, 12, ENVS), int)
    history[0, 7, 0], history[0, 9, 1], history[1, 8, :] = TERMINATED, DIVERGED, TRUNCATED
    replay = _filled(history)
    starts = sequence_starts(replay, 2)
    draws = 40_000
    out = sample(replay, starts, jax.random.key(0), draws, 2)
    names, counts = np.unique(np.asarray(out.obs[0, :, 0]), return_counts=True)
    assert len(names) == int(starts.count.sum()) == len(_allowed(history, 2))
    for shard in range(SHARDS):
        mine = counts[(names // 1000).astype(int) // ENVS == shard]
        expected = draws / SHARDS / len(mine)
        assert np.abs(mine - expected).max() < 5 * np.sqrt(expected)


def test_computed_bytes_are_the_allocated_ones():
    replay = init_replay(4, 10, 3, 51, 19)
    allocated = sum(leaf.nbytes for leaf in jax.tree.leaves(replay))
    assert replay_bytes(10, 12, 51, 19) == allocated


def test_ring_refuses_steps_that_would_wrap_in_the_midst():
    replay = init_replay(SHARDS, SLOTS, ENVS, OBS, ACTIONS)
    with pytest.raises(ValueError, match="ring of 8 slots"):
        insert(replay, _steps(np.zeros((SHARDS, 3, ENVS), int), 0))
