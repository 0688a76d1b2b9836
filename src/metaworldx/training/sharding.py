"""Device mesh of a run, and its shardings: environments and replay split, parameters replicated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from metaworldx.core.errors import UserError

AXIS = "env"


class Shardings(NamedTuple):
    """A mesh with the axis `env`, and shardings: split `[S, ...]`, replicated, `[U, H, B, ...]`."""

    mesh: Mesh
    split: NamedSharding
    whole: NamedSharding
    batches: NamedSharding


def shardings_over(devices: Sequence[Any], shards: int) -> Shardings:
    """Shardings of a run's shards over devices.

    Raises:
      UserError: devices that do not divide the shards.
    """
    if shards % len(devices):
        raise UserError(f"{shards} shards over {len(devices)} devices; must be a multiple")
    mesh = Mesh(np.array(devices), (AXIS,))
    each = (P(AXIS), P(), P(None, None, AXIS))
    return Shardings(mesh, *(NamedSharding(mesh, spec) for spec in each))
