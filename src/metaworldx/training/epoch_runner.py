"""The loop: rounds of scanned collection and scanned updates, one jitted call an epoch.

Environments and replay are split along one mesh axis `env`; parameters are replicated. One
device is the same code. Collection runs per device (so that the native backend's callback gets
each device's own environments), updates as one program over the whole batch.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from metaworldx.agents import tdmpc2
from metaworldx.core.errors import UserError, nearest
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.experts.environments import training_env
from metaworldx.training.collect import (
    Actor,
    EpisodeStats,
    Plan,
    agent_actor,
    collect,
    random_actor,
)
from metaworldx.training.config import TrainConfig
from metaworldx.training.replay_buffer import (
    ReplayBuffer,
    Sequences,
    Transitions,
    init_replay,
    insert,
    sample,
    sequence_starts,
)
from metaworldx.training.reward_relabeling import reward_fn_of

AXIS = "env"


@struct.dataclass
class TrainState:
    """All that a run carries from epoch to epoch.

    Attributes:
      agent: parameters, optimisers and their bookkeeping (`agent.AgentState`).
      env: environments `[S, E, ...]`.
      plan: plans of the environments in which MPPI acts `[S, planning_envs, ...]`, or None.
      replay: the ring.
      objective: what the objective has learned on the way, or None.
      key: random key from which each epoch takes its own.
      epoch: epochs done, int32.
    """

    agent: Any
    env: EnvState
    plan: Plan
    replay: ReplayBuffer
    objective: Any
    key: jax.Array
    epoch: jax.Array


def agent_config_for(config: TrainConfig, env: Env) -> Any:
    """The agent's settings for an environment: its size's, with the run's over them.

    Raises:
      UserError: unknown size or setting.
    """
    base = tdmpc2.preset(config.agent, env.obs_size, env.action_size, env.max_episode_steps)
    planner = _with("planner", base.planner, config.planner_settings)
    settings: dict[str, Any] = {"horizon": config.horizon, **config.agent_settings}
    if config.action_penalty:
        settings["guidance_weight"] = config.action_penalty
    if config.decay_rate:
        settings.setdefault("decay_updates", config.updates)
    return _with("agent", dataclasses.replace(base, planner=planner), settings)


def _with(kind: str, base: Any, settings: dict[str, Any]) -> Any:
    """A config with some of its plain fields replaced."""
    known = [f.name for f in dataclasses.fields(base) if f.name != "planner"]
    for name, value in settings.items():
        if name not in known:
            raise UserError(nearest(f"{kind} setting", name, known))
        if not isinstance(value, (bool, int, float, str)):
            raise UserError(f"{kind} setting {name} is {value!r}; needs a number, a name or true")
    return dataclasses.replace(base, **settings)


def planning_config_for(config: TrainConfig, agent_config: Any) -> Any:
    """The agent's settings for planning, which may look further ahead than training does."""
    return dataclasses.replace(agent_config, horizon=config.plan_horizon or config.horizon)


