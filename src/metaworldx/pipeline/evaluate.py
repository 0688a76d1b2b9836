"""The pipeline's evaluations: everybody from the same starts in one task."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from metaworldx.composition.compare import HOLD, compare
from metaworldx.composition.composer import GatingPolicy
from metaworldx.composition.gating import (
    constant_gating,
    fusion_gating,
    router_gating,
    rule_gating,
    teacher_gating,
)
from metaworldx.composition.guidance_arrays import encode_guidance
from metaworldx.composition.mixture_search import Mixture, MixtureConfig, find_mixture
from metaworldx.composition.q_fusion import FusionConfig
from metaworldx.composition.replanning import ReplanConfig, Replanner
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.registry import EnvId
from metaworldx.envs.state import EnvConfig
from metaworldx.evaluation.controllers import AgentController, ReplanningController
from metaworldx.evaluation.evaluator import Evaluator
from metaworldx.experts.environments import evaluation_env
from metaworldx.experts.pool import ExpertPool, descriptions, load_pool
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.live_training import GUIDED
from metaworldx.pipeline.router_trainings import against, over_trainings, trainings_against
from metaworldx.rendering.scene_images import look_at_state
from metaworldx.residual.expert_q_values import expert_q_from_run
from metaworldx.router.router import load_router
from metaworldx.router.train import kept_guidance, trained_routers
from metaworldx.training.restore import load_agent
from metaworldx.training.run_dir import read_config
from metaworldx.vlm.factory import teachers_from
from metaworldx.vlm.questions import question_of_task
from metaworldx.vlm.schema import Guidance

ROUTER, TEACHER, RULES = "experts by the router", "experts by the teacher's weights", "rules"
FUSED, ASKED_AGAIN = "experts by the router and the agent's Q", "experts, teacher asked again"


def find_bar(config: PipelineConfig, task: str) -> dict[str, Any]:
    """The best constant mixture of a task, chosen on other starts than the evaluation's."""
    pool, env = pool_of(config, task), make(task, "native", None, EnvConfig(auto_reset=False))
    search = MixtureConfig(screened=config.mixture_starts, chosen=None)
    return find_mixture(search, pool, env, config.seed).as_data()


def evaluate_task(
    config: PipelineConfig, folder: Path, task: str, bar: Mixture | None = None
) -> dict[str, Any]:
    """Floors, teacher's weights, router (or what stands for it), and the agent.

    Args:
      bar: the constant mixture that they are held against; None takes the best single expert.
    """
    pool = pool_of(config, task)
    env = make(task, "native", None, EnvConfig(auto_reset=False))
    kinds = {HOLD: "floor"}
    choosers: dict[str, tuple[GatingPolicy, float]] = {}
    for n, name in enumerate(pool.names):
        choosers[f"expert {name}"] = constant_gating(jax.nn.one_hot(n, len(pool))), 1.0
        kinds[f"expert {name}"] = "single"
    if bar is not None:
        name = f"constant mixture: {bar.name}"
        choosers[name], kinds[name] = (bar.chooser(pool.names), 1.0), "mixture"
    composed = composed_of(config, folder, task, pool)
    for name, (kind, chooser, sure) in composed.items():
        choosers[name], kinds[name] = (chooser, sure), kind
    others = further_routers(config, folder, task, pool)
    choosers |= others
    agent = config.agent_steps > 0 and task == config.tasks[0]
    if agent and config.without is None and config.alpha < 1.0:
        _, chooser, sure = composed[ROUTER]
        fusion = FusionConfig(config.alpha)
        fused = fusion_gating(chooser, expert_q_from_run(folder / GUIDED, task), fusion)
        choosers[FUSED], kinds[FUSED] = (fused, sure), "fusion"
    rows = compare(pool, env, choosers, config.episodes, config.seed)
    trained = [rows[ROUTER], *(rows.pop(name) for name in others)] if others else []
    data = [{"who": name, "kind": kinds[name], **row.as_data()} for name, row in rows.items()]
    returns = {name: row.returns for name, row in rows.items()}
    if trained:
        at = next(n for n, row in enumerate(data) if row["who"] == ROUTER)
        name, found = f"{ROUTER}, {len(trained)} trainings", over_trainings(trained)
        data.insert(at + 1, {"who": name, "kind": "trainings", **found})
        returns[name], kinds[name] = np.asarray(found["returns"]), "trainings"
    if config.replan is not None and config.without in (None, "imitation", "guide"):
        found = _asked_again(config, folder, task, pool)
        returns[ASKED_AGAIN], kinds[ASKED_AGAIN] = np.asarray(found["returns"]), "replanned"
        data.append({"who": ASKED_AGAIN, "kind": "replanned", **found})
    if agent:
        found = _agent(config, folder)
        name = "guided agent" if config.without != "guide" else "TD-MPC2 from scratch"
        returns[name] = np.asarray(found["returns"])
        data.append({"who": name, "kind": "agent", **found})
    pairs = against(returns, kinds)
    if trained:
        pairs += trainings_against([row.returns for row in trained], returns, kinds)
    return {"success_bar": env.task.success_bar, "rows": data, "paired": pairs}


