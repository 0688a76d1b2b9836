"""Factory of environments, from their ids."""

from __future__ import annotations

from collections.abc import Callable

from metaworldx.core.errors import UserError, nearest
from metaworldx.envs.env import Env
from metaworldx.envs.registry import EnvId
from metaworldx.envs.state import EnvConfig
from metaworldx.envs.task import Task
from metaworldx.sim.backends import make_physics, resolve_backend
from metaworldx.sim.model import COLLISION_SETS, model_spec, set_mjx_limits
from metaworldx.sim.model_index import ModelIndex

EnvMaker = Callable[[EnvConfig], Env]
"""Builds an environment with given time limit, auto-reset and safeguards."""


def make(
    env_id: str | EnvId,
    backend: str = "auto",
    collisions: str | None = None,
    config: EnvConfig = EnvConfig(),
    *,
    solver_iterations: tuple[int, int] | None = None,
    worlds: int | None = None,
) -> Env:
    """An environment by its id: HumanoidBench's `h1-walk-v0`, or a user's `my_pkg:MyTask`.

    Args:
      env_id: robot and task, listed by `metaworldx envs` (`-v0` may be left out), or
        `[ROBOT-]MODULE:CLASS` of a custom task.
      backend: auto (warp or mjx on an accelerator, native on a CPU), native, mjx or warp.
      collisions: how much of the robot collides: feet, body or full (self-collisions too);
        None takes `body`, or the task's own least set where that is more.
      config: time limit, auto-reset, randomisation and safeguards.
      solver_iterations: constraint solver's iterations and line-search iterations; None takes
        the backend's default.
      worlds: the most environments that may run at once; warp, whose buffers grow with them,
        refuses more. None is any number: the batch itself sizes them.

    Raises:
      UserError: unknown id, backend or collision set (the message names the nearest), a
        collision set so small that the task's rewards would change, or a custom task whose model
        or sizes do not fit.
    """
    env_id = EnvId.parse(env_id)
    spec, cls = env_id.robot_spec, env_id.task_class
    backend = resolve_backend(backend)
    collisions = _collisions(env_id.text, cls.min_collisions, collisions)
    native = backend == "native"
    model = model_spec(spec.model, cls.scene, collisions, visuals=False, native=native)
    if not native:
        set_mjx_limits(model)
        solver_iterations = solver_iterations or cls.mjx_solver
    if solver_iterations is not None:
        model.option.iterations, model.option.ls_iterations = solver_iterations
    physics = make_physics(backend, model, cls.contact_rules, worlds)
    return Env(env_id.text, _task(env_id, physics.layout), physics, config, collisions)


def _task(env_id: EnvId, layout: ModelIndex) -> Task:
    """The task in a compiled model; names that the model lacks are told in one line."""
    spec = env_id.robot_spec
    try:
        task = env_id.task_class(spec, layout)
    except KeyError as error:
        if env_id.builtin:
            raise
        raise UserError(f"{env_id.text}: {error.args[0]}") from None
    size = task.keyframe().size
    if size != layout.nq:
        raise UserError(
            f"{env_id.text}: its keyframe has {size} positions, its model {layout.nq}; "
            "RobotSpec.stand gives the robot's and Task.object_qpos what the scene adds"
        )
    return task


def _collisions(env_id: str, least: str, wanted: str | None) -> str:
    if wanted is None:
        return max("body", least, key=COLLISION_SETS.index)
    if wanted not in COLLISION_SETS:
        hint = f"one of {', '.join(COLLISION_SETS)}"
        raise UserError(nearest("collision set", wanted, COLLISION_SETS, hint))
    if COLLISION_SETS.index(wanted) < COLLISION_SETS.index(least):
        raise UserError(
            f"collision set {wanted!r} is too small for {env_id}: its rewards and terminations "
            f"need {least!r} or more"
        )
    return wanted