class EpochRunner:
    """The jitted functions of one run; it holds no state of its own."""

    def __init__(self, config: TrainConfig, devices: list[Any] | None = None):
        """Builds environment and agent.

        Args:
          config: checked settings.
          devices: that carry the shards; None takes all there are.

        Raises:
          UserError: unknown names, or devices that do not divide the shards.
        """
        devices = jax.devices() if devices is None else devices
        if config.shards % len(devices):
            raise UserError(
                f"{config.shards} shards over {len(devices)} devices; must be a multiple"
            )
        if config.replay_on == "host" and jax.process_count() > 1:
            raise UserError("replay_on 'host' works on one host only; use 'device'")
        self.config = config
        self.env = training_env(config)
        self.objective = reward_fn_of(self.env)
        if config.horizon > self.env.max_episode_steps:
            raise UserError(
                f"horizon {config.horizon} is longer than an episode of {self.env.id}, "
                f"{self.env.max_episode_steps} steps"
            )
        self.agent_config = agent_config_for(config, self.env)
        self.mesh = Mesh(np.array(devices), (AXIS,))
        self._host = config.replay_on == "host"
        self._split = NamedSharding(self.mesh, P(AXIS))
        self._whole = NamedSharding(self.mesh, P())
        # Batches of many updates: [U, H, B, ...].
        self._batches = NamedSharding(self.mesh, P(None, None, AXIS))
        self.planning_config = planning_config_for(config, self.agent_config)
        self._acting = agent_actor(self.planning_config, config.planning_envs)
        self._random = random_actor(self.env.action_size)
        self.seed_epoch = self._epoch_function(seeding=True)
        """(state) -> (state, metrics): an epoch of random actions without updates."""
        self.epoch = self._epoch_function(seeding=False)
        """(state) -> (state, metrics): an epoch of collection and updates."""

    # ---- the start

    def init(self, seed: int) -> TrainState:
        """The state before the first epoch."""
        config, env = self.config, self.env
        shards, per_shard = config.shards, config.num_envs // config.shards

        def begin(seed: jax.Array) -> tuple[Any, ...]:
            agent_key, env_key, key = jax.random.split(jax.random.key(seed), 3)
            plan = None
            if config.planning_envs:
                one = tdmpc2.init_plan(self.planning_config, config.planning_envs)
                plan = jax.tree.map(lambda x: jnp.broadcast_to(x, (shards, *x.shape)), one)
            return (
                tdmpc2.init(self.agent_config, agent_key),
                jax.random.split(env_key, (shards, per_shard)),
                plan,
                key,
                jnp.zeros((), jnp.int32),
            )

        places = (self._whole, self._split, self._split, self._whole, self._whole)
        state, env_keys, plan, key, epoch = jax.jit(begin, out_shardings=places)(np.int32(seed))
        reset = jax.shard_map(
            env.reset, mesh=self.mesh, in_specs=P(AXIS), out_specs=P(AXIS), check_vma=False
        )
        return TrainState(
            agent=state,
            env=jax.jit(reset)(env_keys),
            plan=plan,
            replay=self.empty_replay(),
            objective=jax.device_put(self.objective.init(), self._whole),
            key=key,
            epoch=epoch,
        )

    def shardings(self) -> TrainState:
        """Where each part of the state lives, as a prefix of its tree."""
        replay: Any = ReplayBuffer(self._split, self._whole, self._whole)  # pyright: ignore
        if self._host:
            replay = jax.sharding.SingleDeviceSharding(jax.local_devices(backend="cpu")[0])
        split: Any = self._split
        whole: Any = self._whole
        return TrainState(
            agent=whole,
            env=split,
            plan=split,
            replay=replay,
            objective=whole,
            key=whole,
            epoch=whole,
        )

    def empty_replay(self) -> ReplayBuffer:
        """A ring without steps, where the run keeps its replay."""
        config, env = self.config, self.env
        make_empty = partial(
            init_replay,
            *(config.shards, config.slots, config.num_envs // config.shards),
            *(env.obs_size, env.action_size),
            terms=self.term_shapes(),
        )
        return jax.jit(make_empty, out_shardings=self.shardings().replay)()

    def term_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the environment's terms that the replay keeps, by name."""
        terms = jax.eval_shape(self.env.reset, jax.random.key(0)).terms
        return {name: terms[name].shape for name in self.objective.kept}

    # ---- parts of an epoch

    def _collect(
        self, actor: Actor, state: TrainState, key: jax.Array
    ) -> tuple[TrainState, Transitions, EpisodeStats]:
        """One round of collection, seen by the objective; the replay left as it is."""
        keys = jax.random.split(key, self.config.shards)
        split, whole = P(AXIS), P()
        run = jax.shard_map(
            partial(collect, self.env, self.objective, actor, steps=self.config.collect_steps),
            mesh=self.mesh,
            in_specs=(whole, split, split, split),
            out_specs=split,
            check_vma=False,
        )
        env, plan, (kept, tally) = run(state.agent.params, state.env, state.plan, keys)
        objective = self.objective.seen(state.objective, kept)
        return state.replace(env=env, plan=plan, objective=objective), kept, tally

    def sample_batches(self, replay: ReplayBuffer, key: jax.Array) -> Sequences:
        """Batches for one round's updates `[U, H, B, ...]`."""
        config = self.config
        starts = sequence_starts(replay, config.horizon)
        draw = partial(sample, replay, starts, batch=config.batch, horizon=config.horizon)
        return jax.vmap(draw)(jax.random.split(key, config.updates_per_round))

    def update_agent(
        self, state: Any, objective: Any, batches: Sequences, key: jax.Array
    ) -> tuple[Any, dict[str, jax.Array]]:
        """One round's updates under the objective's rewards of today; metrics `[U]`."""

        def one(state: Any, inputs: tuple[Sequences, jax.Array]) -> Any:
            drawn, key = inputs
            reward = self.objective.reward(objective, drawn)
            batch = tdmpc2.Batch(drawn.obs, drawn.action, reward, drawn.terminated)
            if self.config.action_penalty:
                # The guidance term with the middle of every actuator's range as its reference.
                still = jnp.zeros((*drawn.obs.shape[:-1], drawn.action.shape[-1]))
                batch = batch.replace(guidance=still)
            return tdmpc2.update(self.agent_config, state, batch, key)

        keys = jax.random.split(key, self.config.updates_per_round)
        return jax.lax.scan(one, state, (batches, keys))

    # ---- epochs

    def _epoch_function(self, seeding: bool) -> Any:
        actor = self._random if seeding else self._acting
        if self._host:
            return self._epoch_over_host(actor, seeding)

        def one_round(state: TrainState, key: jax.Array) -> Any:
            collect_key, sample_key, update_key = jax.random.split(key, 3)
            state, kept, tally = self._collect(actor, state, collect_key)
            state = state.replace(replay=insert(state.replay, kept))
            if seeding:
                return state, (tally, {})
            batches = self.sample_batches(state.replay, sample_key)
            batches = jax.lax.with_sharding_constraint(batches, self._batches)
            new, metrics = self.update_agent(state.agent, state.objective, batches, update_key)
            return state.replace(agent=new), (tally, metrics)

        def epoch(state: TrainState) -> tuple[TrainState, dict[str, jax.Array]]:
            key, epoch_key = jax.random.split(state.key)
            keys = jax.random.split(epoch_key, self.config.epoch_rounds)
            state, (tally, metrics) = jax.lax.scan(one_round, state, keys)
            learned = self.objective.metrics(state.objective)
            return self._finished(state, key), _summary(tally, metrics) | learned

        places = self.shardings()
        return jax.jit(epoch, donate_argnums=0, out_shardings=(places, self._whole))

    def _epoch_over_host(self, actor: Actor, seeding: bool) -> Any:
        """The same epoch with the replay in host memory: a round crosses to it and back."""
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
                    new, metrics = update_(state.agent, state.objective, batches, update_key)
                    state = state.replace(agent=new)
                    rows.append(metrics)
            tally = jax.tree.map(lambda *x: jnp.stack(x), *tallies)
            metrics = jax.tree.map(lambda *x: jnp.stack(x), *rows) if rows else {}
            learned = self.objective.metrics(state.objective)
            done = self._finished(state.replace(replay=replay), key)
            return done, _summary(tally, metrics) | learned

        return epoch

    @staticmethod
    def _finished(state: TrainState, key: jax.Array) -> TrainState:
        return state.replace(key=key, epoch=state.epoch + 1)


def _summary(tally: EpisodeStats, metrics: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """An epoch's metrics, scalars: means over its updates, and what collection counted."""
    means = {f"train/{name}": value.astype(jnp.float32).mean() for name, value in metrics.items()}
    return {**tally.as_metrics(), **means}
