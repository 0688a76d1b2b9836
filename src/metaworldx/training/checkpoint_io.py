"""Checkpoint files of orbax: its managers, and states as named arrays."""

from __future__ import annotations

import logging
import math
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from metaworldx.core.errors import UserError

UNFINISHED = ".orbax-checkpoint-tmp"
"""Part of the name of a folder that orbax is still writing; readers ignore it."""


def manager_of(path: Path, keep: int | None) -> ocp.CheckpointManager:
    """The manager that writes a folder of checkpoints, created if needed.

    It removes incomplete checkpoints of a killed run, so readers must not open one.

    Args:
      keep: number of the newest to keep; None keeps all.
    """
    silence_orbax()
    if path.is_dir() and jax.process_index() == 0:
        # orbax would do it in a thread that fails aloud where the program ends before it.
        for left in path.glob(f"*{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
    options = ocp.CheckpointManagerOptions(max_to_keep=keep, enable_async_checkpointing=False)
    return ocp.CheckpointManager(path.resolve(), options=options)


def silence_orbax() -> None:
    """Limits orbax's logging, which warns at every step, to errors."""
    logging.getLogger("absl").setLevel(logging.ERROR)


def save(manager: Any, epoch: int, items: dict[str, Any], force: bool = False) -> None:
    """Saves a checkpoint atomically.

    Args:
      force: save also an older epoch than the manager's newest.

    Raises:
      UserError: it could not be written (a full disk, say), or the manager would not, as it does
        silently where a newer one is there.
    """
    try:
        saved = manager.save(epoch, args=ocp.args.Composite(**items), force=force)
        why = "a newer one is there"
    # The exception of a full disk depends on the layer of orbax.
    except Exception as error:
        saved, why = False, _first_line(error)
    if not saved:
        last = manager.latest_step()
        kept = "none was saved before" if last is None else f"the last good one is {last}"
        raise UserError(f"could not save checkpoint {epoch} in {manager.directory}: {why}; {kept}")


def read(path: Path, epoch: int, items: dict[str, Any]) -> dict[str, Any]:
    """Parts of one checkpoint in a folder of them; the folder is not changed.

    Raises:
      UserError: a part is missing, cut or of other sizes.
    """
    silence_orbax()
    try:
        with ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
            found = checkpointer.restore(
                (path / str(epoch)).resolve(), args=ocp.args.Composite(**items)
            )
        return {name: _there(found, name) for name in items}
    except Exception as error:
        raise UserError(
            f"checkpoint {epoch} in {path} cannot be read: {_first_line(error)}"
        ) from error


def epochs_in(path: Path) -> list[int]:
    """Epochs of the complete checkpoints in a folder, in order; none without a folder.

    orbax writes under another name and renames what is whole.
    """
    if not path.is_dir():
        return []
    return sorted(int(p.name) for p in path.iterdir() if p.name.isdecimal() and p.is_dir())


def _there(found: Any, name: str) -> Any:
    if found.get(name) is None:
        raise ValueError(f"its part {name!r} is missing")
    return found[name]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


# ---- a state as named arrays: orbax takes neither random keys nor arrays without entries


def place_on(template: Any, shardings: Any) -> Any:
    """Shapes with shardings from a prefix of their tree."""

    def on(sharding: jax.sharding.Sharding, part: Any) -> Any:
        def leaf(x: Any) -> jax.ShapeDtypeStruct:
            return jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding)

        return jax.tree.map(leaf, part)

    return jax.tree.map(
        on, shardings, template, is_leaf=lambda x: isinstance(x, jax.sharding.Sharding)
    )


def saveable(tree: Any) -> Any:
    """A tree as orbax saves it: named arrays, random keys as their data."""
    named = _named(tree)
    plain = {k: jax.random.key_data(x) if _is_key(x) else x for k, x in named.items()}
    return ocp.args.StandardSave(plain)


def restore_target(template: Any) -> Any:
    """Restore arguments of orbax, from a tree of shapes with their shardings."""

    def leaf(x: jax.ShapeDtypeStruct) -> jax.ShapeDtypeStruct:
        if not _is_key(x):
            return x
        data = jax.eval_shape(jax.random.key_data, jax.ShapeDtypeStruct(x.shape, x.dtype))
        return jax.ShapeDtypeStruct(data.shape, data.dtype, sharding=x.sharding)

    return ocp.args.StandardRestore({name: leaf(x) for name, x in _named(template).items()})


def as_type_of(template: Any, named: dict[str, jax.Array]) -> Any:
    """The tree, from its shapes and its named arrays."""
    found = iter(named[name] for name in _named(template))

    def leaf(like: jax.ShapeDtypeStruct) -> jax.Array:
        if not math.prod(like.shape):
            return jax.device_put(jax.numpy.zeros(like.shape, like.dtype), like.sharding)
        x = next(found)
        return jax.random.wrap_key_data(x) if _is_key(like) else x

    return jax.tree.map(leaf, template)


def _is_key(x: Any) -> bool:
    return jax.numpy.issubdtype(x.dtype, jax.dtypes.prng_key)


def _named(tree: Any) -> dict[str, Any]:
    """Leaves with at least one entry, by path: names of fields are keys in the files."""
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    name = partial(jax.tree_util.keystr, simple=True, separator=".")
    return {name(path): leaf for path, leaf in paths if math.prod(leaf.shape)}
