"""Learning algorithms by name, independent of environments (`base.Learner`)."""

from __future__ import annotations

from typing import Any

from metaworldx.agents.base import Learner
from metaworldx.core.errors import UserError, check_known
from metaworldx.core.extensions import class_in

_TDMPC2 = "metaworldx.agents.tdmpc2"
ALGORITHMS = {"tdmpc2": (f"{_TDMPC2}.config:AgentSettings", f"{_TDMPC2}.learner:TDMPC2Learner")}
"""By name, the class of an algorithm's settings (which needs no JAX) and its learner's."""


def settings_class(algorithm: str) -> type:
    """The dataclass of an algorithm's settings.

    Raises:
      UserError: as `learner_class`.
    """
    if ":" in algorithm:
        return learner_class(algorithm).Settings
    check_known("algorithm", algorithm, ALGORITHMS)
    return _class(ALGORITHMS[algorithm][0])


def learner_class(algorithm: str) -> Any:
    """The learner called `tdmpc2`, or one from outside the package, e.g. `my_pkg:MyLearner`.

    Raises:
      UserError: an unknown name (with the nearest), or a class that cannot be imported or is no
        learner.
    """
    if ":" not in algorithm:
        check_known("algorithm", algorithm, ALGORITHMS)
        return _class(ALGORITHMS[algorithm][1])
    found = _class(algorithm)
    if Learner not in found.__mro__ or not hasattr(found, "Settings"):
        raise UserError(f"{algorithm} is no agents.base.Learner with Settings")
    return found


def _class(place: str) -> type:
    module, _, name = place.partition(":")
    return class_in(module, name)
