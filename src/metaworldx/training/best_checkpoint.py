"""Best checkpoints: agents of a run's best evaluations, consistent with resuming."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from metaworldx.training.checkpoint_io import UNFINISHED, manager_of, save, saveable


class BestAgents:
    """Agents that evaluated best when they were saved, numbered by epochs done; the newest counts.

    One that a checkpoint may still go back to stays until no checkpoint is older. What is past
    the checkpoint from which a run resumed belongs to a future that was given up: it stays too,
    as long as nothing has taken its place, so that a kill at any moment leaves what can be read.
    """

    def __init__(self, path: Path):
        """Opens the folder for writing, and makes it if need be."""
        self.path = path
        self._manager = manager_of(path, None)
        self._given_up: set[int] = set()

    def resume(self, epoch: int) -> bool:
        """Gives up all after an epoch; whether one is there up to it."""
        steps = self._manager.all_steps()
        self._given_up = {step for step in steps if step > epoch}
        return len(steps) > len(self._given_up)

    def save(self, agent_state: Any, epoch: int, about: dict[str, Any]) -> None:
        """Saves an agent, which counts from now on; what was given up goes.

        Raises:
          UserError: it could not be written; those that were there stay.
        """
        later = {step for step in self._manager.all_steps() if step >= epoch}
        if epoch in later:
            # One given up, of the same epoch: it makes place, but stays until this one is whole.
            aside = max(later) + 1
            self._rename(epoch, str(aside))
            later.add(aside)
        items = {"agent": saveable(agent_state), "about": ocp.args.JsonSave(about)}
        save(self._manager, epoch, items, force=True)
        self._given_up = (self._given_up | later) - {epoch}
        self.drop_given_up()

    def drop_given_up(self) -> None:
        """Removes what was given up; called when the run has gone past it for good."""
        self._remove(self._given_up)
        self._given_up = set()

    def keep_from(self, epoch: int) -> None:
        """Removes those that no checkpoint from this epoch on would go back to."""
        past = sorted(step for step in self._manager.all_steps() if step <= epoch)
        self._remove(past[:-1])

    def close(self) -> None:
        """Lets go of the folder."""
        self._manager.close()

    def _remove(self, steps: Iterable[int]) -> None:
        for step in sorted(set(steps).intersection(self._manager.all_steps()), reverse=True):
            # By its name first: a checkpoint half removed would still look like a whole one. What
            # a kill leaves of it goes when the folder is opened for writing again.
            gone = f"{step}{UNFINISHED}-{time.time_ns()}"
            self._rename(step, gone)
            if jax.process_index() == 0:
                shutil.rmtree(self.path / gone, ignore_errors=True)

    def _rename(self, step: int, name: str) -> None:
        if jax.process_index() == 0:
            (self.path / str(step)).rename(self.path / name)
        if jax.process_count() > 1:
            from jax.experimental import multihost_utils

            multihost_utils.sync_global_devices(f"best agent {step} renamed")
        self._manager.reload()
