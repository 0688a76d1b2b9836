"""A trained router: its network, the experts it weighs, and the file that keeps both."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.errors import UserError
from metaworldx.files import write_bytes
from metaworldx.router.network import RouterParams, RouterSizes, init_router, log_weights
from metaworldx.router.observe import OBS_SIZE
from metaworldx.router.told import Told, guided

FILE, FORMAT = "router.npz", "metaworldx-router-1"


@dataclass(frozen=True)
class Router:
    """A router over a pool's experts.

    Attributes:
      names: of the experts, in the order of the weights.
      record: how it was trained: tasks, teacher, pool, seed, settings.
    """

    names: tuple[str, ...]
    sizes: RouterSizes
    params: RouterParams
    record: dict[str, Any] = field(default_factory=dict)

    def weights(self, obs: jax.Array, guidance: Told, progress: jax.Array) -> jax.Array:
        """Weights `[..., K]` on the simplex.

        Args:
          obs: `router_observation` `[..., O]`.
          guidance: of the task, or of each environment by itself.
          progress: share of its milestones reached `[...]`.
        """
        return jnp.exp(log_weights(self.sizes, self.params, obs, guided(guidance, progress)))


def save_router(router: Router, path: Path) -> None:
    """Writes a router's `.npz`, whole or not at all."""
    about = {
        "format": FORMAT,
        "names": list(router.names),
        "sizes": asdict(router.sizes),
        "record": router.record,
    }
    arrays = {f"weights/{name}": np.asarray(x) for name, x in _named(router.params).items()}
    arrays["about"] = np.array(json.dumps(about))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    write_bytes(path, buffer.getvalue())


def load_router(path: Path) -> Router:
    """Reads a router's file, or that in a run's folder.

    Raises:
      UserError: no such file, damaged, pickled, of another format, or weights of other sizes.
    """
    path = path / FILE if path.is_dir() else path
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {key: file[key] for key in file.files}
        about = json.loads(str(data["about"]))
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']!r}, not {FORMAT!r}")
        names = tuple(str(name) for name in about["names"])
        given = about["sizes"]
        sizes = RouterSizes(**{**given, "hidden": tuple(int(x) for x in given["hidden"])})
        record = dict(about["record"])
        wanted = RouterSizes(OBS_SIZE, 2 * len(names) + 2, len(names), sizes.hidden)
        if sizes != wanted:
            raise ValueError(f"its sizes are {sizes}; this version needs {wanted}")
    except FileNotFoundError:
        raise UserError(f"no router in {path.parent}: it has no {path.name}") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(f"{path} is no router, or damaged: {why[0][:200]}") from None
    template = jax.eval_shape(lambda: init_router(sizes, jax.random.key(0)))
    weights = []
    for name, shape in _named(template).items():
        found = data.get(f"weights/{name}")
        if found is None or found.shape != shape.shape or not np.all(np.isfinite(found)):
            raise UserError(f"{path}: weights {name} are missing, of another size or not finite")
        weights.append(jnp.asarray(found, jnp.float32))
    params = jax.tree.unflatten(jax.tree.structure(template), weights)
    return Router(names, sizes, params, record)


def check_fits(router: Router, names: tuple[str, ...]) -> None:
    """Raises UserError unless the router weighs just these experts, in this order."""
    if router.names != names:
        raise UserError(
            f"the router weighs {', '.join(router.names)}; the pool has {', '.join(names)}"
        )


def _named(tree: Any) -> dict[str, Any]:
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="."): x for path, x in paths}
