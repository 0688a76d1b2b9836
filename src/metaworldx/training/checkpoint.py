"""Checkpoints: saved whole or not at all, the last few kept, read back bit for bit."""

from __future__ import annotations

import logging
import math
from functools import partial
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from metaworldx.errors import UserError
from metaworldx.training.loop import Loop, LoopState

CHECKPOINTS, BEST = "checkpoints", "best"
"""Folders inside a run: the last few whole states, and the agent of the best evaluation."""


class Checkpoints:
    """A run's checkpoints, numbered by epochs done.

    Each holds `agent` (parameters and optimisers), `loop` (environments, plans, keys), `about`
    (JSON: the settings and the shell's counters) and, unless left out, `replay`.
    """

    def __init__(self, folder: Path, keep: int):
        """Opens, and if need be makes, the checkpoints in a run folder."""
        # orbax tells every step of its work at warning level on a run without distribution.
        logging.getLogger("absl").setLevel(logging.ERROR)
        self.folder = folder
        self._manager = _manager(folder / CHECKPOINTS, keep)
        self._best = _manager(folder / BEST, 1)

    def latest(self) -> int | None:
        """Epochs done at the newest complete checkpoint, None if there is none."""
        return self._manager.latest_step()

    def save(self, state: LoopState, about: dict[str, Any], with_replay: bool) -> int:
        """Saves a state and returns its epoch; one that is there already is left alone.

        Raises:
          UserError: it could not be written (a full disk, say); older ones are untouched.
        """
        epoch = int(state.epoch)
        if epoch in self._manager.all_steps():
            return epoch
        items: dict[str, Any] = {
            "agent": ocp.args.StandardSave(_plain(state.agent)),
            "loop": ocp.args.StandardSave(_plain(_loop_part(state))),
            "about": ocp.args.JsonSave({**about, "replay": with_replay}),
        }
        if with_replay:
            items["replay"] = ocp.args.StandardSave(_plain(state.replay))
        _save(self._manager, epoch, items, self.folder / CHECKPOINTS)
        return epoch

    def save_best(self, agent_state: Any, epoch: int, about: dict[str, Any]) -> None:
        """Saves the agent of the best evaluation so far in place of the one before."""
        items = {
            "agent": ocp.args.StandardSave(_plain(agent_state)),
            "about": ocp.args.JsonSave(about),
        }
        if epoch not in self._best.all_steps():
            _save(self._best, epoch, items, self.folder / BEST)

    def about(self, epoch: int) -> dict[str, Any]:
        """The JSON part of a checkpoint."""
        return _restore(self._manager, epoch, {"about": ocp.args.JsonRestore()})["about"]

    def restore(self, loop: Loop, epoch: int, with_replay: bool) -> LoopState:
        """The state of a checkpoint on the loop's devices; without its replay an empty one.

        Raises:
          UserError: a file is missing, cut or of other sizes.
        """
        template = placed(jax.eval_shape(lambda: loop.init(0)), loop.shardings())
        items: dict[str, Any] = {
            "agent": ocp.args.StandardRestore(_abstract(template.agent)),
            "loop": ocp.args.StandardRestore(_abstract(_loop_part(template))),
        }
        if with_replay:
            items["replay"] = ocp.args.StandardRestore(_abstract(template.replay))
        found = _restore(self._manager, epoch, items)
        replay = loop.empty_replay()
        if with_replay:
            replay = _typed(template.replay, found["replay"])
        part = _typed(_loop_part(template), found["loop"])
        return LoopState(agent=_typed(template.agent, found["agent"]), replay=replay, **part)

    def close(self) -> None:
        """Waits for what is being written and lets go of the folders."""
        self._manager.close()
        self._best.close()


