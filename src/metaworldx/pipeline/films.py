"""Videos of the pipeline: the run's own composition, its weights, and stills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.composer import Composer, ComposerState
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.rollout import Rollout, RolloutStep
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.evaluation.evaluator import start_keys
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.entrants import composed_of
from metaworldx.pipeline.evaluate import pool_of

_FPS, _STILLS = 25, 6
_SIZE = (480, 360)


def film_task(config: PipelineConfig, folder: Path, task: str) -> dict[str, Any]:
    """A video of the composed experts' first seconds, stills of it, and the weights over time."""
    from PIL import Image

    from metaworldx.rendering.renderer import Renderer
    from metaworldx.rendering.video import write_frames

    pool = pool_of(config, task)
    env = make(task, "native", None, EnvConfig(auto_reset=False))
    entrant = composed_of(config, folder, task, pool)[-1]
    assert entrant.gating is not None
    gating, confidence = entrant.gating
    composer = Composer(pool, env)
    every = round(1.0 / (_FPS * env.dt))
    count = min(round(config.film_seconds * _FPS), env.max_episode_steps // every)

    def act(params: None, composer_state: ComposerState, state: EnvState, key: None) -> Any:
        acted, composer_state = composer.act(state, composer_state, gating, jnp.full(1, confidence))
        return acted.action, composer_state, acted

    def record(step: RolloutStep) -> tuple[jax.Array, jax.Array]:
        return step.extras.weights[0], step.extras.inputs.progress[0]

    def begin(params: None, state: EnvState) -> ComposerState:
        return composer.begin(state, gating)

    try:
        renderer = Renderer(env, *_SIZE)
    except UserError as error:
        return {"why_none": str(error)}
    rollout, frames = Rollout(env, act, record, begin, chunk=every), []
    with renderer:

        def draw(
            composer_state: ComposerState | None, state: EnvState, _: int
        ) -> ComposerState | None:
            frames.append(renderer.frame(jax.tree.map(lambda x: x[0], state)).copy())
            return composer_state

        start = rollout.init(None, start_keys(config.seed, 1))
        draw(None, start.env, 0)
        _, seen = rollout(None, start, count * every, on_chunk_end=draw)
    # As they were in the last step before the next frame.
    table, reached = (x[every - 1 :: every] for x in seen)
    films = folder / "films"
    films.mkdir(parents=True, exist_ok=True)
    write_frames(films / f"{task}.mp4", frames, _FPS)
    at = np.unique(np.linspace(0, len(frames) - 1, _STILLS).round().astype(int))
    stills = []
    for n in at:
        path = films / f"{task}-{n}.png"
        Image.fromarray(frames[n]).save(path)
        stills.append(f"films/{path.name}")
    return {
        "who": entrant.name,
        "video": f"films/{task}.mp4",
        "stills": stills,
        "still_seconds": [float(n / _FPS) for n in at],
        "seconds": [n / _FPS for n in range(len(frames))],
        "weights": {n: [float(x) for x in table[:, i]] for i, n in enumerate(pool.names)},
        "progress": [float(x) for x in reached],
    }
