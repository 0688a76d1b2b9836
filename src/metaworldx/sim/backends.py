"""Selection of a physics backend by name."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping

import jax
import mujoco

from metaworldx.core.errors import UserError, check_known
from metaworldx.sim.contact_rules import ContactRule
from metaworldx.sim.physics import Physics

BACKENDS = ("auto", "native", "mjx", "warp")
WARP_ON_CPU = "METAWORLDX_WARP_ON_CPU"
"""Environment variable that, set to 1, allows warp without an NVIDIA GPU. For tests: there it is a
hundred times slower than native MuJoCo."""


def resolve_backend(name: str) -> str:
    """The backend behind `auto`, or the named one if this machine can run it.

    Raises:
      UserError: unknown name, or warp without an NVIDIA GPU or without its package.
    """
    check_known("backend", name, BACKENDS)
    nvidia = jax.default_backend() == "gpu" and "rocm" not in _platform_version()
    warp = importlib.util.find_spec("warp") is not None
    if name == "auto":
        if jax.default_backend() == "cpu":
            return "native"
        return "warp" if nvidia and warp else "mjx"
    if name == "warp" and not nvidia and os.environ.get(WARP_ON_CPU) != "1":
        raise UserError(
            "backend 'warp' needs an NVIDIA GPU and JAX sees none; use 'mjx' or 'native'"
        )
    if name == "warp" and not warp:
        raise UserError("backend 'warp' needs warp-lang: pip install 'metaworld-x[warp]'")
    return name


def _platform_version() -> str:
    return jax.devices()[0].client.platform_version.lower()


def make_physics(
    backend: str,
    spec: mujoco.MjSpec,
    rules: Mapping[str, ContactRule] | None = None,
    worlds: int | None = None,
) -> Physics:
    """Physics of a model on a backend (not `auto`: see `resolve_backend`).

    Args:
      backend: native, mjx or warp.
      spec: the model; contact sensors may be added to it.
      rules: the task's contact rules.
      worlds: largest number of simulations stepped at once; used by warp alone, whose buffers
        grow with it. None allows any number.
    """
    if backend == "native":
        from metaworldx.sim.native import NativePhysics

        return NativePhysics(spec, rules)
    from metaworldx.sim.mjx import MjxPhysics, WarpPhysics

    if backend == "warp":
        return WarpPhysics(spec, rules, worlds=worlds)
    return MjxPhysics(spec, rules)