def restore_agent(folder: Path, template: Any, which: str) -> tuple[Any, int]:
    """The agent state of a run's `latest` or `best` checkpoint, and its epoch.

    Args:
      folder: of the run.
      template: an agent state's shapes.

    Raises:
      UserError: there is none, or it cannot be read.
    """
    path = folder / (BEST if which == "best" else CHECKPOINTS)
    logging.getLogger("absl").setLevel(logging.ERROR)
    manager = _manager(path, None) if path.is_dir() else None
    epoch = manager.latest_step() if manager else None
    if manager is None or epoch is None:
        raise UserError(f"no complete checkpoint in {path}")
    here = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    template = placed(template, here)
    found = _restore(manager, epoch, {"agent": ocp.args.StandardRestore(_abstract(template))})
    manager.close()
    return _typed(template, found["agent"]), epoch


def placed(template: Any, shardings: Any) -> Any:
    """Shapes with shardings from a prefix of their tree."""

    def on(sharding: jax.sharding.Sharding, part: Any) -> Any:
        def leaf(x: Any) -> jax.ShapeDtypeStruct:
            return jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding)

        return jax.tree.map(leaf, part)

    return jax.tree.map(
        on, shardings, template, is_leaf=lambda x: isinstance(x, jax.sharding.Sharding)
    )


def _loop_part(state: LoopState) -> dict[str, Any]:
    names = ("env", "plan", "objective", "key", "epoch")
    return {name: getattr(state, name) for name in names}


def _manager(path: Path, keep: int | None) -> ocp.CheckpointManager:
    options = ocp.CheckpointManagerOptions(
        max_to_keep=keep, enable_async_checkpointing=False, cleanup_tmp_directories=True
    )
    return ocp.CheckpointManager(path.resolve(), options=options)


def _save(manager: Any, epoch: int, items: dict[str, Any], path: Path) -> None:
    try:
        manager.save(epoch, args=ocp.args.Composite(**items))
    # What a full disk raises depends on which of orbax's layers meets it.
    except Exception as error:
        last = manager.latest_step()
        kept = "none was saved before" if last is None else f"the last good one is {last}"
        raise UserError(f"could not save checkpoint {epoch} in {path}: {error}; {kept}") from error


def _restore(manager: Any, epoch: int, items: dict[str, Any]) -> Any:
    try:
        return manager.restore(epoch, args=ocp.args.Composite(**items))
    except Exception as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(
            f"checkpoint {epoch} in {manager.directory} cannot be read: {why[0][:200]}"
        ) from error


# ---- a state as named arrays: orbax takes neither random keys nor arrays without entries


def _is_key(x: Any) -> bool:
    return jax.numpy.issubdtype(x.dtype, jax.dtypes.prng_key)


def _named(tree: Any) -> dict[str, Any]:
    """The leaves that hold anything, by their places in the tree."""
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    name = partial(jax.tree_util.keystr, simple=True, separator=".")
    return {name(path): leaf for path, leaf in paths if math.prod(leaf.shape)}


def _plain(tree: Any) -> dict[str, jax.Array]:
    """Named arrays, random keys as their numbers."""
    named = _named(tree)
    return {k: jax.random.key_data(x) if _is_key(x) else x for k, x in named.items()}


def _abstract(tree: Any) -> dict[str, jax.ShapeDtypeStruct]:
    """Shapes of `_plain`, with their shardings."""

    def leaf(x: jax.ShapeDtypeStruct) -> jax.ShapeDtypeStruct:
        if not _is_key(x):
            return x
        data = jax.eval_shape(jax.random.key_data, jax.ShapeDtypeStruct(x.shape, x.dtype))
        return jax.ShapeDtypeStruct(data.shape, data.dtype, sharding=x.sharding)

    return {name: leaf(x) for name, x in _named(tree).items()}


def _typed(template: Any, named: dict[str, jax.Array]) -> Any:
    """The tree again, from its shapes and its named arrays."""
    found = iter(named[name] for name in _named(template))

    def leaf(like: jax.ShapeDtypeStruct) -> jax.Array:
        if not math.prod(like.shape):
            return jax.device_put(jax.numpy.zeros(like.shape, like.dtype), like.sharding)
        x = next(found)
        return jax.random.wrap_key_data(x) if _is_key(like) else x

    return jax.tree.map(leaf, template)
