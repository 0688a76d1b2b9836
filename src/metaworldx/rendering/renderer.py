"""Off-screen renderer of environments with MuJoCo."""

from __future__ import annotations

import os
import warnings

import mujoco
import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.core.opengl import rendering_failure
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.sim.model import model_spec

_GOAL_RGBA = (0.9, 0.25, 0.2, 0.8)


class Renderer:
    """Renders states of one environment (not of a batch: index it first)."""

    def __init__(self, env: Env, width: int = 640, height: int = 480, camera: str | None = None):
        """Opens an off-screen context.

        Args:
          env: environment of the states; collision geoms are hidden.
          width, height: of a frame, pixels.
          camera: name of a camera in the model; None follows the robot.

        Raises:
          UserError: no off-screen OpenGL on this machine.
        """
        model = scene_spec(env).compile()
        self._renderer = open_renderer(model, width, height)
        self._model, self._data = model, mujoco.MjData(model)
        self._camera: str | mujoco.MjvCamera = camera or mujoco.MjvCamera()
        self._view = env.task.view
        self._option = mujoco.MjvOption()
        self._option.geomgroup[3] = 0
        self._option.sitegroup[:] = 0

    def frame(self, state: EnvState) -> np.ndarray:
        """One frame `[height, width, 3]`, uint8."""
        self._data.qpos[:] = np.asarray(state.physics.qpos)
        if self._model.nmocap:
            self._data.mocap_pos[:] = np.asarray(state.physics.mocap_pos)
            self._data.mocap_quat[:] = np.asarray(state.physics.mocap_quat)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        if isinstance(self._camera, mujoco.MjvCamera):
            self._follow(self._camera)
        self._renderer.update_scene(self._data, self._camera, self._option)
        goal = getattr(state.memory, "goal", None)
        if goal is not None:
            self._add_ball(np.asarray(goal, float))
        return self._renderer.render()

    def _follow(self, camera: mujoco.MjvCamera) -> None:
        view, pelvis = self._view, self._data.body("pelvis").xpos
        camera.azimuth, camera.elevation = view.azimuth, view.elevation
        camera.distance = view.distance
        camera.lookat[:] = np.array([pelvis[0], pelvis[1], 0.0]) + view.offset

    def _add_ball(self, position: np.ndarray, radius: float = 0.05) -> None:
        scene = self._renderer.scene
        if scene.ngeom >= scene.maxgeom:
            return
        mujoco.mjv_initGeom(
            scene.geoms[scene.ngeom],
            mujoco.mjtGeom.mjGEOM_SPHERE,
            np.full(3, radius),
            position,
            np.eye(3).ravel(),
            np.array(_GOAL_RGBA, np.float32),
        )
        scene.ngeom += 1

    def close(self) -> None:
        """Frees the context."""
        self._renderer.close()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_renderer(model: mujoco.MjModel, width: int, height: int) -> mujoco.Renderer:
    """An off-screen context for images of this size.

    Raises:
      UserError: no off-screen OpenGL on this machine.
    """
    model.vis.global_.offwidth = max(width, model.vis.global_.offwidth)
    model.vis.global_.offheight = max(height, model.vis.global_.offheight)
    try:
        with warnings.catch_warnings():
            # GLFW's warning repeats its error.
            warnings.simplefilter("ignore")
            return mujoco.Renderer(model, height, width)
    # OpenGL fails in as many ways as there are drivers.
    except Exception as error:
        raise UserError(
            f"no off-screen OpenGL ({rendering_failure(error)}); install libegl1 and "
            "libgl1-mesa-dri, and set MUJOCO_GL=egl "
            f"(now {os.environ.get('MUJOCO_GL', 'unset')})"
        ) from None


def scene_spec(env: Env) -> mujoco.MjSpec:
    """The environment's model as an editable spec, visual geoms included."""
    return model_spec(env.task.robot.spec.model, env.task.scene, env.collisions)
