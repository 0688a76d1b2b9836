"""Serialization of networks: parameters as named arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.core.errors import UserError

_PREFIX = "weights/"


def as_arrays(tree: Any) -> dict[str, np.ndarray]:
    """A tree's leaves by the names that they have in a file."""
    return {_PREFIX + name: np.asarray(leaf) for name, leaf in _named(tree).items()}


def check_finite(tree: Any, what: str) -> None:
    """Raises UserError if weights hold NaN or infinity.

    Args:
      what: description for the message.
    """
    for name, leaf in _named(tree).items():
        if not np.all(np.isfinite(np.asarray(leaf))):
            raise UserError(f"{what}'s weights {name} hold NaN or infinity; it is not written")


def from_arrays(path: Path, data: Mapping[str, np.ndarray], template: Any) -> Any:
    """The tree from the arrays of `as_arrays`, in float32.

    Args:
      path: of the file, for messages.
      template: a tree of arrays, or of their shapes.

    Raises:
      UserError: weights that are missing, of another size, no numbers, or not finite.
    """
    leaves = []
    for name, wanted in _named(template).items():
        found = data.get(_PREFIX + name)
        if found is None or found.shape != wanted.shape:
            has = "missing" if found is None else f"{found.shape}"
            raise UserError(f"{path}: weights {name} are {has}; {wanted.shape} belong to its sizes")
        if found.dtype.kind not in "fiu":
            raise UserError(f"{path}: weights {name} are no real numbers")
        # What float64 holds, float32 may not.
        with np.errstate(over="ignore"):
            leaf = found.astype(np.float32)
        if not np.all(np.isfinite(leaf)):
            raise UserError(f"{path}: weights {name} hold NaN, infinity or what float32 cannot")
        if name.split(".")[-1] == "var" and np.any(leaf < 0.0):
            raise UserError(f"{path}: weights {name} hold variances below 0")
        leaves.append(jnp.asarray(leaf))
    return jax.tree.unflatten(jax.tree.structure(template), leaves)


def _named(tree: Any) -> dict[str, Any]:
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="."): x for path, x in paths}