def pool_of(config: PipelineConfig, task: str) -> ExpertPool:
    """The run's experts, for a task's robot."""
    robot = EnvId.parse(task).robot_spec.model
    return load_pool(None if config.pool is None else Path(config.pool), robot)


def composed_of(
    config: PipelineConfig, folder: Path, task: str, pool: ExpertPool
) -> dict[str, tuple[str, GatingPolicy, float]]:
    """Who mixes experts: kind, chooser and confidence; the run's own guide last."""
    guidance = encode_guidance(_kept(folder, task), pool.names)
    sure = float(guidance.confidence)
    found: dict[str, tuple[str, GatingPolicy, float]] = {
        TEACHER: ("teacher", teacher_gating(guidance), sure)
    }
    if config.without == "vlm":
        return {RULES: ("ablation", rule_gating(pool.names), 1.0)}
    if config.without != "router":
        router = load_router(folder / "router")
        found[ROUTER] = ("router", router_gating(router, guidance, pool.names), sure)
    return found


def further_routers(
    config: PipelineConfig, folder: Path, task: str, pool: ExpertPool
) -> dict[str, tuple[GatingPolicy, float]]:
    """Routers of further trainings from the same demonstrations, by a name for each."""
    if config.without in ("router", "vlm") or config.router_trainings == 1:
        return {}
    guidance = encode_guidance(_kept(folder, task), pool.names)
    sure = float(guidance.confidence)
    routers = trained_routers(folder / "router", config.router_trainings)[1:]
    return {
        f"{ROUTER}, training {n}": (router_gating(router, guidance, pool.names), sure)
        for n, router in enumerate(routers, 2)
    }


def _kept(folder: Path, task: str) -> Guidance:
    answer = kept_guidance(folder / "router", task)
    if answer is None:
        raise UserError(f"{folder / 'router'} keeps no guidance for {task}")
    return answer


def _agent(config: PipelineConfig, folder: Path) -> dict[str, Any]:
    run = folder / GUIDED
    trained = load_agent(run)
    evaluator = Evaluator(
        partial(AgentController, trained.planning_config, "policy"),
        evaluation_env(read_config(run)),
        config.episodes,
        config.seed,
        long_run=False,
    )
    return _as_row(evaluator(trained.params).as_data())


def _asked_again(
    config: PipelineConfig, folder: Path, task: str, pool: ExpertPool
) -> dict[str, Any]:
    """The router under guidance that its teacher gives anew as the task goes on."""
    answer = _kept(folder, task)
    teacher = teachers_from(config.teacher, None if config.cache is None else Path(config.cache))
    env = EnvId.parse(task)
    experts = descriptions(None if config.pool is None else Path(config.pool))
    question = question_of_task(env, experts)
    milestones, when = env.task_class.milestone_names, ReplanConfig(config.replan or None)
    replanner = Replanner(teacher, question, answer, pool.names, milestones, when)
    router = load_router(folder / "router")
    shown = config.teacher == "gemini" and os.environ.get("GEMINI_API_KEY")
    controller = partial(
        ReplanningController,
        pool,
        partial(router_gating, router, names=pool.names),
        replanner,
        f"the router, teacher {answer.teacher}",
        look=look_at_state if shown else None,
    )
    make_env = partial(make, task, "native", None)
    evaluator = Evaluator(controller, make_env, config.episodes, config.seed, long_run=False)
    return _as_row(evaluator(None).as_data())


def _as_row(found: dict[str, Any]) -> dict[str, Any]:
    """What a report shows of an evaluation."""
    names = ("return_mean", "return_stderr", "length_mean", "milestones", "mean_weights")
    motion = ("jerk", "foot_slip", "energy", "tracking_error")
    return {
        **{name: found[name] for name in names},
        "success_share": found["success_share"],
        "returns": found["returns"],
        "motion": {name: found[name] for name in motion},
    }
