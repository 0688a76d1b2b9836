"""OpenGL that cannot be loaded: MuJoCo is imported without it, and drawing tells the reason.

MuJoCo loads the OpenGL that MUJOCO_GL names while it is itself imported. It goes on without one
where that ends in an ImportError, but a missing library mostly ends in an AttributeError of
PyOpenGL, and an unknown name in a RuntimeError: nothing could be simulated then, though only
pictures need OpenGL.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_LOADS_OPENGL = "mujoco.rendering.classic.gl_context"
_KNOWN = ("egl", "osmesa", "glfw")


class _WithoutOpenGL:
    """Finds the one module of MuJoCo that loads OpenGL, and turns all that fails into ImportError.

    `find_spec` is importlib's protocol of finders.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec, its loader wrapped; None for any other module."""
        if name != _LOADS_OPENGL:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def tried(module: ModuleType) -> None:
            try:
                execute(module)
            except ImportError:
                raise
            # Whatever a broken or missing library does to PyOpenGL.
            except Exception as error:
                raise ImportError(said_by(error)) from error

        spec.loader.exec_module = tried
        return spec


def mujoco_without_opengl() -> None:
    """From now on MuJoCo can be imported whatever OpenGL there is."""
    if _WithoutOpenGL not in sys.meta_path:
        sys.meta_path.insert(0, _WithoutOpenGL)


def why_nothing_is_drawn(error: Exception) -> str:
    """Why MuJoCo's renderer failed, in a line: the variable that is wrong, or what it said."""
    wanted = os.environ.get("MUJOCO_GL", "").lower().strip()
    platform = os.environ.get("PYOPENGL_PLATFORM", "")
    device = os.environ.get("MUJOCO_EGL_DEVICE_ID")
    if wanted in ("egl", "osmesa") and platform and platform.lower() != wanted:
        return f"PYOPENGL_PLATFORM is {platform!r}; needs {wanted}, or to be left out"
    if wanted == "egl" and device is not None and not _is_number(device):
        return f"MUJOCO_EGL_DEVICE_ID is {device!r}; needs an EGL device's number, as 0"
    if not isinstance(error, AttributeError):
        return said_by(error)
    # MuJoCo has no renderer where OpenGL could not be loaded; what went wrong then is told again.
    try:
        importlib.import_module(_LOADS_OPENGL)
    except ImportError as first:
        if "invalid value" in str(first):
            return f"MUJOCO_GL is {os.environ.get('MUJOCO_GL')!r}; needs {', '.join(_KNOWN)}"
        return f"{wanted or 'OpenGL'} cannot be loaded: {said_by(first)}"
    return said_by(error)


def said_by(error: Exception) -> str:
    """An error's message, or its name where it has none (PyOpenGL's may fail to say it)."""
    try:
        return " ".join(str(error).split())[:300] or type(error).__name__
    except Exception:
        return type(error).__name__


def _is_number(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True
