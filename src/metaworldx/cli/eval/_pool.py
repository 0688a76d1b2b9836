"""`metaworldx eval --router DIR` and `--teacher NAME`: a pool's experts, mixed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.composition.composer import GatingPolicy
    from metaworldx.composition.guidance_arrays import GuidanceArrays
    from metaworldx.composition.replanning import ReplanConfig
    from metaworldx.envs.registry import EnvId
    from metaworldx.evaluation.evaluator import Evaluator
    from metaworldx.vlm.base import Teacher
    from metaworldx.vlm.schema import Guidance, Question


@dataclass(frozen=True)
class Mixed:
    """Who mixes a pool's experts.

    Attributes:
      teacher: gemini, cached or offline; None takes what a router was trained with, else offline.
      router: folder of a router; None follows the teacher's weights.
      cache: folder of kept answers; None takes those that come with the package.
      pool: folder of the experts; None takes the shipped pool.
      fuse: folder of the task's agent, whose Q has a say; None has none.
      alpha, temperature: of that fusion.
      replan: seconds after which the teacher is asked again; 0 only at stages' ends, None never.
    """

    teacher: str | None
    router: Path | None
    cache: Path | None = None
    pool: Path | None = None
    fuse: Path | None = None
    alpha: float = 0.7
    temperature: float = 0.5
    replan: float | None = None


def evaluator_of(
    mixed: Mixed, task: str | None, episodes: int, collisions: str | None, seed: int
) -> tuple[Evaluator, Any, dict[str, Any]]:
    """What evaluates them in a task, its parameters (none), and whom it is about.

    Raises:
      UserError: no task, unknown names, a router or agent that does not fit.
    """
    from metaworldx.composition.gating import fusion_gating, router_gating, teacher_gating
    from metaworldx.composition.guidance_arrays import encode_guidance
    from metaworldx.composition.q_fusion import FusionConfig
    from metaworldx.composition.replanning import Replanner
    from metaworldx.envs.factory import make
    from metaworldx.envs.registry import EnvId
    from metaworldx.evaluation.controllers import ComposedController, ReplanningController
    from metaworldx.evaluation.evaluator import Evaluator
    from metaworldx.experts.pool import load_pool
    from metaworldx.residual.expert_q_values import expert_q_from_run
    from metaworldx.router.router import load_router

    if task is None:
        flag = "--teacher" if mixed.router is None else "--router"
        raise UserError(f"{flag} needs a task: --task h1-door, for instance")
    fusion = FusionConfig(mixed.alpha, mixed.temperature)
    env = EnvId.parse(task)
    router = None if mixed.router is None else load_router(mixed.router)
    value = None if mixed.fuse is None else expert_q_from_run(mixed.fuse, env)
    replanning = _replanning(mixed, env)
    teacher, question, answer = _asked(mixed, env)
    pool = load_pool(mixed.pool, env.robot_spec.model)
    guidance = encode_guidance(answer, pool.names)

    def chooser(guidance: GuidanceArrays) -> GatingPolicy:
        by_all = partial(router_gating, router, names=pool.names) if router else teacher_gating
        chosen = by_all(guidance)
        return chosen if value is None else fusion_gating(chosen, value, fusion)

    who = f"teacher {answer.teacher}" if router is None else f"router, teacher {answer.teacher}"
    who += "" if value is None else " and an agent's Q"
    if replanning is None:
        acts = partial(ComposedController, pool, chooser(guidance), guidance.confidence, who)
    else:
        milestones = env.task_class.milestone_names
        replanner = Replanner(teacher, question, answer, pool.names, milestones, replanning)
        acts = partial(ReplanningController, pool, chooser, replanner, who, look=_look(mixed))
    evaluator = Evaluator(acts, partial(make, env, "native", collisions), episodes, seed)
    about: dict[str, Any] = {
        "teacher": answer.teacher,
        "teacher_origin": answer.origin,
        "pool": "shipped" if mixed.pool is None else str(mixed.pool),
        "weights": {n: float(w) for n, w in zip(pool.names, guidance.prior, strict=True)},
    }
    if router is not None:
        about |= {"router": str(mixed.router), "router_record": router.record}
    if value is not None:
        about |= {"fuse": str(mixed.fuse), "alpha": mixed.alpha, "temperature": mixed.temperature}
    if mixed.replan is not None:
        about["replan"] = mixed.replan
    return evaluator, None, about


def _asked(mixed: Mixed, env: EnvId) -> tuple[Teacher, Question, Guidance]:
    """The teacher, what it was asked at the start, and what it said (or a router's has kept)."""
    from metaworldx.cli._teacher_options import question_for, settings_for
    from metaworldx.router.train import kept_guidance
    from metaworldx.vlm.factory import teachers_from

    answer = None
    if mixed.router is not None and mixed.teacher is None:
        answer = kept_guidance(mixed.router, env.text)
    teacher = teachers_from(mixed.teacher or "offline", mixed.cache, settings_for(None))
    shown = mixed.teacher == "gemini"
    question = question_for(env, None, None, mixed.pool, shown=shown and answer is None)
    return teacher, question, answer or teacher.ask(question)


def _replanning(mixed: Mixed, env: EnvId) -> ReplanConfig | None:
    from metaworldx.composition.replanning import ReplanConfig

    if mixed.replan is None:
        return None
    if not mixed.replan and not env.task_class.milestone_names:
        raise UserError(f"{env.text} has no milestones at which stages end; give --replan SECONDS")
    return ReplanConfig(mixed.replan or None)


def _look(mixed: Mixed) -> Callable[..., bytes | None] | None:
    """How Gemini is shown the present scene; others look at nothing."""
    if mixed.teacher != "gemini" or not os.environ.get("GEMINI_API_KEY"):
        return None
    from metaworldx.rendering.scene_images import look_at_state

    return look_at_state
