"""Training throughput: control steps and updates per second of the training loop, with shares."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax

from metaworldx.core.errors import UserError
from metaworldx.training.config import TrainConfig
from metaworldx.training.epoch_runner import EpochRunner, TrainState
from metaworldx.training.trainer import runner_for


@dataclass(frozen=True)
class TrainThroughput:
    """One measurement of `bench train`.

    Attributes:
      env: the environment's id.
      backend: of the physics.
      agent: size of the agent.
      act_with: the acting policy.
      num_envs, batch, updates_per_round: sizes of the loop.
      steps_per_second: control steps per second over all environments, median of the epochs.
      updates_per_second: updates per second, median of the epochs.
      physics_share: time of the same epoch with random actions and without updates, relative to
        the whole epoch's.
      updating_share: the same for its sampling and updates alone.
      acting_share: the rest: the agent's actions.
      compile_seconds: time of the first epochs in excess of a later one's.
      replay_bytes: memory of the replay buffer.
    """

    env: str
    backend: str
    agent: str
    act_with: str
    num_envs: int
    batch: int
    updates_per_round: int
    steps_per_second: float
    updates_per_second: float
    physics_share: float
    updating_share: float
    acting_share: float
    compile_seconds: float
    replay_bytes: int


def measure_train(config: TrainConfig, rounds: int = 5) -> TrainThroughput:
    """Times whole epochs, their physics alone and their updates alone, alternately.

    Raises:
      UserError: settings that do not fit, or fewer than one round.
    """
    if rounds < 1:
        raise UserError(f"rounds is {rounds}; needs at least 1")
    if config.replay_on != "device":
        raise UserError("bench train measures the replay on device; replay_on must be 'device'")
    loop = runner_for(config)
    updates_only = jax.jit(partial(_updates, loop), donate_argnums=0)
    state = loop.init(config.seed)
    size = sum(leaf.nbytes for leaf in jax.tree.leaves(state.replay))
    first: list[float] = []
    later: dict[str, list[float]] = {"physics": [], "whole": [], "updating": []}
    for number in range(rounds + 1):
        for name, run in (
            ("physics", loop.seed_epoch),
            ("whole", loop.epoch),
            ("updating", updates_only),
        ):
            begin = time.perf_counter()
            state, _ = jax.block_until_ready(run(state))
            seconds = time.perf_counter() - begin
            if number:
                later[name].append(seconds)
            elif name != "updating":
                first.append(seconds)
    seconds = {name: statistics.median(times) for name, times in later.items()}
    whole = seconds["whole"]
    physics, updating = seconds["physics"] / whole, seconds["updating"] / whole
    return TrainThroughput(
        env=loop.env.id,
        backend=loop.env.physics.name,
        agent=config.agent.size,
        act_with=config.agent.act_with,
        num_envs=config.num_envs,
        batch=config.batch,
        updates_per_round=config.updates_per_round,
        steps_per_second=config.steps_per_epoch / whole,
        updates_per_second=config.updates_per_round * config.epoch_rounds / whole,
        physics_share=physics,
        updating_share=updating,
        acting_share=max(0.0, 1.0 - physics - updating),
        compile_seconds=max(0.0, sum(first) - whole - seconds["physics"]),
        replay_bytes=size,
    )


def _updates(loop: EpochRunner, state: TrainState) -> tuple[TrainState, Any]:
    """An epoch's sampling and updates without its collection."""

    def one_round(state: TrainState, key: jax.Array) -> Any:
        sample_key, update_key = jax.random.split(key)
        batches = loop.sample_batches(state.replay, sample_key)
        new, metrics = loop.update_agent(state.agent, state.reward, batches, update_key)
        return state.replace(agent=new), metrics

    key, round_key = jax.random.split(state.key)
    keys = jax.random.split(round_key, loop.config.epoch_rounds)
    state, metrics = jax.lax.scan(one_round, state, keys)
    return state.replace(key=key), metrics
