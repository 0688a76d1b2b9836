"""The environments that a run trains in and is evaluated in: a task's own, or a skill's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from metaworldx.composition.affordances import targets_fn_of
from metaworldx.core.errors import UserError, nearest
from metaworldx.envs.env import Env
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig
from metaworldx.envs.wrappers.early_termination import EarlyTermination, with_early_termination
from metaworldx.experts.motion_library import MotionLibrary, build_motion_library
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv
from metaworldx.experts.skills import Skill, clips_of, skill_named
from metaworldx.residual.reference_schedule import ResidualConfig, residual_env_for
from metaworldx.training.config import TrainConfig

EnvMaker = Callable[[EnvConfig], Env]
"""Builds an environment with given time limit, auto-reset and safeguards."""


def skill_of(config: TrainConfig) -> Skill | None:
    """The skill that a run trains, with the run's settings over its own; None without one.

    Raises:
      UserError: unknown skill or setting.
    """
    if config.skill is None:
        return None
    skill = skill_named(config.skill)
    imitation = _with(skill.imitation, "imitation", config.imitation_settings)
    return _with(dataclasses.replace(skill, imitation=imitation), "skill", config.skill_settings)


def training_env(config: TrainConfig) -> Env:
    """The environment that a run trains in."""
    skill = skill_of(config)
    plain = make(
        config.task, config.backend, config.collisions, EnvConfig(), worlds=config.num_envs
    )
    if skill is not None:
        return MotionTrackingEnv(plain, _followed(plain, skill), skill)
    early = with_early_termination(
        plain, EarlyTermination(config.end_head_below_m, config.end_pelvis_below_m)
    )
    return _guided(early, config, config.num_envs)


def evaluation_env(
    config: TrainConfig, task: str | None = None, collisions: str | None = None
) -> EnvMaker:
    """Builds what a run is evaluated in: native MuJoCo, the task's own start, end and reward.

    Args:
      task: another than the run's own.
      collisions: another set than the run's own.
    """
    return partial(_evaluation_env, config, task or config.task, collisions or config.collisions)


def _evaluation_env(
    config: TrainConfig, task: str, collisions: str | None, settings: EnvConfig
) -> Env:
    return acting_in(make(task, "native", collisions, settings), config)


def acting_in(env: Env, config: TrainConfig) -> Env:
    """A task's environment as a run's agent acts in it: with its skill's clips, if it has one."""
    skill = skill_of(config)
    if skill is None:
        return _guided(env, config, None)
    refs = _followed(env, skill)
    return MotionTrackingEnv(env, refs, skill, training=False, asks=targets_fn_of(env))


def guide_of(config: TrainConfig) -> ResidualConfig:
    """How composed experts guide a run's agent.

    Raises:
      UserError: unknown setting, or one of another type.
    """
    return _with(ResidualConfig(), "guide", config.guide_settings)


def _guided(env: Env, config: TrainConfig, num_envs: int | None) -> Env:
    if config.guide is None:
        return env
    return residual_env_for(env, config.guide, guide_of(config), num_envs)


def _followed(env: Env, skill: Skill) -> MotionLibrary:
    return build_motion_library(env.task.robot.spec.model, clips_of(skill), skill.then)


def _with(base: Any, kind: str, settings: dict[str, Any]) -> Any:
    """A dataclass of settings with some replaced, each by a value of its field's type."""
    known = {
        name: wanted
        for name, wanted in get_type_hints(type(base)).items()
        if name not in ("imitation", "name")
    }
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    for name, value in plain.items():
        if name not in known:
            raise UserError(nearest(f"{kind} setting", name, known))
        kinds = _kinds(known[name])
        if not isinstance(value, (*kinds, int) if float in kinds else kinds):
            wanted = " or ".join(_KINDS.get(each, each.__name__) for each in kinds)
            raise UserError(f"{kind} setting {name} is {settings[name]!r}; needs {wanted}")
    return dataclasses.replace(base, **plain)


def _kinds(hint: Any) -> tuple[type, ...]:
    """The classes that a field's values may have."""
    return get_args(hint) if get_origin(hint) is UnionType else (get_origin(hint) or hint,)


_KINDS = {float: "a number", int: "an integer", str: "a text", tuple: "a list", NoneType: "null"}
