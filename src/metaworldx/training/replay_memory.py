"""Replay memory: bytes that the replay buffer needs, against the available ones."""

from __future__ import annotations

import os
from typing import Any

from metaworldx.core.errors import UserError
from metaworldx.training.config import TrainConfig
from metaworldx.training.replay_buffer import replay_bytes

USABLE = 0.8
"""Greatest share of memory for the replay buffer; simulation and updates need the rest."""


def replay_memory(config: TrainConfig, obs_size: int, action_size: int, term_size: int = 0) -> int:
    """Bytes of the whole replay, over all devices."""
    return replay_bytes(config.slots, config.num_envs, obs_size, action_size, term_size)


def available_memory(config: TrainConfig, devices: list[Any]) -> int | None:
    """Available bytes for the replay buffer, over all of `devices`; None if unknown."""
    if config.replay_on == "device" and devices[0].platform != "cpu":
        stats = devices[0].memory_stats() or {}
        limit = stats.get("bytes_limit")
        return limit * len(devices) if limit else None
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def check_memory(
    config: TrainConfig, obs_size: int, action_size: int, there: int | None, term_size: int = 0
) -> str:
    """A line with the size of the replay buffer.

    Args:
      there: available bytes, None if unknown.
      term_size: stored numbers per step of its terms.

    Raises:
      UserError: it would take more than 80% of `there`; the message has the capacity that fits.
    """
    needed = replay_memory(config, obs_size, action_size, term_size)
    place = "host memory" if config.replay_on == "host" else "device memory"
    if there is not None and needed > USABLE * there:
        fits = int(config.capacity * USABLE * there / needed)
        fits -= fits % (config.num_envs * config.collect_steps)
        raise UserError(
            f"capacity {config.capacity} needs {_gib(needed)} of {_gib(there)} {place}; "
            f"at most {fits} fit"
        )
    held = config.slots * config.num_envs
    of = "" if there is None else f" of {_gib(there)}"
    return f"replay: {held:,} transitions, {_gib(needed)}{of} {place}"


def _gib(size: float) -> str:
    return f"{size / 2**30:.2f} GiB"
