"""Stages of a pipeline run in order, and the results passed between them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from metaworldx.composition.mixture_search import mixture_of
from metaworldx.core.errors import UserError
from metaworldx.core.files import check_same_run, read_json, write_text
from metaworldx.experts.pool import INDEX, load_experts, shipped_pool
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.evaluate import evaluate_task, find_bar
from metaworldx.pipeline.films import film_task
from metaworldx.pipeline.live_training import train_guided, train_live, train_pool
from metaworldx.pipeline.report_data import report_data
from metaworldx.pipeline.stage_cache import FOLDER, Done, stage
from metaworldx.report.pipeline_page import page
from metaworldx.router.distill import DistillConfig
from metaworldx.router.train import RouterConfig, read_demonstrations, train_router
from metaworldx.vlm.schema import Guidance, guidance_from

CONFIG = "pipeline.json"


def run(
    config: PipelineConfig,
    folder: Path,
    ask: Callable[[PipelineConfig], Mapping[str, Guidance]],
    tell: Callable[[str], Any] = print,
    reuse: Path | None = None,
) -> Path:
    """Runs all stages into a folder, skipping those that are done; the report's path.

    Args:
      ask: returns a teacher's answers for the config's tasks over its pool.
      tell: called with a line of progress.
      reuse: another run; its stages with the same inputs are copied.

    Raises:
      UserError: a folder with a run of other settings, or a pool or answers that are not there;
        nothing is written then.
      Stopped: a signal came while an agent trained; the next run resumes.
    """
    settings = _begin(config, folder)
    do = partial(stage, folder, tell=tell)
    # What follows names its run's own folder, so it is not taken over.
    once = partial(do, reuse=reuse)
    done: dict[str, Done] = {}

    if config.live_skill is not None:
        live = {k: settings[k] for k in ("live_skill", "live_steps", "train_preset", "seed")}
        work = partial(train_live, config, folder / "expert")
        done["expert"] = once("expert", live, work, files="expert")
    if config.without == "imitation":
        made = {k: settings[k] for k in ("pool_steps", "train_preset", "seed")}
        work = partial(train_pool, config, folder / "pool", tell)
        done["pool"] = once("pool", made, work, files="pool")
        config = dataclasses.replace(config, pool=str(folder / "pool"))
    pool = {"pool": settings["pool"], "index": _pool_digest(config)}
    asked = {k: settings[k] for k in ("tasks", "teacher", "cache")} | pool
    done["guidance"] = once("guidance", asked, lambda: _answers(ask(config)))
    guidance = _guidance(config, done["guidance"].result, folder / FOLDER / "guidance.json")
    done["guidance"] = dataclasses.replace(done["guidance"], result=_answers(guidance))
    names = ("tasks", "rollouts", "keep", "starts", "router_steps", "router_trainings", "seed")
    router = {k: settings[k] for k in names}
    router |= {"guidance": done["guidance"].digest} | pool
    work = partial(_router, config, guidance, folder / "router", tell)
    done["router"] = once("router", router, work, files="router")
    if config.agent_steps:
        names = ("agent_steps", "authority", "schedule", "train_preset", "without")
        agent = {k: settings[k] for k in names}
        agent |= {"router": done["router"].digest, "seed": config.seed}
        done["agent"] = do("agent", agent, partial(train_guided, config, folder))
    for task in config.tasks:
        names = ("episodes", "seed", "without", "agent_steps", "alpha", "replan")
        evaluated = {k: settings[k] for k in names}
        evaluated |= {name: mark.digest for name, mark in done.items() if name in _BEHIND}
        bar = None
        if config.mixture_starts:
            tried = {k: settings[k] for k in ("mixture_starts", "seed")} | {"task": task} | pool
            name = f"constant mixtures {task}"
            done[name] = once(name, tried, partial(find_bar, config, task))
            bar = mixture_of(done[name].result)
            evaluated["bar"] = done[name].digest
        work = partial(evaluate_task, config, folder, task, bar)
        done[f"evaluation {task}"] = do(f"evaluation {task}", evaluated, work)
        if config.film_seconds:
            filmed = {"router": done["router"].digest, "seconds": config.film_seconds}
            filmed |= {"seed": config.seed, "without": config.without}
            done[f"film {task}"] = do(
                f"film {task}", filmed, partial(film_task, config, folder, task)
            )
    data = report_data(config, folder, done)
    write_text(folder / "report.json", json.dumps(data, indent=1) + "\n")
    path = folder / "report.html"
    write_text(path, page(data, folder))
    return path


_BEHIND = ("router", "agent")
"""Stages that an evaluation depends on."""


def _begin(config: PipelineConfig, folder: Path) -> dict[str, Any]:
    if config.without == "imitation" and config.pool is not None:
        raise UserError("without imitation a run trains its own pool; give no other")
    settings = json.loads(json.dumps(dataclasses.asdict(config)))
    path = folder / CONFIG
    if path.is_file():
        check_same_run(folder, read_json(path, "settings of a run"), settings)
    _check_files(config, folder)
    write_text(path, json.dumps(settings, indent=1) + "\n")
    return settings


def _check_files(config: PipelineConfig, folder: Path) -> None:
    """Checks inputs of later stages, so that none fails after hours of training."""
    if any(path.exists() and not path.is_dir() for path in (folder, *folder.parents)):
        raise UserError(f"cannot write {folder}: a file is in the way")
    if config.cache is not None and not Path(config.cache).is_dir():
        raise UserError(f"no folder of kept answers {config.cache}")
    pool = None if config.pool is None else Path(config.pool)
    if config.without != "imitation" and not load_experts(pool):
        raise UserError(f"no experts in the pool in {pool}")


def _pool_digest(config: PipelineConfig) -> str:
    folder = shipped_pool() if config.pool is None else Path(config.pool)
    path = folder / INDEX
    if not path.is_file():
        raise UserError(f"no pool of experts in {folder}: it has no {INDEX}")
    return path.read_text()


def _answers(found: Mapping[str, Guidance]) -> dict[str, Any]:
    return {task: each.as_data() for task, each in found.items()}


def _guidance(
    config: PipelineConfig, answers: Mapping[str, Any], path: Path
) -> dict[str, Guidance]:
    """Answers in a stage's record, validated like a teacher's, as the file may have been edited."""
    found = {}
    for task in dict.fromkeys((*config.tasks, *answers)):
        try:
            each = answers[task]
            if not isinstance(each["teacher"], str):
                raise ValueError("it names no teacher")
            experts = dict.fromkeys(each["relevance"], "")
            origin = str(each.get("teacher_origin", ""))
            found[task] = guidance_from(each, experts, each["teacher"], origin)
        except (ValueError, KeyError, TypeError) as error:
            why = f"no {error}" if isinstance(error, KeyError) else error
            raise UserError(
                f"{path} holds no usable answer about {task}: {why}; remove it to ask again"
            ) from None
    return found


def _router(
    config: PipelineConfig,
    guidance: Mapping[str, Guidance],
    folder: Path,
    tell: Callable[[str], Any],
) -> dict[str, Any]:
    settings = RouterConfig(
        tasks=config.tasks,
        pool=config.pool,
        seed=config.seed,
        demos=config.demos(),
        distil=DistillConfig(steps=config.router_steps),
        trainings=config.router_trainings,
    )
    result = train_router(settings, guidance, folder, tell)
    demos = {
        task: read_demonstrations(folder / "demonstrations" / f"{task}.npz")
        for task in config.tasks
    }
    return {
        "record": result.router.record,
        "demonstrations": {
            task: {
                "rollouts": len(each.all_returns),
                "kept": len(each.returns),
                "all_returns": [float(x) for x in each.all_returns],
                "kept_returns": [float(x) for x in each.returns],
            }
            for task, each in demos.items()
        },
    }
