"""Epoch runner: rounds of scanned collection and scanned updates in one jitted call.

Environments and replay are split along one mesh axis `env`; parameters are replicated. One
device is the same code. Collection runs per device (so that the native backend's callback gets
each device's own environments), updates as one program over the whole batch.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jax.sharding import PartitionSpec as P

from metaworldx.agents.base import Carry, RolloutFeed
from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.training.collect import EpisodeStats, RandomActor, collect
from metaworldx.training.config import TrainConfig
from metaworldx.training.learner import Learner, make_learner
from metaworldx.training.replay_buffer import (
    ReplayBuffer,
    Sequences,
    Transitions,
    init_replay,
    insert,
    sample,
    sequence_starts,
)
from metaworldx.training.reward_relabeling import RewardFn
from metaworldx.training.sharding import AXIS, shardings_over


@struct.dataclass
class TrainState:
    """State of a run, carried between epochs.

    Attributes:
      agent: the learner's state: parameters, optimisers and their bookkeeping.
      env: environments `[S, E, ...]`.
      acting: the learner's carry `[S, ...]`, or None.
      replay: the replay buffer; None for a learner that feeds on rollouts.
      reward: state of the reward function, or None.
      key: random key from which each epoch takes its own.
      epoch: epochs done, int32.
    """

    agent: Any
    env: EnvState
    acting: Carry
    replay: Any
    reward: Any
    key: jax.Array
    epoch: jax.Array


class EpochRunner:
    """The jitted functions of one run; it holds no state of its own."""

    def __init__(
        self,
        config: TrainConfig,
        env: Env,
        reward_fn: RewardFn,
        learner: Learner | None = None,
        devices: list[Any] | None = None,
    ):
        """For an environment, a reward function and a learner.

        Args:
          config: checked settings.
          env: with auto-reset.
          reward_fn: of the environment's steps.
          learner: None takes that of the settings' algorithm.
          devices: that carry the shards; None takes all there are.

        Raises:
          UserError: settings that do not fit the environment, or devices that do not divide the
            shards.
        """
        devices = jax.devices() if devices is None else devices
        found = shardings_over(devices, config.shards)
        self.mesh, self._split, self._whole, self._batches = found
        if config.replay_on == "host" and jax.process_count() > 1:
            raise UserError("replay_on 'host' works on one host only; use 'device'")
        self.config, self.env, self.reward_fn = config, env, reward_fn
        if config.horizon > self.env.max_episode_steps:
            raise UserError(
                f"horizon {config.horizon} is longer than an episode of {self.env.id}, "
                f"{self.env.max_episode_steps} steps"
            )
        self.learner = learner or make_learner(config, env.max_episode_steps)
        # Settings that do not fit the environment's sizes are reported before a run begins.
        self.described = {
            **self.learner.describe(env.obs_size, env.action_size),
            "episode_length": env.max_episode_steps,
        }
        """What the run's folder keeps of the learner."""
        self._feed = self.learner.feeds_on
        self._on_policy = isinstance(self._feed, RolloutFeed)
        if isinstance(self._feed, RolloutFeed) and self._feed.steps != config.collect_steps:
            raise UserError(
                f"collect_steps is {config.collect_steps}; {config.algorithm} feeds on rollouts of "
                f"{self._feed.steps} steps"
            )
        self._host = config.replay_on == "host"
        self.seed_epoch = self._epoch_function(seeding=True)
        """(state) -> (state, metrics): an epoch of random actions without updates."""
        self.epoch = self._epoch_function(seeding=False)
        """(state) -> (state, metrics): an epoch of collection and updates."""

    @property
    def updates_per_round(self) -> int:
        """Learner updates per round: one for a learner that takes the whole rollout."""
        return 1 if self._on_policy else self.config.updates_per_round

    # ---- the start

    def init(self, seed: int) -> TrainState:
        """The state before the first epoch."""
        config, env = self.config, self.env
        shards, per_shard = config.shards, config.num_envs // config.shards

        def begin(seed: jax.Array) -> tuple[Any, ...]:
            agent_key, env_key, key = jax.random.split(jax.random.key(seed), 3)
            one = self.learner.begin(per_shard, env.action_size)
            acting = jax.tree.map(lambda x: jnp.broadcast_to(x, (shards, *x.shape)), one)
            return (
                self.learner.init(agent_key, env.obs_size, env.action_size),
                jax.random.split(env_key, (shards, per_shard)),
                acting,
                key,
                jnp.zeros((), jnp.int32),
            )

        shardings = (self._whole, self._split, self._split, self._whole, self._whole)
        state, env_keys, acting, key, epoch = jax.jit(begin, out_shardings=shardings)(
            np.int32(seed)
        )
        reset = jax.shard_map(
            env.reset, mesh=self.mesh, in_specs=P(AXIS), out_specs=P(AXIS), check_vma=False
        )
        return TrainState(
            agent=state,
            env=jax.jit(reset)(env_keys),
            acting=acting,
            replay=self.empty_replay(),
            reward=jax.device_put(self.reward_fn.init(), self._whole),
            key=key,
            epoch=epoch,
        )

    def shardings(self) -> TrainState:
        """Sharding of each part of the state, as a prefix of its tree."""
        replay: Any = ReplayBuffer(self._split, self._whole, self._whole)  # pyright: ignore
        if self._on_policy:
            replay = None
        elif self._host:
            replay = jax.sharding.SingleDeviceSharding(jax.local_devices(backend="cpu")[0])
        split: Any = self._split
        whole: Any = self._whole
        return TrainState(
            agent=whole,
            env=split,
            acting=split,
            replay=replay,
            reward=whole,
            key=whole,
            epoch=whole,
        )

    def empty_replay(self) -> ReplayBuffer | None:
        """An empty replay buffer in the run's replay memory."""
        if self._on_policy:
            return None
        config, env = self.config, self.env
        make_empty = partial(
            init_replay,
            *(config.shards, config.slots, config.num_envs // config.shards),
            *(env.obs_size, env.action_size),
            terms=self.term_shapes(),
        )
        return jax.jit(make_empty, out_shardings=self.shardings().replay)()

    def term_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the environment's terms in the replay buffer, by name."""
        terms = jax.eval_shape(self.env.reset, jax.random.key(0)).terms
        return {name: terms[name].shape for name in self.reward_fn.kept_terms}

    # ---- parts of an epoch

    def _collect(
        self, actor: Learner | RandomActor, state: TrainState, key: jax.Array
    ) -> tuple[TrainState, Transitions, EpisodeStats]:
        """One round of collection, seen by the reward function; the replay left as it is."""
        keys = jax.random.split(key, self.config.shards)
        split, whole = P(AXIS), P()
        run = jax.shard_map(
            partial(collect, self.env, self.reward_fn, actor, steps=self.config.collect_steps),
            mesh=self.mesh,
            in_specs=(whole, split, split, split),
            out_specs=split,
            check_vma=False,
        )
        env, acting, (kept, tally) = run(state.agent.params, state.env, state.acting, keys)
        reward = self.reward_fn.update(state.reward, kept)
        return state.replace(env=env, acting=acting, reward=reward), kept, tally

    def sample_batches(self, replay: ReplayBuffer, key: jax.Array) -> Sequences:
        """Batches for one round's updates `[U, H, B, ...]`."""
        feed: Any = self._feed
        starts = sequence_starts(replay, feed.horizon)
        draw = partial(sample, replay, starts, batch=feed.batch, horizon=feed.horizon)
        return jax.vmap(draw)(jax.random.split(key, self.updates_per_round))

    def update_agent(
        self, state: Any, reward: Any, batches: Sequences, key: jax.Array
    ) -> tuple[Any, dict[str, jax.Array]]:
        """One round's updates under the current reward function; metrics `[U]`.

        Args:
          state: the learner's.
          reward: state of the reward function.
          batches: `[U, H, B, ...]`.
        """

        def one(state: Any, inputs: tuple[Sequences, jax.Array]) -> Any:
            drawn, key = inputs
            batch = drawn.replace(reward=self.reward_fn.reward(reward, drawn))
            return self.learner.update(state, batch, key)

        keys = jax.random.split(key, len(batches.reward))
        return jax.lax.scan(one, state, (batches, keys))

    # ---- epochs

    def _epoch_function(self, seeding: bool) -> Any:
        actor = RandomActor(self.env.action_size) if seeding else self.learner
        if self._host:
            return self._epoch_over_host(actor, seeding)

        def one_round(state: TrainState, key: jax.Array) -> Any:
            collect_key, sample_key, update_key = jax.random.split(key, 3)
            state, kept, tally = self._collect(actor, state, collect_key)
            if not self._on_policy:
                state = state.replace(replay=insert(state.replay, kept))
            if seeding:
                return state, (tally, {})
            if self._on_policy:
                batches = jax.tree.map(_time_first, kept)
            else:
                batches = self.sample_batches(state.replay, sample_key)
            batches = jax.lax.with_sharding_constraint(batches, self._batches)
            new, metrics = self.update_agent(state.agent, state.reward, batches, update_key)
            return state.replace(agent=new), (tally, metrics)

        def epoch(state: TrainState) -> tuple[TrainState, dict[str, jax.Array]]:
            key, epoch_key = jax.random.split(state.key)
            keys = jax.random.split(epoch_key, self.config.epoch_rounds)
            state, (tally, metrics) = jax.lax.scan(one_round, state, keys)
            learned = self.reward_fn.metrics(state.reward)
            return self._finished(state, key), _summary(tally, metrics) | learned

        shardings = self.shardings()
        return jax.jit(epoch, donate_argnums=0, out_shardings=(shardings, self._whole))

    def _epoch_over_host(self, actor: Learner | RandomActor, seeding: bool) -> Any:
        """An epoch with the replay in host memory, copied to and from it every round."""
        collect_ = jax.jit(partial(self._collect, actor), donate_argnums=0)
        insert_ = jax.jit(insert, donate_argnums=0)
        sample_ = jax.jit(self.sample_batches)
        update_ = jax.jit(self.update_agent, donate_argnums=0)
        cpu = self.shardings().replay

        def epoch(state: TrainState) -> tuple[TrainState, dict[str, jax.Array]]:
            key, epoch_key = jax.random.split(state.key)
            replay, tallies, rows = state.replay, [], []
            for round_key in jax.random.split(epoch_key, self.config.epoch_rounds):
                collect_key, sample_key, update_key = jax.random.split(round_key, 3)
                state, kept, tally = collect_(state.replace(replay=None), collect_key)
                replay = insert_(replay, jax.device_put(kept, cpu))
                tallies.append(tally)
                if not seeding:
                    batches = sample_(replay, jax.device_put(sample_key, cpu))
                    batches = jax.device_put(batches, self._batches)
                    new, metrics = update_(state.agent, state.reward, batches, update_key)
                    state = state.replace(agent=new)
                    rows.append(metrics)
            tally = jax.tree.map(lambda *x: jnp.stack(x), *tallies)
            metrics = jax.tree.map(lambda *x: jnp.stack(x), *rows) if rows else {}
            learned = self.reward_fn.metrics(state.reward)
            done = self._finished(state.replace(replay=replay), key)
            return done, _summary(tally, metrics) | learned

        return epoch

    @staticmethod
    def _finished(state: TrainState, key: jax.Array) -> TrainState:
        return state.replace(key=key, epoch=state.epoch + 1)


def _time_first(x: jax.Array) -> jax.Array:
    """One batch of a round's steps `[1, T, S * E, ...]` from `[S, T, E, ...]`."""
    x = jnp.swapaxes(x, 0, 1)
    return x.reshape(1, x.shape[0], -1, *x.shape[3:])


def _summary(tally: EpisodeStats, metrics: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """An epoch's metrics, scalars: means over its updates, and what collection counted."""
    means = {f"train/{name}": value.astype(jnp.float32).mean() for name, value in metrics.items()}
    return {**tally.as_metrics(), **means}
