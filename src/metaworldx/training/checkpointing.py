"""Checkpoints: saved atomically, the last few kept, restored bit-exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from metaworldx.core.errors import UserError
from metaworldx.training.best_checkpoint import BestAgents
from metaworldx.training.checkpoint_io import (
    as_type_of,
    epochs_in,
    manager_of,
    place_on,
    read,
    restore_target,
    save,
    saveable,
)
from metaworldx.training.epoch_runner import EpochRunner, TrainState

CHECKPOINTS, BEST = "checkpoints", "best"
"""Folders inside a run: the last few full states, and the agents of the best evaluations."""

_TRIES = 10


class Checkpoints:
    """Checkpoints of a run, numbered by epochs done, open for writing by the run alone.

    Each holds `agent` (parameters and optimisers), `loop` (environments, plans, keys), `about`
    (JSON: the settings and the shell's counters) and, unless left out, `replay`.
    """

    def __init__(self, folder: Path, keep: int):
        """Opens, and if need be makes, the checkpoints in a run folder."""
        self._path = folder / CHECKPOINTS
        self._manager = manager_of(self._path, keep)
        self._best = BestAgents(folder / BEST)

    def latest(self) -> int | None:
        """Epochs done at the newest complete checkpoint, None if there is none."""
        return self._manager.latest_step()

    def save(self, state: TrainState, about: dict[str, Any], with_replay: bool) -> int:
        """Saves a state and returns its epoch; one that is there already is left alone.

        Raises:
          UserError: it could not be written (a full disk, say); older ones are untouched.
        """
        epoch = int(state.epoch)
        if epoch in self._manager.all_steps():
            return epoch
        items: dict[str, Any] = {
            "agent": saveable(state.agent),
            "loop": saveable(_loop_part(state)),
            "about": ocp.args.JsonSave({**about, "replay": with_replay}),
        }
        if with_replay and state.replay is not None:
            items["replay"] = saveable(state.replay)
        # Before this checkpoint can be resumed from, or they might be taken for its past.
        self._best.drop_given_up()
        save(self._manager, epoch, items)
        self._best.keep_from(min(self._manager.all_steps()))
        return epoch

    def save_best(self, agent_state: Any, epoch: int, about: dict[str, Any]) -> None:
        """Saves the agent of the best evaluation so far.

        Raises:
          UserError: it could not be written; the one before stays.
        """
        self._best.save(agent_state, epoch, about)

    def resume_best(self, epoch: int) -> bool:
        """Whether there is a best agent up to the epoch that a run resumes from.

        Later ones were found by epochs that are given up; they go once others are saved.
        """
        return self._best.resume(epoch)

    def about(self, epoch: int) -> dict[str, Any]:
        """The JSON part of a checkpoint."""
        return read(self._path, epoch, {"about": ocp.args.JsonRestore()})["about"]

    def restore(self, loop: EpochRunner, epoch: int, with_replay: bool) -> TrainState:
        """The state of a checkpoint on the loop's devices; without its replay an empty one.

        Raises:
          UserError: a file is missing, cut or of other sizes.
        """
        template = place_on(jax.eval_shape(lambda: loop.init(0)), loop.shardings())
        parts = {"agent": template.agent, "loop": _loop_part(template)}
        with_replay = with_replay and template.replay is not None
        if with_replay:
            parts["replay"] = template.replay
        found = read(
            self._path, epoch, {name: restore_target(part) for name, part in parts.items()}
        )
        agent, loop_part = (as_type_of(parts[name], found[name]) for name in ("agent", "loop"))
        replay = (
            as_type_of(template.replay, found["replay"]) if with_replay else loop.empty_replay()
        )
        own = {name: loop_part[kept] for kept, name in _LOOP_PARTS.items()}
        return TrainState(agent=agent, replay=replay, **own)

    def close(self) -> None:
        """Waits for what is being written and lets go of the folders."""
        self._manager.close()
        self._best.close()


def restore_agent(folder: Path, template: Any, which: str) -> tuple[Any, int]:
    """The agent state of a run's `latest` or `best` checkpoint, and its epoch.

    The run may be training: nothing in its folder is touched, and a checkpoint that it replaces
    in that moment is read again in its newer form.

    Args:
      folder: of the run.
      template: an agent state's shapes.

    Raises:
      UserError: there is none, or it cannot be read.
    """
    path = _path_of(folder, which)
    here = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    template = place_on(template, here)
    for _ in range(_TRIES):
        epoch = newest(folder, which)
        if epoch is None:
            break
        try:
            found = read(path, epoch, {"agent": restore_target(template)})
            return as_type_of(template, found["agent"]), epoch
        except UserError:
            if newest(folder, which) == epoch:
                raise
    raise UserError(f"no complete checkpoint in {path}{_others(folder, which)}")


def newest(folder: Path, which: str) -> int | None:
    """Epochs done at a run's newest complete `latest` or `best` checkpoint, None without one."""
    return max(epochs_in(_path_of(folder, which)), default=None)


def _path_of(folder: Path, which: str) -> Path:
    return folder / (BEST if which == "best" else CHECKPOINTS)


def _others(folder: Path, which: str) -> str:
    other = "latest" if which == "best" else "best"
    epoch = newest(folder, other)
    return "" if epoch is None else f"; there is {other}, after epoch {epoch}"


_LOOP_PARTS = {name: name for name in ("env", "key", "epoch")}
_LOOP_PARTS |= {"plan": "acting", "objective": "reward"}
"""Fields of the state by the names that files have for them."""


def _loop_part(state: TrainState) -> dict[str, Any]:
    return {kept: getattr(state, name) for kept, name in _LOOP_PARTS.items()}
