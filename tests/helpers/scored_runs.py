"""Runs whose epochs cost nothing: what the shell around the loop writes is what is tested."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import struct
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
from tensorboardX.proto.event_pb2 import Event, SessionLog

from helpers.tiny_run import TINY
from metaworldx.training import runner_for, train
from metaworldx.training.checkpointing import restore_agent

SCORED = dataclasses.replace(
    TINY, steps=240, eval_every=40, eval_episodes=1, checkpoint_every=120, checkpoint_keep=2
)
"""Six epochs of 40 steps, each evaluated; checkpoints after the third and the sixth."""


@functools.cache
def _begun():
    loop = runner_for(SCORED)
    return loop, loop.init(0)


class Killed(BaseException):
    """The run ends where it is, as far as a test can make it."""


class ScoredRuns:
    """Trains with epochs that only count.

    Every parameter of an agent is its mark: 100 times its sitting, plus its epoch.
    """

    def __init__(self, monkeypatch):
        self.sitting, self.scores, self.die_in, self.before_epoch = 0, [], 0, lambda epoch: None
        self.loop, self._state = _begun()
        monkeypatch.setattr(self.loop, "init", lambda seed: self._state)
        monkeypatch.setattr(self.loop, "epoch", self._epoch)
        monkeypatch.setattr(self.loop, "seed_epoch", self._epoch)
        monkeypatch.setattr("metaworldx.training.trainer.Evaluator", lambda *_: self._evaluate)

    def sit(self, folder: Path, scores: list[float], die_in: int = 0) -> None:
        """One sitting: scores of its epochs, and the epoch in which it is killed."""
        self.sitting, self.scores, self.die_in = self.sitting + 1, scores, die_in
        self.first = None
        with contextlib.suppress(Killed):
            train(SCORED, folder, resume=folder.exists(), runner=self.loop)

    def best(self, folder: Path) -> int:
        """The mark of the best agent that the folder keeps."""
        template = jax.eval_shape(lambda: self._state.agent)
        state, _ = restore_agent(folder, template, "best")
        marks = {float(x.ravel()[0]) for x in jax.tree.leaves(state.params)}
        assert len(marks) == 1
        return int(marks.pop())

    def _epoch(self, state):
        epoch = int(state.epoch) + 1
        self.first = self.first or epoch
        self.before_epoch(epoch)
        if epoch == self.die_in:
            raise Killed
        mark = 100 * self.sitting + epoch
        params = jax.tree.map(lambda x: jnp.full_like(x, mark), state.agent.params)
        state = state.replace(agent=state.agent.replace(params=params), epoch=jnp.int32(epoch))
        return state, {"collect/return": mark, "collect/length": 9.0}

    def _evaluate(self, params):
        epoch = int(jax.tree.leaves(params)[0].ravel()[0]) % 100
        data = {"return_mean": self.scores[epoch - self.first]}
        return SimpleNamespace(
            **data, return_stderr=0.0, length_mean=9.0, as_data=lambda: dict(data)
        )


def board_points(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Scalars by tag as TensorBoard shows them: a START of a session drops what is at its step on.

    Its EventAccumulator reads files in the order of their names, as records of length, checksum,
    event and checksum.
    """
    found: dict[str, list[tuple[int, float]]] = {}
    for path in sorted((folder / "tensorboard").iterdir()):
        data, at = path.read_bytes(), 0
        while at + 12 <= len(data):
            size = struct.unpack_from("<Q", data, at)[0]
            event = Event.FromString(data[at + 12 : at + 12 + size])
            at += 16 + size
            if event.session_log.status == SessionLog.START:
                found = {
                    tag: [point for point in points if point[0] < event.step]
                    for tag, points in found.items()
                }
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found
