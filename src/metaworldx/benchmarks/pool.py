"""Pool throughput: all experts in one call, compared with one call per expert."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.agents.tdmpc2.config import AgentConfig
from metaworldx.agents.tdmpc2.learner import init
from metaworldx.benchmarks.roofline import at_least_one
from metaworldx.core.errors import UserError
from metaworldx.experts.expert import Expert, acting_part, acting_sizes
from metaworldx.experts.pool import ExpertPool
from metaworldx.experts.skills import SKILLS, clips_of, skill_named
from metaworldx.motion.kinematics import robot_tree


@dataclass(frozen=True)
class PoolThroughput:
    """One measurement of `bench pool`.

    Attributes:
      experts: their number.
      robots: observations per call.
      pool_seconds, loop_seconds: medians of one call for all experts, and of one call per expert.
      speedup: ratio of the latter to the former.
      actions_per_second: of all experts, in one call.
    """

    experts: int
    robots: int
    pool_seconds: float
    loop_seconds: float
    speedup: float
    actions_per_second: float


def random_experts(count: int, width: int = 128, seed: int = 0) -> list[Expert]:
    """Experts of the first `count` skills with random weights, `width` wide.

    Raises:
      UserError: fewer than one, or more than the number of skills.
    """
    if not 1 <= count <= len(SKILLS):
        raise UserError(f"experts is {count}; needs 1 to {len(SKILLS)}")
    joints = len(robot_tree("h1").joints)
    sizes = acting_sizes(
        AgentConfig(
            obs_size=39 + 2 * joints,
            action_size=joints,
            encoder_size=width,
            latent_size=width,
            hidden_size=width,
            normalise_obs=True,
        )
    )
    experts = []
    for n, name in enumerate(list(SKILLS)[:count]):
        skill = skill_named(name)
        params = acting_part(init(sizes, jax.random.key(seed + n)).params)
        experts.append(Expert(skill, sizes, params, tuple(clips_of(skill)), {}))
    return experts


def measure_pool(
    experts: list[Expert], robots: Sequence[int] = (16,), rounds: int = 50, seed: int = 0
) -> Iterator[PoolThroughput]:
    """Times both alternately on the same robots, including observations from their states.

    Args:
      robots: numbers of robots, one measurement each.

    Raises:
      UserError: fewer than one robot or round.
    """
    for count in robots:
        at_least_one(robots=count, rounds=rounds)
    pool, alone = ExpertPool(experts), [ExpertPool([expert]) for expert in experts]
    for count in robots:
        yield _measured(pool, alone, count, rounds, seed)


def _measured(
    pool: ExpertPool, alone: list[ExpertPool], robots: int, rounds: int, seed: int
) -> PoolThroughput:
    draw = np.random.default_rng(seed)
    stand = pool.experts[0].clips[0].qpos[0]
    qpos = np.tile(stand, (robots, 1))
    qpos[:, 7:] += 0.1 * draw.normal(size=(robots, len(stand) - 7))
    qpos, qvel = jnp.asarray(qpos), jnp.asarray(draw.normal(size=(robots, 25)), jnp.float32)
    together, *each = [_acting(one, qpos, qvel) for one in (pool, *alone)]

    def at_once() -> Any:
        return together[0](together[1], qpos, qvel)

    def in_turn() -> Any:
        return [act(motion, qpos, qvel) for act, motion in each]

    seconds: dict[str, list[float]] = {"pool": [], "loop": []}
    for way in (at_once, in_turn):
        jax.block_until_ready(way())
    for _ in range(rounds):
        seconds["pool"].append(_timed(at_once))
        seconds["loop"].append(_timed(in_turn))
    pool_seconds, loop_seconds = (statistics.median(seconds[way]) for way in ("pool", "loop"))
    return PoolThroughput(
        experts=len(pool),
        robots=robots,
        pool_seconds=pool_seconds,
        loop_seconds=loop_seconds,
        speedup=loop_seconds / pool_seconds,
        actions_per_second=len(pool) * robots / pool_seconds,
    )


def _acting(pool: ExpertPool, qpos: jax.Array, qvel: jax.Array) -> tuple[Any, Any]:
    """A pool's call, compiled, and what its experts follow in that state."""
    begin = jax.jit(lambda *state: pool.begin(pool.body_frame(*state)))
    act = jax.jit(lambda motion, *state: pool.act(motion, pool.body_frame(*state)))
    return act, begin(qpos, qvel)


def _timed(way: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    jax.block_until_ready(way())
    return time.perf_counter() - begin
