"""Building an environment from its id."""

from __future__ import annotations

from metaworldx.core.errors import UserError, nearest
from metaworldx.envs.env import Env
from metaworldx.envs.registry import parse_id
from metaworldx.envs.state import EnvConfig
from metaworldx.sim.backends import make_physics, resolve_backend
from metaworldx.sim.model import COLLISION_SETS, model_spec, set_mjx_limits


def make(
    env_id: str,
    backend: str = "auto",
    collisions: str | None = None,
    config: EnvConfig = EnvConfig(),
    *,
    solver_iterations: tuple[int, int] | None = None,
    worlds: int | None = None,
) -> Env:
    """An environment by HumanoidBench's id, e.g. `h1-walk-v0` (the suffix may be left out).

    Args:
      env_id: robot and task, listed by `metaworldx envs`.
      backend: auto (warp or mjx on an accelerator, native on a CPU), native, mjx or warp.
      collisions: how much of the robot collides: feet, body or full (self-collisions too);
        None takes `body`, or the task's own least set where that is more.
      config: time limit, auto-reset, randomisation and safeguards.
      solver_iterations: constraint solver's iterations and line-search iterations; None takes
        the backend's default.
      worlds: the most environments that may run at once; warp, whose buffers grow with them,
        refuses more. None is any number: the batch itself sizes them.

    Raises:
      UserError: unknown id, backend or collision set (the message names the nearest), or a
        collision set so small that the task's rewards would change.
    """
    spec, cls = parse_id(env_id)
    backend = resolve_backend(backend)
    collisions = _collisions(env_id, cls.min_collisions, collisions)
    native = backend == "native"
    model = model_spec(spec.name, cls.scene, collisions, visuals=False, native=native)
    if not native:
        set_mjx_limits(model)
        solver_iterations = solver_iterations or cls.mjx_solver
    if solver_iterations is not None:
        model.option.iterations, model.option.ls_iterations = solver_iterations
    physics = make_physics(backend, model, cls.contact_rules, worlds)
    task = cls(spec, physics.layout)
    suffix = "" if env_id.endswith("-v0") else "-v0"
    return Env(env_id + suffix, task, physics, config, collisions)


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
