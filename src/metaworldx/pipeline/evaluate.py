"""The pipeline's evaluations and films: everybody from the same starts in one task."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs.factory import make
from metaworldx.envs.registry import parse_id
from metaworldx.envs.state import EnvConfig
from metaworldx.errors import UserError
from metaworldx.experts.pool import ExpertPool, load_pool
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.training import GUIDED
from metaworldx.router.choosers import always, by_router, by_rules, by_teacher
from metaworldx.router.compose import Chooser, Composer
from metaworldx.router.router import load_router
from metaworldx.router.told import told
from metaworldx.training.compare import HOLD, compare, paired
from metaworldx.training.controllers import AgentController
from metaworldx.training.environments import evaluation_env
from metaworldx.training.evaluate import Evaluator, start_keys
from metaworldx.training.folder import read_config
from metaworldx.training.routing import kept_guidance
from metaworldx.training.trained import load_trained

ROUTER, TEACHER, RULES = "experts by the router", "experts by the teacher's weights", "rules"
_FPS, _STILLS = 25, 6
_SIZE = (480, 360)


def evaluate_task(config: PipelineConfig, folder: Path, task: str) -> dict[str, Any]:
    """Floor, single experts, teacher's weights, router (or what stands for it), and the agent."""
    pool = _pool(config, task)
    env = make(task, "native", None, EnvConfig(auto_reset=False))
    kinds = {HOLD: "floor"}
    choosers: dict[str, tuple[Chooser, float]] = {}
    for n, name in enumerate(pool.names):
        choosers[f"expert {name}"] = always(jax.nn.one_hot(n, len(pool))), 1.0
        kinds[f"expert {name}"] = "single"
    for name, (kind, chooser, sure) in _composed(config, folder, task, pool).items():
        choosers[name], kinds[name] = (chooser, sure), kind
    rows = compare(pool, env, choosers, config.episodes, config.seed)
    returns = {name: row.returns for name, row in rows.items()}
    data = [{"who": name, "kind": kinds[name], **row.as_data()} for name, row in rows.items()]
    if config.agent_steps and task == config.tasks[0]:
        found = _agent(config, folder)
        name = "guided agent" if config.without != "guide" else "TD-MPC2 from scratch"
        returns[name] = np.asarray(found["returns"])
        data.append({"who": name, "kind": "agent", **found})
    return {"success_bar": env.task.success_bar, "rows": data, "paired": _paired(returns, kinds)}


def film_task(config: PipelineConfig, folder: Path, task: str) -> dict[str, Any]:
    """A film of the composed experts' first seconds, stills of it, and the weights meanwhile."""
    from PIL import Image

    from metaworldx.report.render import Renderer, write_frames

    pool = _pool(config, task)
    env = make(task, "native", None, EnvConfig(auto_reset=False))
    composed = _composed(config, folder, task, pool)
    name = next(reversed(composed))
    _, chooser, sure = composed[name]
    composer = Composer(pool, env)
    state = jax.jit(env.reset)(start_keys(config.seed, 1))
    composing = jax.jit(lambda s: composer.begin(s, chooser))(state)
    every = round(1.0 / (_FPS * env.dt))
    count = min(round(config.film_seconds * _FPS), env.max_episode_steps // every)

    def one(carry: Any, _: None) -> Any:
        state, composing = carry
        acted, composing = composer.act(state, composing, chooser, jnp.full(1, sure))
        after = env.step(state, jnp.nan_to_num(acted.action))
        return (after, composing), (acted.weights[0], acted.seen.progress[0], after.done[0])

    advance = jax.jit(lambda carry: jax.lax.scan(one, carry, None, length=every))
    carry, frames, weights, reached = (state, composing), [], [], []
    try:
        renderer = Renderer(env, *_SIZE)
    except UserError as error:
        return {"why_none": str(error)}
    with renderer:
        for _ in range(count):
            frames.append(renderer.frame(jax.tree.map(lambda x: x[0], carry[0])).copy())
            carry, (mixed, progress, done) = advance(carry)
            weights.append(np.asarray(mixed[-1]))
            reached.append(float(progress[-1]))
            if bool(np.asarray(done).any()):
                break
    films = folder / "films"
    films.mkdir(parents=True, exist_ok=True)
    write_frames(films / f"{task}.mp4", frames, _FPS)
    at = np.unique(np.linspace(0, len(frames) - 1, _STILLS).round().astype(int))
    stills = []
    for n in at:
        path = films / f"{task}-{n}.png"
        Image.fromarray(frames[n]).save(path)
        stills.append(f"films/{path.name}")
    table = np.stack(weights)
    return {
        "who": name,
        "video": f"films/{task}.mp4",
        "stills": stills,
        "still_seconds": [float(n / _FPS) for n in at],
        "seconds": [n / _FPS for n in range(len(frames))],
        "weights": {n: [float(x) for x in table[:, i]] for i, n in enumerate(pool.names)},
        "progress": reached,
    }


def _pool(config: PipelineConfig, task: str) -> ExpertPool:
    return load_pool(None if config.pool is None else Path(config.pool), parse_id(task)[0].name)


def _composed(
    config: PipelineConfig, folder: Path, task: str, pool: ExpertPool
) -> dict[str, tuple[str, Chooser, float]]:
    """Who mixes experts: kind, chooser and confidence; the run's own guide last."""
    answer = kept_guidance(folder / "router", task)
    if answer is None:
        raise UserError(f"{folder / 'router'} keeps no guidance for {task}")
    guidance = told(answer, pool.names)
    sure = float(guidance.confidence)
    found: dict[str, tuple[str, Chooser, float]] = {
        TEACHER: ("teacher", by_teacher(guidance), sure)
    }
    if config.without == "vlm":
        return {RULES: ("ablation", by_rules(pool.names), 1.0)}
    if config.without != "router":
        router = load_router(folder / "router")
        found[ROUTER] = ("router", by_router(router, guidance, pool.names), sure)
    return found


def _agent(config: PipelineConfig, folder: Path) -> dict[str, Any]:
    run = folder / GUIDED
    trained = load_trained(run)
    evaluator = Evaluator(
        partial(AgentController, trained.planning_config, "policy"),
        evaluation_env(read_config(run)),
        config.episodes,
        config.seed,
        long_run=False,
    )
    found = evaluator(trained.params).as_data()
    names = ("return_mean", "return_stderr", "length_mean", "milestones", "mean_weights")
    motion = ("jerk", "foot_slip", "energy", "tracking_error")
    return {
        **{name: found[name] for name in names},
        "success_share": found["success_share"],
        "returns": found["returns"],
        "motion": {name: found[name] for name in motion},
    }


def _paired(returns: dict[str, np.ndarray], kinds: dict[str, str]) -> list[dict[str, Any]]:
    """Composed experts and the agent against the best single expert and the floor."""
    singles = {name: r.mean() for name, r in returns.items() if kinds.get(name) == "single"}
    best = max(singles, key=lambda name: singles[name])
    rest = [name for name in returns if kinds.get(name) not in ("single", "floor")]
    pairs = [(name, other) for name in rest for other in (best, HOLD)]
    pairs += [(rest[-1], other) for other in rest[:-1]]
    return [
        {"better": name, "than": other, **paired(returns[name], returns[other])}
        for name, other in pairs
    ]
