"""Host information: the machine that a measurement ran on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version


def machine() -> dict[str, str | int]:
    """Device, core count and versions, for result files."""
    import jax

    names = ("metaworld-x", "jax", "jaxlib", "mujoco", "mujoco-mjx")
    return {
        "device": jax.devices()[0].device_kind,
        "platform": jax.default_backend(),
        "devices": jax.device_count(),
        "cpu_cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }
