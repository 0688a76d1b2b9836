"""TensorBoard event files of a run, which may have been resumed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.summary import scalar


class TensorBoardWriter:
    """Writes one event file of scalars, beside those of the run's earlier sittings.

    Points are on disk once they are written: a checkpoint must not be ahead of them, and
    tensorboardX's own writer keeps them in a queue for up to two minutes.
    """

    def __init__(self, folder: Path, after_steps: int):
        """Opens a file.

        Args:
          folder: of the run's event files, made if need be.
          after_steps: control steps done. TensorBoard forgets points of earlier files beyond it,
            and keeps those up to it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        # Files are read in the order of their names, which tell the second they were begun in:
        # two of one second need to differ.
        count = len(list(folder.glob("events.*")))
        self._events = EventsWriter(str(folder / "events"), f".{count:04d}")
        start = SessionLog(status=SessionLog.START)
        self._write(Event(step=after_steps + 1, session_log=start))
        self._events.flush()

    def write(self, numbers: Mapping[str, float], steps: int) -> None:
        """Adds points at a control step."""
        for name, value in numbers.items():
            self._write(Event(step=steps, summary=scalar(name, value)))
        self._events.flush()

    def close(self) -> None:
        """Closes the file."""
        self._events.close()

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self._events.write_event(event)
