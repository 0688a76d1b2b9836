"""Motion sheets: strips of stills of every skill's built-in clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from PIL import Image, ImageDraw

from metaworldx.motion.builtin import SKILLS, clips_for, ground_for
from metaworldx.motion.clip import Clip
from metaworldx.rendering.renderer import open_renderer
from metaworldx.sim.model import model_spec

COLUMNS, WIDTH, HEIGHT = 8, 190, 250
_COLOURS = 80
_BOX = (0.26, 0.0, 0.25)
"""Position of the held box of the scene carry, in the torso's frame (m)."""
_FIRST_STEP, _TOP_STEP, _RISE = 0.5, 2.9, 0.18
"""x of the first and the last step of the scene stair (m), and the height of a step."""


@dataclass(frozen=True)
class View:
    """Rendering settings of a skill.

    Attributes:
      clips: names of clips, a row of stills each.
      scene: name of the scene.
      azimuth, elevation: of the camera, degrees.
      distance, height: of the camera and of its target, m.
      until: shown part of the clip, s; 0 for all of it.
    """

    clips: tuple[str, ...]
    scene: str = "floor"
    azimuth: float = 90.0
    elevation: float = -8.0
    distance: float = 3.1
    height: float = 0.88
    until: float = 0.0


VIEWS = {
    "stand": View(("stand_quiet", "stand_shift"), azimuth=160.0),
    "walk": View(("walk_0.50", "walk_1.00", "walk_1.50", "walk_1.00_left")),
    "run": View(("run_2.0", "run_3.0", "run_5.0")),
    "sit": View(("sit_down_1.8",), "sit_simple", azimuth=75.0, height=0.75, until=3.0),
    "reach": View(
        ("reach_left_00", "reach_right_01", "reach_both_06", "reach_both_07"),
        azimuth=125.0,
        elevation=-14.0,
        height=1.0,
        until=1.2,
    ),
    "carry": View(("carry_0.50", "carry_1.00"), "carry", azimuth=115.0),
    "stair": View(("stair_up_0.80", "stair_down_0.75"), "stair", distance=3.6),
    "crawl": View(
        ("crawl_0.50", "crawl_1.00", "crawl_down"), azimuth=70.0, distance=3.6, height=0.8
    ),
}


def motion_sheet(skill: str) -> np.ndarray:
    """Rows of stills of a skill's clips, evenly spaced in time: `[H, W, 3]`, uint8.

    Raises:
      UserError: no off-screen OpenGL on this machine.
    """
    view = VIEWS[skill]
    model = model_spec("h1", view.scene, "feet").compile()
    data = mujoco.MjData(model)
    renderer = open_renderer(model, WIDTH, HEIGHT)
    option = mujoco.MjvOption()
    option.geomgroup[3] = 0
    option.sitegroup[:] = 0
    rows = []
    try:
        for name in view.clips:
            clip = next(clip for clip in clips_for(skill) if clip.name == name)
            stills = []
            for qpos in _shown(clip, view):
                _pose(model, data, qpos)
                camera = mujoco.MjvCamera()
                camera.azimuth, camera.elevation = view.azimuth, view.elevation
                camera.distance = view.distance
                rise = qpos[2] - clip.qpos[0, 2] if view.scene == "stair" else 0.0
                camera.lookat[:] = qpos[0], qpos[1], view.height + rise
                renderer.update_scene(data, camera, option)
                stills.append(renderer.render().copy())
            rows.append(_labelled(np.concatenate(stills, axis=1), name))
    finally:
        renderer.close()
    return np.concatenate(rows, axis=0)


def _shown(clip: Clip, view: View) -> np.ndarray:
    """COLUMNS poses `[COLUMNS, 26]` of a clip, placed in the scene."""
    last = min(clip.frames - 1, round(view.until * clip.fps)) if view.until else clip.frames - 1
    # A loop's last frame equals its first.
    count = COLUMNS + clip.loop
    qpos = clip.qpos[np.linspace(0, last, count).round().astype(int)][:COLUMNS].copy()
    if view.scene == "stair":
        ends = np.linspace(-0.7, 0.7, 14001)
        steps = np.diff(ground_for(clip)(ends, 0.0 * ends))
        edge = ends[1:][np.flatnonzero(steps)[0]]
        rises = steps.max() > 0.0
        # Upwards clips start below the first step, downwards ones on the highest.
        below = edge + 1e-3 * (-1 if rises else 1)
        qpos[:, 0] += (_FIRST_STEP if rises else _TOP_STEP + 0.6) - edge
        level = float(ground_for(clip)(np.array(below - 1e-2), np.array(0.0)))
        qpos[:, 2] += (0.0 if rises else 5.0 * _RISE) - level
    return qpos


def _pose(model: mujoco.MjModel, data: mujoco.MjData, qpos: np.ndarray) -> None:
    data.qpos[: len(qpos)] = qpos
    mujoco.mj_kinematics(model, data)
    if model.nq > len(qpos):
        torso = data.body("torso_link")
        data.qpos[len(qpos) : len(qpos) + 3] = torso.xpos + torso.xmat.reshape(3, 3) @ _BOX
        data.qpos[len(qpos) + 3 :] = torso.xquat
        mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    mujoco.mj_camlight(model, data)


def _labelled(row: np.ndarray, name: str) -> np.ndarray:
    image = Image.fromarray(row)
    ImageDraw.Draw(image).text((6, 4), name.replace("_", " "), fill=(20, 20, 24))
    return np.asarray(image)


def write_sheets(folder: Path) -> list[Path]:
    """Writes `motion_SKILL.png` for every skill, with few colours for small files."""
    paths = []
    for skill in SKILLS:
        path = folder / f"motion_{skill}.png"
        picture = Image.fromarray(motion_sheet(skill))
        picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        paths.append(path)
    return paths
