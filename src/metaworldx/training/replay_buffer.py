"""Replay buffer on device: a ring of environment steps and exact uniform sampling of sequences.

Everything is split into a fixed number of logical shards, the leading axis `S` of every array.
A shard samples its own share of each batch from its own environments with its own key, so what
is drawn does not depend on how many devices carry the shards.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import struct


@struct.dataclass
class Transitions:
    """Steps of many environments; `...` is `[S, E]` with `E` environments a shard.

    Attributes:
      obs: observation of the action `[..., O]`.
      action: `[..., A]`.
      reward: `[...]`.
      last_obs: next observation, before any reset `[..., O]`.
      terminated: the task ended here, bool `[...]`; a time limit is not an end of the task.
      done: the episode ended here, one way or the other, bool `[...]`.
      diverged: the simulation diverged here, bool `[...]`; never sampled.
      terms: stored terms for the reward function, by name `[..., any]`.
    """

    obs: jax.Array
    action: jax.Array
    reward: jax.Array
    last_obs: jax.Array
    terminated: jax.Array
    done: jax.Array
    diverged: jax.Array
    terms: dict[str, jax.Array] = struct.field(default_factory=dict)


@struct.dataclass
class ReplayBuffer:
    """A ring of `slots` steps for each environment.

    Attributes:
      data: transitions `[S, slots, E, ...]`.
      head: the slot that is written next, int32.
      filled: how many slots hold steps, int32.
    """

    data: Transitions
    head: jax.Array
    filled: jax.Array

    @property
    def slots(self) -> int:
        """Steps that the ring holds for each environment."""
        return self.data.reward.shape[1]


@struct.dataclass
class SequenceStarts:
    """Valid starts of sequences, in a form that is fast to sample from.

    Attributes:
      valid: where a sequence may begin, bool `[S, slots, E]`.
      rank: running count of valid starts over the slots `[S, slots]`, int32.
    """

    valid: jax.Array
    rank: jax.Array

    @property
    def count(self) -> jax.Array:
        """Valid starts of each shard `[S]`, int32."""
        return self.rank[:, -1]


@struct.dataclass
class Sequences:
    """Sampled sequences, time first.

    Attributes:
      obs: `[H + 1, B, O]`; the last is what the last step led to, even if it ended an episode.
      action, reward, terminated: `[H, B, A]`, `[H, B]`, `[H, B]` (bool).
      terms: stored terms, `[H, B, any]`.
    """

    obs: jax.Array
    action: jax.Array
    reward: jax.Array
    terminated: jax.Array
    terms: dict[str, jax.Array] = struct.field(default_factory=dict)


def init_replay(
    shards: int,
    slots: int,
    envs: int,
    obs_size: int,
    action_size: int,
    terms: Mapping[str, tuple[int, ...]] = {},
) -> ReplayBuffer:
    """A ring without steps: `shards` of `envs` environments each, `slots` steps long.

    Args:
      terms: shapes of the stored terms, by name.
    """

    def zeros(*shape: int, dtype: type = jnp.float32) -> jax.Array:
        return jnp.zeros((shards, slots, envs, *shape), dtype)

    data = Transitions(
        obs=zeros(obs_size),
        action=zeros(action_size),
        reward=zeros(),
        last_obs=zeros(obs_size),
        terminated=zeros(dtype=bool),
        done=zeros(dtype=bool),
        diverged=zeros(dtype=bool),
        terms={name: zeros(*shape) for name, shape in terms.items()},
    )
    none = jnp.zeros((), jnp.int32)
    return ReplayBuffer(data, none, none)


def replay_bytes(
    slots: int, num_envs: int, obs_size: int, action_size: int, term_size: int = 0
) -> int:
    """Bytes of a replay's arrays: float32 numbers, one byte a flag, two int32 counters."""
    return slots * num_envs * (4 * (2 * obs_size + action_size + 1 + term_size) + 3) + 8


def insert(replay: ReplayBuffer, steps: Transitions) -> ReplayBuffer:
    """Writes `C` steps of every environment over the oldest ones.

    Args:
      replay: a ring whose `slots` are a multiple of `C`.
      steps: `[S, C, E, ...]`.
    """
    count, slots = steps.reward.shape[1], replay.slots
    if slots % count:
        raise ValueError(f"a ring of {slots} slots cannot take {count} steps at a time")
    data = jax.tree.map(
        lambda ring, new: jax.lax.dynamic_update_slice_in_dim(ring, new, replay.head, axis=1),
        replay.data,
        steps,
    )
    return ReplayBuffer(
        data, (replay.head + count) % slots, jnp.minimum(replay.filled + count, slots)
    )


def valid_starts(replay: ReplayBuffer, horizon: int) -> jax.Array:
    """Where a sequence of `horizon` steps may begin, bool `[S, slots, E]`.

    All its steps are stored, in order and without a gap (it stays behind the write head), none
    but the last ends an episode, and none diverged.
    """
    slots = replay.slots
    oldest = (replay.head - replay.filled) % slots
    age = (jnp.arange(slots) - oldest) % slots
    valid = jnp.broadcast_to(
        (age + horizon <= replay.filled)[None, :, None], replay.data.done.shape
    )
    for k in range(horizon):
        broken = replay.data.diverged
        if k < horizon - 1:
            broken = broken | replay.data.done
        valid &= ~jnp.roll(broken, -k, axis=1)
    return valid


def sequence_starts(replay: ReplayBuffer, horizon: int) -> SequenceStarts:
    """The valid starts, to draw any number of batches from while nothing is inserted."""
    valid = valid_starts(replay, horizon)
    return SequenceStarts(valid, jnp.cumsum(valid.sum(axis=2, dtype=jnp.int32), axis=1))


def sample(
    replay: ReplayBuffer, starts: SequenceStarts, key: jax.Array, batch: int, horizon: int
) -> Sequences:
    """Draws `batch` sequences, `batch / S` from each shard, uniformly over its valid starts.

    Args:
      replay: what to draw from; every shard must have a valid start.
      starts: of this very replay and horizon.
      key: a random key.
      batch: sequences in all, a multiple of `S`.
      horizon: steps in a sequence.
    """
    shards, slots = replay.data.reward.shape[:2]
    share = batch // shards
    steps = jnp.arange(horizon)[:, None]

    def draw(data: Transitions, starts: SequenceStarts, key: jax.Array) -> Sequences:
        # The nth valid start: first its slot, then its place among that slot's environments.
        nth = jax.random.randint(key, (share,), 0, jnp.maximum(starts.rank[-1], 1))
        first = jnp.searchsorted(starts.rank, nth, side="right").astype(jnp.int32)
        before = jnp.where(first > 0, starts.rank[first - 1], 0)
        within = jnp.cumsum(starts.valid[first], axis=1, dtype=jnp.int32)
        env = jnp.argmax(within > (nth - before)[:, None], axis=1)
        slot = (first + steps) % slots
        obs = data.obs[slot, env]
        last = data.last_obs[slot[-1], env]
        return Sequences(
            obs=jnp.concatenate([obs, last[None]]),
            action=data.action[slot, env],
            reward=data.reward[slot, env],
            terminated=data.terminated[slot, env],
            terms=jax.tree.map(lambda x: x[slot, env], data.terms),
        )

    keys = jax.random.split(key, shards)
    out = jax.vmap(draw, out_axes=1)(replay.data, starts, keys)
    return jax.tree.map(lambda x: x.reshape(x.shape[0], batch, *x.shape[3:]), out)
