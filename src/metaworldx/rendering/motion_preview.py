"""Motion preview: images of a clip's robot and source human, and plots of joint angles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from metaworldx.core.files import check_writable
from metaworldx.motion.clip import Clip
from metaworldx.motion.human_skeleton import HumanMotion
from metaworldx.motion.kinematics import robot_tree
from metaworldx.rendering.renderer import open_renderer
from metaworldx.sim.model import model_spec

_BESIDE_M = 1.1
"""Distance of the human to the robot's right (m)."""
_BONE_RADIUS_M, _HEAD_M = 0.035, 0.22
_LEFT, _RIGHT, _MIDDLE = (0.16, 0.36, 0.68, 1.0), (0.8, 0.2, 0.16, 1.0), (0.35, 0.36, 0.4, 1.0)
_AZIMUTH, _ELEVATION = 125.0, -12.0


@dataclass(frozen=True)
class _Human:
    """Joints in the robot's world frame, and the bones between them."""

    positions: np.ndarray
    bones: tuple[tuple[int, int, tuple[float, ...]], ...]


class MotionRenderer:
    """Renders frames of one clip; the camera follows the pelvis."""

    def __init__(
        self, clip: Clip, human: HumanMotion | None = None, width: int = 640, height: int = 480
    ):
        """Opens an off-screen context.

        Args:
          clip: of the h1.
          human: its source motion at the clip's frames and axes; drawn to the robot's right.
          width, height: of a frame, pixels.

        Raises:
          UserError: no off-screen OpenGL on this machine.
        """
        self._model = model_spec("h1", "floor", "feet").compile()
        # Shadows take half of the time in software rendering.
        self._model.vis.quality.shadowsize = 1024
        self._renderer = open_renderer(self._model, width, height)
        self._data = mujoco.MjData(self._model)
        self._option = mujoco.MjvOption()
        self._option.geomgroup[3] = 0
        self._option.sitegroup[:] = 0
        self._qpos = clip.qpos
        self._human = None if human is None else _placed(human)

    def frame(self, t: int) -> np.ndarray:
        """Frame t as `[height, width, 3]`, uint8."""
        self._data.qpos[: self._qpos.shape[1]] = self._qpos[t]
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        camera = mujoco.MjvCamera()
        camera.azimuth, camera.elevation = _AZIMUTH, _ELEVATION
        camera.distance = 3.2 if self._human is None else 4.0
        aside = 0.0 if self._human is None else -0.5 * _BESIDE_M
        camera.lookat[:] = self._qpos[t, 0], self._qpos[t, 1] + aside, 0.85
        self._renderer.update_scene(self._data, camera, self._option)
        if self._human is not None:
            self._add_human(self._human, t)
        return self._renderer.render()

    def _add_human(self, human: _Human, t: int) -> None:
        scene = self._renderer.scene
        for one, two, colour in human.bones:
            if scene.ngeom >= scene.maxgeom:
                return
            geom = scene.geoms[scene.ngeom]
            kind = mujoco.mjtGeom.mjGEOM_CAPSULE
            rgba = np.array(colour, np.float32)
            mujoco.mjv_initGeom(geom, kind, np.zeros(3), np.zeros(3), np.eye(3).ravel(), rgba)
            start, end = human.positions[t, one], human.positions[t, two]
            mujoco.mjv_connector(geom, kind, _BONE_RADIUS_M, start, end)
            scene.ngeom += 1

    def close(self) -> None:
        """Frees the context."""
        self._renderer.close()

    def __enter__(self) -> MotionRenderer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def plot_joints(clip: Clip, path: Path) -> None:
    """Writes a plot of the clip's joint angles and limits atomically."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    tree = robot_tree("h1")
    limits = dict(zip(tree.joints, zip(tree.low, tree.high, strict=True), strict=True))
    names = _sides_together(clip.joints)
    columns = 3
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(11, 1.5 * rows), sharex=True, squeeze=False, layout="constrained"
    )
    seconds = np.arange(clip.frames) / clip.fps
    for axis, (title, members) in zip(axes.flat, names.items(), strict=False):
        for name, colour in zip(members, (_LEFT, _RIGHT), strict=False):
            axis.plot(seconds, clip.qpos[:, 7 + clip.joints.index(name)], color=colour[:3])
            for limit in limits.get(name, ()):
                axis.axhline(limit, color=colour[:3], lw=0.8, ls=":")
        axis.set_title(title, fontsize=9)
        axis.tick_params(labelsize=8)
    for axis in axes.flat[len(names) :]:
        axis.set_axis_off()
    figure.suptitle(
        f"{clip.name}: joint angles (rad) over time (s); left blue, right red, limits dotted",
        fontsize=10,
    )
    check_writable(path)
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        figure.savefig(partial, dpi=110)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
        plt.close(figure)


def _sides_together(joints: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Joints by their names without the side."""
    out: dict[str, Any] = {}
    for name in joints:
        plain = name.removeprefix("left_").removeprefix("right_").replace("_", " ")
        out[plain] = (*out.get(plain, ()), name)
    return out


def _placed(human: HumanMotion) -> _Human:
    positions = human.positions + np.array([0.0, -_BESIDE_M, 0.0])
    names = list(human.joints)
    neck = names.index("neck") if "neck" in names else None
    bones = []
    for joint, parent in enumerate(human.parents):
        if parent < 0:
            continue
        if neck is not None and names[joint] in ("left_shoulder", "right_shoulder"):
            parent = neck
        side = names[joint].partition("_")[0]
        bones.append((parent, joint, {"left": _LEFT, "right": _RIGHT}.get(side, _MIDDLE)))
    if neck is not None and "head" not in names:
        trunk = positions[:, neck] - positions[:, 0]
        trunk /= np.maximum(np.linalg.norm(trunk, axis=1, keepdims=True), 1e-9)
        head = positions[:, neck] + _HEAD_M * trunk
        positions = np.concatenate([positions, head[:, None]], axis=1)
        bones.append((neck, len(names), _MIDDLE))
    return _Human(positions, tuple(bones))
