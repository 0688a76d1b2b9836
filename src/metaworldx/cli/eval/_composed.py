"""Composed evaluation under a teacher's guidance, shared by `eval router` and `eval teacher`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from metaworldx.cli.eval._evaluation import EvalOptions, evaluate, task_env
from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.composition.replanning import ReplanConfig
    from metaworldx.envs.env import Env
    from metaworldx.envs.registry import EnvId
    from metaworldx.evaluation.controllers import Controller
    from metaworldx.experts.pool import ExpertPool
    from metaworldx.router.router_gating import Gating
    from metaworldx.vlm.base import Teacher
    from metaworldx.vlm.schema import Guidance, Question

_ALPHA, _TEMPERATURE = 0.7, 0.5


@dataclass(frozen=True)
class ComposedOptions:
    """Options of a composition: task, pool, fusion and replanning.

    Attributes:
      task: environment, e.g. h1-door.
      pool: folder of a pool of experts; default the shipped one.
      cache: folder of cached answers (metaworldx vlm cache); default the shipped ones.
      fuse: folder of an agent trained in the task (metaworldx train agent, with or without a
        guide): weights are fused with its Q-values of every expert.
      alpha: share of the router's or teacher's weights in that, 0 to 1.
      temperature: of the softmax over Q, in standard deviations among the experts.
      replan: replanning with the teacher at stages' ends and at this interval in seconds (0: at
        stages' ends only).
    """

    task: str
    pool: Path | None = None
    cache: Path | None = None
    fuse: Path | None = None
    alpha: float = _ALPHA
    temperature: float = _TEMPERATURE
    replan: float | None = None

    def check(self) -> None:
        """Raises UserError if settings of the fusion are given without it."""
        for name, default in (("alpha", _ALPHA), ("temperature", _TEMPERATURE)):
            if self.fuse is None and getattr(self, name) != default:
                raise UserError(f"--{name} is for --fuse; give that too")


def evaluate_composed(
    options: EvalOptions, composed: ComposedOptions, teacher: str | None, router: Path | None
) -> int:
    """Evaluates a pool's experts mixed by a router, or by the teacher's weights alone.

    Args:
      teacher: gemini, cached or offline; None takes what a router was trained with, else offline.
      router: folder of a router; None follows the teacher's weights.

    Raises:
      UserError: unknown names, a router or agent that does not fit.
    """
    options.check()
    composed.check()
    from metaworldx.composition.q_fusion import FusionConfig
    from metaworldx.envs.registry import EnvId
    from metaworldx.experts.pool import load_pool
    from metaworldx.residual.expert_q_values import expert_q_from_run
    from metaworldx.router.router_gating import gating_from

    env_id = EnvId.parse(composed.task)
    fusion = FusionConfig(composed.alpha, composed.temperature)
    value = None if composed.fuse is None else expert_q_from_run(composed.fuse, env_id)
    replanning = _replanning(composed, env_id)
    teaching = _teaching(composed, env_id, teacher, router)
    pool = load_pool(composed.pool, env_id.robot_spec.model)
    by = "teacher" if router is None else "router"
    gating = gating_from(by, pool.names, env_id.text, router, teaching.answer)
    if value is not None:
        gating = gating.fused(value, fusion)
    about = _about(composed, gating, pool.names, router)
    acts = _controller(teacher, pool, gating, teaching, env_id, replanning)
    return evaluate(options, acts, task_env(env_id, options), about)


class _Teaching(NamedTuple):
    """A teacher, its question at the start, and the answer stored with a router."""

    teacher: Teacher
    question: Question
    kept: Guidance | None

    def answer(self) -> Guidance:
        """The stored answer, or the teacher's current one."""
        return self.kept or self.teacher.ask(self.question)


def _teaching(
    composed: ComposedOptions, env_id: EnvId, teacher: str | None, router: Path | None
) -> _Teaching:
    from metaworldx.cli._teacher_options import question_for, settings_for
    from metaworldx.router.train import kept_guidance
    from metaworldx.vlm.factory import teachers_from

    kept = None
    if router is not None and teacher is None:
        kept = kept_guidance(router, env_id.text)
    asked = teachers_from(teacher or "offline", composed.cache, settings_for(None))
    shown = teacher == "gemini" and kept is None
    return _Teaching(asked, question_for(env_id, None, None, composed.pool, shown), kept)


def _controller(
    teacher: str | None,
    pool: ExpertPool,
    gating: Gating,
    teaching: _Teaching,
    env_id: EnvId,
    replanning: ReplanConfig | None,
) -> Callable[[Env], Controller]:
    from metaworldx.composition.controllers import ComposedController, ReplanningController
    from metaworldx.composition.replanning import Replanner

    answer = gating.answer
    assert answer is not None
    who = f"teacher {answer.teacher}"
    who = who if gating.router is None else f"router, {who}"
    who += " and an agent's Q" if gating.fusion else ""
    if replanning is None:
        return partial(ComposedController, pool, gating.policy, gating.confidence, who)
    milestones = env_id.task_class.milestone_names
    replanner = Replanner(
        *(teaching.teacher, teaching.question, answer, pool.names, milestones, replanning)
    )
    return partial(ReplanningController, pool, gating.under, replanner, who, look=_look(teacher))


def _about(
    composed: ComposedOptions, gating: Gating, names: Sequence[str], router: Path | None
) -> dict[str, Any]:
    """Description of the policy, for the JSON."""
    assert gating.answer is not None and gating.guidance is not None
    about: dict[str, Any] = {
        "teacher": gating.answer.teacher,
        "teacher_origin": gating.answer.origin,
        "pool": "shipped" if composed.pool is None else str(composed.pool),
        "weights": {n: float(w) for n, w in zip(names, gating.guidance.prior, strict=True)},
    }
    if gating.router is not None:
        about |= {"router": str(router), "router_record": gating.router.record}
    if composed.fuse is not None:
        about |= {"fuse": str(composed.fuse), "alpha": composed.alpha}
        about["temperature"] = composed.temperature
    if composed.replan is not None:
        about["replan"] = composed.replan
    return about


def _replanning(composed: ComposedOptions, env_id: EnvId) -> ReplanConfig | None:
    from metaworldx.composition.replanning import ReplanConfig

    if composed.replan is None:
        return None
    if not composed.replan and not env_id.task_class.milestone_names:
        raise UserError(
            f"{env_id.text} has no milestones at which stages end; give --replan SECONDS"
        )
    return ReplanConfig(composed.replan or None)


def _look(teacher: str | None) -> Callable[..., bytes | None] | None:
    """Renderer of the current scene for Gemini; None for other teachers."""
    if teacher != "gemini" or not os.environ.get("GEMINI_API_KEY"):
        return None
    from metaworldx.rendering.scene_images import look_at_state

    return look_at_state
