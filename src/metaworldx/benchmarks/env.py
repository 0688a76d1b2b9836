"""Environment throughput: control steps per second, and those of the bare physics.

Both run the same states and controls alternately, so that their ratio is the environment's own
cost (observations, rewards, auto-reset), independent of how often robots have fallen.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from mujoco.batch import Batch

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.factory import make
from metaworldx.envs.rollout import RolloutStep, init_rollout, scan_rollout
from metaworldx.envs.state import EnvState
from metaworldx.sim.mjx import mjx
from metaworldx.sim.physics import SUBSTEPS, PhysicsState


@dataclass(frozen=True)
class EnvThroughput:
    """One measurement of `bench env`.

    Attributes:
      env: the environment's id.
      backend, collisions: of the physics.
      num_envs: environments stepped together.
      steps: control steps timed in each round.
      steps_per_second: control steps per second over all environments, median of the rounds.
      bare_steps_per_second: the same for the physics alone; None on warp, not measured there.
      overhead: ratio of environment time to physics time, minus one; median over the rounds.
      compile_seconds: tracing and compiling reset and step, caches included.
      episodes: episodes that ended during the measurement.
      divergences: simulations that diverged during it.
    """

    env: str
    backend: str
    collisions: str
    num_envs: int
    steps: int
    steps_per_second: float
    bare_steps_per_second: float | None
    overhead: float | None
    compile_seconds: float
    episodes: int
    divergences: int


def _timed(run: Callable[..., Any], *args: Any) -> tuple[float, Any]:
    begin = time.perf_counter()
    out = jax.block_until_ready(run(*args))
    return time.perf_counter() - begin, out


def measure_env(
    env_id: str,
    backend: str = "auto",
    num_envs: int = 256,
    collisions: str | None = None,
    steps: int = 50,
    rounds: int = 5,
    seed: int = 0,
) -> EnvThroughput:
    """Times an environment and its bare physics under uniform random actions.

    Raises:
      UserError: bad names, or fewer than one environment, step or round.
    """
    for name, value in (("num_envs", num_envs), ("steps", steps), ("rounds", rounds)):
        if value < 1:
            raise UserError(f"{name} is {value}; needs at least 1")
    env = make(env_id, backend, collisions, worlds=num_envs)
    reset, rollout = jax.jit(env.reset), _rollout(env)
    keys = iter(jax.random.split(jax.random.key(seed), rounds + 3))

    begin = time.perf_counter()
    state = jax.block_until_ready(reset(jax.random.split(next(keys), num_envs)))
    # The warm-up rollout also covers the robots' first, simultaneous fall.
    actions = _actions(env, next(keys), steps, num_envs)
    state, trace, _ = jax.block_until_ready(rollout(state, actions))
    first = time.perf_counter() - begin
    again, _ = _timed(rollout, state, _actions(env, next(keys), steps, num_envs))
    bare = _bare(env, num_envs)
    if bare is not None:
        _timed(bare, trace)

    env_times, bare_times, ended = [], [], np.zeros(2, int)
    for key in keys:
        actions = _actions(env, key, steps, num_envs)
        seconds, (state, trace, counts) = _timed(rollout, state, actions)
        env_times.append(seconds)
        if bare is not None:
            bare_times.append(_timed(bare, trace)[0])
        ended += np.asarray(counts)
    total = num_envs * steps
    return EnvThroughput(
        env=env.id,
        backend=env.physics.name,
        collisions=env.collisions,
        num_envs=num_envs,
        steps=steps,
        steps_per_second=total / statistics.median(env_times),
        bare_steps_per_second=total / statistics.median(bare_times) if bare else None,
        overhead=_overhead(env_times, bare_times) if bare else None,
        compile_seconds=max(first - again, 0.0),
        episodes=int(ended[0]),
        divergences=int(ended[1]),
    )


def _overhead(env_times: list[float], bare_times: list[float]) -> float:
    ratios = [ours / theirs for ours, theirs in zip(env_times, bare_times, strict=True)]
    return statistics.median(ratios) - 1.0


Trace = tuple[PhysicsState, jax.Array]
"""States before each control step and the ctrl applied, time first: `[T, B, ...]`."""


def _actions(env: Env, key: jax.Array, steps: int, num_envs: int) -> jax.Array:
    """Random actions, sampled in advance: the policy is not part of the environment's cost."""
    shape = (steps, num_envs, env.action_size)
    return jax.block_until_ready(jax.random.uniform(key, shape, minval=-1.0))


def _rollout(env: Env) -> Callable[[EnvState, jax.Array], tuple[EnvState, Trace, jax.Array]]:
    @jax.jit
    def rollout(state: EnvState, actions: jax.Array) -> tuple[EnvState, Trace, jax.Array]:
        begin = init_rollout(state)
        end, (trace, counts) = scan_rollout(env, act, record, None, begin, actions)
        return end.env, trace, counts.sum(axis=0)

    def act(params: None, carry: None, state: EnvState, action: jax.Array) -> Any:
        return action, carry, None

    def record(step: RolloutStep) -> tuple[Trace, jax.Array]:
        counts = jnp.stack([step.after.done.sum(), step.after.diverged.sum()])
        return (step.before.physics, env.ctrl(step.action)), counts

    return rollout


def _bare(env: Env, num_envs: int) -> Callable[[Trace], Any] | None:
    if env.physics.name == "native":
        return _bare_native(env, num_envs)
    return _bare_mjx(env) if env.physics.name == "mjx" else None


def _bare_native(env: Env, num_envs: int) -> Callable[[Trace], Any]:
    batch = Batch(env.physics.model, nsim=num_envs)
    qpos, qvel, warmstart, ctrl = (
        batch.bind(name) for name in ("qpos", "qvel", "qacc_warmstart", "ctrl")
    )

    def run(trace: Trace) -> int:
        states, controls = jax.tree.map(np.asarray, trace)
        for t in range(len(controls)):
            qpos[:], qvel[:], warmstart[:] = (states.qpos[t], states.qvel[t], states.warmstart[t])
            ctrl[:] = controls[t]
            batch.step(nstep=SUBSTEPS)
        return 0

    return run


def _bare_mjx(env: Env) -> Callable[[Trace], Any]:
    model = mjx.put_model(env.physics.model, impl="jax")
    template = mjx.make_data(env.physics.model, impl="jax")

    @jax.jit
    def run(trace: Trace) -> jax.Array:
        def control_step(data: mjx.Data, state: PhysicsState, ctrl: jax.Array) -> mjx.Data:
            data = data.replace(
                qpos=state.qpos, qvel=state.qvel, qacc_warmstart=state.warmstart, ctrl=ctrl
            )
            return jax.lax.fori_loop(0, SUBSTEPS, lambda _, d: mjx.step(model, d), data)

        def one(data, inputs):
            return jax.vmap(control_step)(data, *inputs), None

        size = trace[1].shape[1]
        data = jax.tree.map(lambda x: jnp.broadcast_to(x, (size, *jnp.shape(x))), template)
        with jax.default_matmul_precision("highest"):
            return jax.lax.scan(one, data, trace)[0].qpos

    return run
