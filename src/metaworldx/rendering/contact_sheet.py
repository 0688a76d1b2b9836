"""Contact sheet: one frame of every task."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from metaworldx.envs.factory import make
from metaworldx.envs.registry import TASKS
from metaworldx.rendering.renderer import Renderer


def task_ids() -> tuple[str, ...]:
    """One environment per task, on its first robot."""
    return tuple(f"{entry.robots[0]}-{name}-v0" for name, entry in TASKS.items())


def contact_sheet(
    env_ids: Sequence[str], columns: int = 6, width: int = 400, height: int = 300, seed: int = 0
) -> np.ndarray:
    """Initial states of environments with their ids underneath: `[H, W, 3]` uint8."""
    frames = []
    for env_id in env_ids:
        env = make(env_id, "native")
        with Renderer(env, width, height) as renderer:
            frames.append(renderer.frame(env.reset(jax.random.key(seed))))
    rows = -(-len(frames) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(columns * 2.4, rows * 2.0), dpi=width / 2.4, squeeze=False
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, env_id, frame in zip(axes.flat, env_ids, frames, strict=False):
        axis.imshow(frame)
        axis.set_title(env_id.removesuffix("-v0"), fontsize=9, y=-0.13)
    figure.subplots_adjust(0.005, 0.02, 0.995, 0.995, wspace=0.03, hspace=0.12)
    figure.canvas.draw()
    sheet = np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()  # pyright: ignore
    plt.close(figure)
    return sheet
