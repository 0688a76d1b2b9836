"""The pipeline's films: the run's own way of composing, its weights, and stills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.composer import Composer
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig
from metaworldx.evaluation.evaluator import start_keys
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.evaluate import composed_of, pool_of

_FPS, _STILLS = 25, 6
_SIZE = (480, 360)


def film_task(config: PipelineConfig, folder: Path, task: str) -> dict[str, Any]:
    """A film of the composed experts' first seconds, stills of it, and the weights meanwhile."""
    from PIL import Image

    from metaworldx.rendering.renderer import Renderer, write_frames

    pool = pool_of(config, task)
    env = make(task, "native", None, EnvConfig(auto_reset=False))
    composed = composed_of(config, folder, task, pool)
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
        after = env.step(state, acted.action)
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
