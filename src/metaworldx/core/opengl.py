"""OpenGL fallback: imports MuJoCo without OpenGL if it fails to load; rendering gives the reason.

MuJoCo loads the OpenGL named by MUJOCO_GL at import. It tolerates an ImportError, but a missing
library mostly raises an AttributeError in PyOpenGL, and an unknown name a RuntimeError. Then
nothing could be simulated, although only rendering needs OpenGL.
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
    """Import hook for MuJoCo's module that loads OpenGL: turns its errors into ImportError.

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
            # PyOpenGL fails in many ways with a broken or missing library.
            except Exception as error:
                raise ImportError(message_of(error)) from error

        spec.loader.exec_module = tried
        return spec


def mujoco_without_opengl() -> None:
    """Makes MuJoCo importable whatever OpenGL is installed."""
    if _WithoutOpenGL not in sys.meta_path:
        sys.meta_path.insert(0, _WithoutOpenGL)


def rendering_failure(error: Exception) -> str:
    """Why MuJoCo's renderer failed, in one line: the wrong variable, or the error's message."""
    requested = os.environ.get("MUJOCO_GL", "").lower().strip()
    platform = os.environ.get("PYOPENGL_PLATFORM", "")
    device = os.environ.get("MUJOCO_EGL_DEVICE_ID")
    if requested in ("egl", "osmesa") and platform and platform.lower() != requested:
        return f"PYOPENGL_PLATFORM is {platform!r}; needs {requested}, or to be left out"
    if requested == "egl" and device is not None and not _is_number(device):
        return f"MUJOCO_EGL_DEVICE_ID is {device!r}; needs an EGL device's number, as 0"
    if not isinstance(error, AttributeError):
        return message_of(error)
    # Without OpenGL MuJoCo has no renderer: the import error gives the reason.
    try:
        importlib.import_module(_LOADS_OPENGL)
    except ImportError as first:
        if "invalid value" in str(first):
            return f"MUJOCO_GL is {os.environ.get('MUJOCO_GL')!r}; needs {', '.join(_KNOWN)}"
        return f"{requested or 'OpenGL'} cannot be loaded: {message_of(first)}"
    return message_of(error)


def message_of(error: Exception) -> str:
    """An error's message, or its name without one (PyOpenGL's may fail to format it)."""
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
