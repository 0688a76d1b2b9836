"""Environment: pure `reset` and `step` over any backend, with auto-reset and divergence checks."""

from __future__ import annotations

import copy
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.envs.actions import actuator_units, normalize_action
from metaworldx.envs.domain_randomization import no_variation
from metaworldx.envs.falling import fallen
from metaworldx.envs.state import Divergence, EnvConfig, EnvState, select
from metaworldx.envs.task import Task, TaskState
from metaworldx.sim.data import SimData
from metaworldx.sim.physics import SUBSTEPS, Physics, PhysicsState, initial_state


class Env:
    """A task on a physics backend, as pure functions.

    `reset` and `step` may be jitted, vmapped and scanned on every backend. Given keys or
    actions with leading dimensions they vmap themselves.
    """

    def __init__(
        self,
        env_id: str,
        task: Task,
        physics: Physics,
        config: EnvConfig = EnvConfig(),
        collisions: str = "body",
    ):
        """Puts a task on a physics backend; `make` does this from an id."""
        self.id = env_id
        self.collisions = collisions
        self.task = task
        self.physics = physics
        self.config = config
        self.max_episode_steps = config.max_episode_steps or task.max_episode_steps
        model = physics.model
        self._ctrl_low = np.asarray(model.actuator_ctrlrange[:, 0], np.float32)
        self._ctrl_high = np.asarray(model.actuator_ctrlrange[:, 1], np.float32)
        self.action_size: int = model.nu
        self.dt = float(model.opt.timestep) * SUBSTEPS
        """Seconds in a control step."""
        shapes = jax.eval_shape(self._reset, jax.random.key(0))
        self.obs_size: int = shapes.obs.shape[-1]

    # ---- public functions

    def reset(self, key: jax.Array) -> EnvState:
        """A new environment at the start of an episode.

        Args:
          key: a typed random key (`jax.random.key`), or an array of them for a batch.

        Raises:
          UserError: an empty array of keys.
        """
        if 0 in key.shape:
            raise UserError("no keys, so 0 environments; needs at least 1")
        if not jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
            key = jax.random.wrap_key_data(key)
        function = self._reset
        for _ in range(key.ndim):
            function = jax.vmap(function)
        return function(key)

    def step(self, state: EnvState, action: jax.Array) -> EnvState:
        """One control step of 0.02 s.

        Args:
          state: from `reset` or `step`, with any leading dimensions.
          action: in [-1, 1], clipped, mapped linearly onto each actuator's range `[action_size]`,
            with the same leading dimensions. An environment whose action holds NaN or infinity
            (known only inside of jit) counts as diverged at this step.

        Raises:
          UserError: the action's shape does not fit, or (outside of jit) it holds NaN or infinity.
        """
        action = self._checked(action, state.reward.shape)
        function = self._step
        for _ in range(state.reward.ndim):
            function = jax.vmap(function)
        return function(state, action)

    def robot_observation(self, state: Any) -> jax.Array:
        """Proprioception of the robot in every task: qpos then qvel."""
        spec = self.task.robot.spec
        r = state.readings
        return jnp.concatenate([r.qpos[..., : spec.nq], r.qvel[..., : spec.nv]], axis=-1)

    def ctrl(self, action: jax.Array) -> jax.Array:
        """Actuator units of an action in [-1, 1] `[..., action_size]`."""
        low, high = jnp.asarray(self._ctrl_low), jnp.asarray(self._ctrl_high)
        return actuator_units(action, low, high)

    def ctrl_in(self, state: EnvState, action: jax.Array) -> jax.Array:
        """Actuator units of an action in one environment's state; here independent of the state."""
        del state
        return self.ctrl(action)

    def normalize_action(self, ctrl: jax.Array) -> jax.Array:
        """The action in [-1, 1] that commands `ctrl` `[..., action_size]`."""
        low, high = jnp.asarray(self._ctrl_low), jnp.asarray(self._ctrl_high)
        return normalize_action(ctrl, low, high)

    def reference_joints(self, state: EnvState) -> jax.Array | None:
        """Joint positions of the reference motion `[B, J]`, rad; None without a reference."""
        del state

    def with_task(self, task: Task) -> Self:
        """The same environment with another task of the same scene and observation."""
        other = copy.copy(self)
        other.task = task
        return other

    # ---- one environment

    def _checked(self, action: Any, batch: tuple[int, ...]) -> jax.Array:
        known = not isinstance(action, jax.core.Tracer)
        if known:
            action = np.asarray(action, np.float64)
        wanted = (*batch, self.action_size)
        if action.shape != wanted:
            raise UserError(f"action of shape {action.shape}; {self.id} takes {wanted}")
        dtype = jnp.result_type(float)
        if known:
            if not np.all(np.isfinite(action)):
                raise UserError(f"action holds NaN or infinity; {self.id} takes numbers in [-1, 1]")
            # What is finite must not become infinite on its way to the narrower type.
            most = float(jnp.finfo(dtype).max)
            action = np.clip(action, -most, most)
        return jnp.asarray(action, dtype)

    def _begin(
        self, key: jax.Array, needed: jax.Array | bool
    ) -> tuple[PhysicsState, SimData, TaskState, jax.Array]:
        start_key, vary_key, noise_key = jax.random.split(key, 3)
        layout, random = self.task.layout, self.config.randomisation
        variation = random.draw(vary_key, len(layout.bodies)) if random.varies_model else None

        def site_xpos(qpos: jax.Array) -> jax.Array:
            pos = jnp.asarray(layout.mocap_pos, qpos.dtype).reshape(-1, 3)
            quat = jnp.asarray(layout.mocap_quat, qpos.dtype).reshape(-1, 4)
            state = initial_state(qpos, jnp.zeros(layout.nv, qpos.dtype), pos, quat)
            if variation is not None:
                state = state.replace(variation=no_variation(variation))
            return self.physics.kinematics(state, needed)[2]

        begin = self.task.start(start_key, site_xpos)
        state = initial_state(begin.qpos, begin.qvel, begin.mocap_pos, begin.mocap_quat, variation)
        readings = self.physics.reset_data(state, needed)
        memory = self.task.on_reset(begin.memory, readings)
        obs = random.add_noise(noise_key, self.task.observe(readings, memory))
        return state, readings, memory, obs

    def _reset(self, key: jax.Array) -> EnvState:
        key, begin_key = jax.random.split(key)
        physics, readings, memory, obs = self._begin(begin_key, True)
        zero = jnp.zeros((), obs.dtype)
        no, none = jnp.zeros((), bool), jnp.zeros((), jnp.int32)
        out = jax.eval_shape(self.task.evaluate, readings, memory)
        kept = None
        if self.config.keep_divergence:
            kept = Divergence(
                jax.tree.map(jnp.zeros_like, physics), jnp.zeros(self.action_size, obs.dtype)
            )
        return EnvState(
            physics=physics,
            readings=readings,
            memory=memory,
            obs=obs,
            last_obs=obs,
            reward=zero,
            terminated=no,
            truncated=no,
            terms=jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), out.terms),
            success=no,
            success_subtasks=zero,
            fallen=no,
            diverged=no,
            divergences=none,
            steps=none,
            episode_return=zero,
            episode_success=no,
            finished_return=zero,
            finished_length=none,
            finished_success=no,
            key=key,
            divergence=kept,
        )

    def _step(self, state: EnvState, action: jax.Array) -> EnvState:
        random = self.config.randomisation
        key, begin_key, push_key, noise_key = jax.random.split(state.key, 4)
        before = state.physics
        if random.pushes:
            before = before.replace(qvel=random.push(push_key, before.qvel))
        # Clipped, an infinite action would pass for a sound one.
        acts = jnp.all(jnp.isfinite(action))
        ctrl = jnp.where(acts, self.ctrl_in(state, action), jnp.nan)
        physics, r = self.physics.step(before, ctrl)
        diverged = self._diverged(physics)
        physics = select(diverged, state.physics, physics)
        r = select(diverged, state.readings, r)

        out = self.task.evaluate(r, state.memory)
        remembered = out.memory if self.task.observes_new_memory else state.memory
        obs = random.add_noise(noise_key, self.task.observe(r, remembered))
        # A diverged step has no reward and is no termination of the task.
        reward = jnp.where(diverged, 0.0, out.reward)
        success = out.success & ~diverged
        steps = state.steps + 1
        terminated = out.terminated | diverged
        truncated = (steps >= self.max_episode_steps) & ~terminated
        done = terminated | truncated
        episode_return = state.episode_return + reward
        episode_success = state.episode_success | success
        new = state.replace(
            physics=physics,
            readings=r,
            memory=out.memory,
            obs=obs,
            last_obs=obs,
            reward=reward,
            terminated=terminated,
            truncated=truncated,
            terms=out.terms,
            success=success,
            success_subtasks=out.success_subtasks,
            fallen=fallen(self.task, r),
            diverged=diverged,
            divergences=state.divergences + diverged,
            steps=steps,
            episode_return=episode_return,
            episode_success=episode_success,
            finished_return=jnp.where(done, episode_return, state.finished_return),
            finished_length=jnp.where(done, steps, state.finished_length),
            finished_success=jnp.where(done, episode_success, state.finished_success),
            key=key,
        )
        if state.divergence is not None:
            black_box = Divergence(before, action)
            new = new.replace(divergence=select(diverged, black_box, state.divergence))
        return self._auto_reset(new, begin_key, done) if self.config.auto_reset else new

    def _auto_reset(self, state: EnvState, key: jax.Array, done: jax.Array) -> EnvState:
        physics, readings, memory, obs = self._begin(key, done)
        fresh = (physics, readings, memory, obs)
        running = (state.physics, state.readings, state.memory, state.obs)
        physics, readings, memory, obs = select(done, fresh, running)
        return state.replace(
            physics=physics,
            readings=readings,
            memory=memory,
            obs=obs,
            steps=jnp.where(done, 0, state.steps),
            episode_return=jnp.where(done, 0.0, state.episode_return),
            episode_success=state.episode_success & ~done,
        )

    def _diverged(self, physics: PhysicsState) -> jax.Array:
        finite = jnp.all(jnp.isfinite(physics.qpos)) & jnp.all(jnp.isfinite(physics.qvel))
        return ~finite | (jnp.max(jnp.abs(physics.qvel)) > self.config.max_qvel)
