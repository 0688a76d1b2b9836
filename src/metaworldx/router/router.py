"""Router: a trained network, the names of its experts, and its file."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.agents.tdmpc2.serialization import as_arrays, check_finite, from_arrays
from metaworldx.composition.guidance_arrays import GuidanceArrays, guidance_features_at
from metaworldx.composition.observation import OBS_SIZE
from metaworldx.core.config import from_data
from metaworldx.core.errors import UserError
from metaworldx.core.files import about_in, check_entries, read_npz, write_bytes
from metaworldx.router.network import RouterParams, RouterSizes, init_router, log_weights

FILE, FORMAT = "router.npz", "metaworldx-router-1"
_WIDEST, _DEEPEST = 65_536, 32
"""Limit of hidden layers read from a file, so that a bad file is not traced for an hour."""


@dataclass(frozen=True)
class Router:
    """A router over a pool's experts.

    Attributes:
      names: of the experts, in the order of the weights.
      record: of its training: tasks, teacher, pool, seed, settings.
    """

    names: tuple[str, ...]
    sizes: RouterSizes
    params: RouterParams
    record: dict[str, Any] = field(default_factory=dict)

    def weights(self, obs: jax.Array, guidance: GuidanceArrays, progress: jax.Array) -> jax.Array:
        """Weights `[..., K]` on the simplex.

        Args:
          obs: `router_observation` `[..., O]`.
          guidance: of the task, or of each environment by itself.
          progress: share of its milestones reached `[...]`.
        """
        return jnp.exp(
            log_weights(self.sizes, self.params, obs, guidance_features_at(guidance, progress))
        )


def save_router(router: Router, path: Path) -> None:
    """Writes a router's `.npz`, whole or not at all.

    Raises:
      UserError: weights that are not finite; a router that is there already stays.
    """
    check_finite(router.params, "the router")
    about = {
        "format": FORMAT,
        "names": list(router.names),
        "sizes": asdict(router.sizes),
        "record": router.record,
    }
    arrays = as_arrays(router.params)
    arrays["about"] = np.array(json.dumps(about))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    write_bytes(path, buffer.getvalue())


def load_router(path: Path) -> Router:
    """Reads a router's file, or that in a run's folder.

    Raises:
      UserError: no such file, damaged, pickled, of another format, or weights of other sizes.
    """
    try:
        if not path.exists():
            raise UserError(f"no router in {path}: there is no such folder or file")
        if path.is_dir():
            if not (path / FILE).exists():
                raise UserError(f"no router in {path}: it has no {FILE}")
            path = path / FILE
    except OSError as error:
        raise UserError(f"no router in {path}: it cannot be read ({error.strerror})") from None
    data = read_npz(path, "router")
    about, where = about_in(path, data, "router"), f"{path}: 'about'"
    check_entries(about, ("format", "names", "sizes", "record"), where)
    if about["format"] != FORMAT:
        raise UserError(f"{path} has the format {about['format']!r:.60}; must be {FORMAT!r}")
    names, record = about["names"], about["record"]
    if not _are_names(names):
        raise UserError(f"{where} has no list of experts' names, each another, under 'names'")
    if not isinstance(record, dict):
        raise UserError(f"{where} has no object under 'record'")
    sizes = _sizes(about["sizes"], len(names), f"{where}: 'sizes'")
    template = jax.eval_shape(lambda: init_router(sizes, jax.random.key(0)))
    return Router(tuple(names), sizes, from_arrays(path, data, template), record)


def _are_names(names: Any) -> bool:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    return 0 < len(names) == len(set(names))


def _sizes(given: Any, experts: int, where: str) -> RouterSizes:
    sizes = from_data(RouterSizes, given, where)
    hidden = sizes.hidden
    if not 0 < len(hidden) <= _DEEPEST or not all(0 < width <= _WIDEST for width in hidden):
        raise UserError(
            f"{where}: hidden is {list(hidden)!r:.60}; needs 1 to {_DEEPEST} widths of 1 to "
            f"{_WIDEST}"
        )
    wanted = RouterSizes(OBS_SIZE, 2 * experts + 2, experts, hidden)
    for name in ("obs_size", "guidance_size", "experts"):
        if getattr(sizes, name) != getattr(wanted, name):
            raise UserError(
                f"{where}: {name} is {given[name]!r:.60}; this version's router of {experts} "
                f"experts has {getattr(wanted, name)}"
            )
    return wanted


def check_fits(router: Router, names: tuple[str, ...]) -> None:
    """Raises UserError unless the router is for exactly these experts, in this order."""
    if router.names != names:
        raise UserError(
            f"the router weighs {', '.join(router.names)}; the pool has {', '.join(names)}"
        )
