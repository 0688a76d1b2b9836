"""Entrants of the pipeline's evaluations: policies, and the kind of their rows in the report.

Gating policies of one pool are evaluated in one compiled batch. An entrant that replans or has
networks of its own is evaluated by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax

from metaworldx.composition.composer import GatingPolicy
from metaworldx.composition.controllers import ReplanningController
from metaworldx.composition.gating_policies import constant_gating, fusion_gating
from metaworldx.composition.mixture_search import Mixture
from metaworldx.composition.q_fusion import FusionConfig
from metaworldx.composition.replanning import ReplanConfig, Replanner
from metaworldx.envs.factory import make
from metaworldx.envs.registry import EnvId
from metaworldx.evaluation.evaluator import Evaluator
from metaworldx.experts.pool import ExpertPool, descriptions
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.live_training import GUIDED
from metaworldx.rendering.scene_images import look_at_state
from metaworldx.report.schema import RowKind
from metaworldx.residual.expert_q_values import expert_q_from_run
from metaworldx.residual.run_config import read_run_config
from metaworldx.router.router_gating import Gating, gating_from, router_gating
from metaworldx.router.train import trained_routers
from metaworldx.training.method import evaluation_env
from metaworldx.training.trained_agent import load_agent
from metaworldx.vlm.factory import teachers_from
from metaworldx.vlm.questions import question_of_task

ROUTER, TEACHER, RULES = "experts by the router", "experts by the teacher's weights", "rules"
FUSED, ASKED_AGAIN = "experts by the router and the agent's Q", "experts, teacher asked again"


@dataclass(frozen=True)
class Entrant:
    """A policy in a task's evaluation: a gating policy, or one that is evaluated by itself.

    Attributes:
      name: of its row.
      kind: of its row; those of `RowKind.TRAININGS` share one.
      gating: the policy, and its teacher's confidence.
      evaluate: returns its row as JSON data.
    """

    name: str
    kind: RowKind
    gating: tuple[GatingPolicy, float] | None = None
    evaluate: Callable[[], dict[str, Any]] | None = None


def entrants(
    config: PipelineConfig, folder: Path, task: str, pool: ExpertPool, bar: Mixture | None
) -> list[Entrant]:
    """Single experts, the constant mixture, gating policies, and the agent, in this order.

    Args:
      bar: the constant mixture; None has none.
    """
    composed = composed_of(config, folder, task, pool)
    return [
        *_constant(pool, bar),
        *composed,
        *further_routers(config, folder, task, pool),
        *_fused(config, folder, task, composed[-1]),
        *_replanned(config, folder, task, pool),
        *_agents(config, folder, task),
    ]


def composed_of(config: PipelineConfig, folder: Path, task: str, pool: ExpertPool) -> list[Entrant]:
    """Gating policies; the run's own guide last."""
    if config.without == "vlm":
        return [Entrant(RULES, RowKind.ABLATION, _by("rules", folder, task, pool))]
    teacher = Entrant(TEACHER, RowKind.TEACHER, _by("teacher", folder, task, pool))
    if config.without == "router":
        return [teacher]
    return [teacher, Entrant(ROUTER, RowKind.ROUTER, _by("router", folder, task, pool))]


def further_routers(
    config: PipelineConfig, folder: Path, task: str, pool: ExpertPool
) -> list[Entrant]:
    """Routers of further trainings from the same demonstrations."""
    if config.without in ("router", "vlm") or config.router_trainings == 1:
        return []
    first = _gating("router", folder, task, pool)
    assert first.guidance is not None
    routers = trained_routers(folder / "router", config.router_trainings)[1:]
    return [
        Entrant(
            f"{ROUTER}, training {n}",
            RowKind.TRAININGS,
            (router_gating(router, first.guidance, pool.names), first.confidence),
        )
        for n, router in enumerate(routers, 2)
    ]


def _constant(pool: ExpertPool, bar: Mixture | None) -> list[Entrant]:
    """Every single expert, and the constant mixture as the baseline."""
    found = [
        Entrant(
            f"expert {name}", RowKind.SINGLE, (constant_gating(jax.nn.one_hot(n, len(pool))), 1.0)
        )
        for n, name in enumerate(pool.names)
    ]
    if bar is not None:
        gating = (bar.gating(pool.names), 1.0)
        found.append(Entrant(f"constant mixture: {bar.name}", RowKind.MIXTURE, gating))
    return found


def _gating(by: str, folder: Path, task: str, pool: ExpertPool) -> Gating:
    return gating_from(by, pool.names, task, folder / "router")


def _by(by: str, folder: Path, task: str, pool: ExpertPool) -> tuple[GatingPolicy, float]:
    gating = _gating(by, folder, task, pool)
    return gating.policy, gating.confidence


def _has_agent(config: PipelineConfig, task: str) -> bool:
    return config.agent_steps > 0 and task == config.tasks[0]


def _fused(config: PipelineConfig, folder: Path, task: str, router: Entrant) -> list[Entrant]:
    """The router's weights fused with the residual agent's Q-values of every expert."""
    if not _has_agent(config, task) or config.without is not None or config.alpha >= 1.0:
        return []
    assert router.gating is not None
    policy, confidence = router.gating
    value = expert_q_from_run(folder / GUIDED, task)
    fused = fusion_gating(policy, value, FusionConfig(config.alpha))
    return [Entrant(FUSED, RowKind.FUSION, (fused, confidence))]


def _replanned(config: PipelineConfig, folder: Path, task: str, pool: ExpertPool) -> list[Entrant]:
    if config.replan is None or config.without not in (None, "imitation", "guide"):
        return []
    evaluate = partial(_asked_again, config, folder, task, pool)
    return [Entrant(ASKED_AGAIN, RowKind.REPLANNED, evaluate=evaluate)]


def _agents(config: PipelineConfig, folder: Path, task: str) -> list[Entrant]:
    if not _has_agent(config, task):
        return []
    name = "guided agent" if config.without != "guide" else "TD-MPC2 from scratch"
    return [Entrant(name, RowKind.AGENT, evaluate=partial(_agent, config, folder))]


# ---- evaluated by themselves


def _agent(config: PipelineConfig, folder: Path) -> dict[str, Any]:
    run = folder / GUIDED
    trained = load_agent(run)
    evaluator = Evaluator(
        trained.controller("policy"),
        evaluation_env(read_run_config(run)),
        config.episodes,
        config.seed,
        long_run=False,
    )
    return _as_row(evaluator(trained.params).as_data())


def _asked_again(
    config: PipelineConfig, folder: Path, task: str, pool: ExpertPool
) -> dict[str, Any]:
    """The router under guidance that its teacher updates during an episode."""
    gating = _gating("router", folder, task, pool)
    assert gating.answer is not None
    teacher = teachers_from(config.teacher, None if config.cache is None else Path(config.cache))
    env = EnvId.parse(task)
    experts = descriptions(None if config.pool is None else Path(config.pool))
    question = question_of_task(env, experts)
    milestones, when = env.task_class.milestone_names, ReplanConfig(config.replan or None)
    replanner = Replanner(teacher, question, gating.answer, pool.names, milestones, when)
    shown = config.teacher == "gemini" and os.environ.get("GEMINI_API_KEY")
    controller = partial(
        ReplanningController,
        pool,
        gating.under,
        replanner,
        f"the router, teacher {gating.answer.teacher}",
        look=look_at_state if shown else None,
    )
    make_env = partial(make, task, "native", None)
    evaluator = Evaluator(controller, make_env, config.episodes, config.seed, long_run=False)
    return _as_row(evaluator(None).as_data())


def _as_row(found: dict[str, Any]) -> dict[str, Any]:
    """An evaluation as a row of the report."""
    names = ("return_mean", "return_stderr", "length_mean", "milestones", "mean_weights")
    motion = ("jerk", "foot_slip", "energy", "tracking_error")
    return {
        **{name: found[name] for name in names},
        "success_share": found["success_share"],
        "returns": found["returns"],
        "motion": {name: found[name] for name in motion},
    }
