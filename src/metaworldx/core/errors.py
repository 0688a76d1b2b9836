"""User errors: bad input, reported in one line."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any


class UserError(ValueError):
    """Bad input; its message is one line that names the thing, the value and valid values.

    The command line prints it as `metaworldx: error: ...` and exits with status 2; any other
    exception is a bug and keeps its traceback.
    """


def nearest(kind: str, wanted: str, known: Iterable[str], hint: str = "") -> str:
    """The message for an unknown name, with the nearest known one.

    Args:
      kind: kind of name, e.g. `environment`.
      hint: where all names are listed, in brackets at the end.
    """
    close = difflib.get_close_matches(wanted, list(known), n=1, cutoff=0.0)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown {kind} {wanted!r}{meant}" + (f" ({hint})" if hint else "")


def check_known(kind: str, wanted: str, known: Iterable[str]) -> None:
    """Checks a name.

    Args:
      kind: kind of name, e.g. `preset`.
      known: valid names; the message lists them all.

    Raises:
      UserError: unknown name, with the nearest known one.
    """
    names = list(known)
    if wanted not in names:
        raise UserError(nearest(kind, wanted, names, f"one of {', '.join(names)}"))


def check_at_least(config: Any, least: float, *names: str) -> None:
    """Checks numbers of a settings struct.

    Raises:
      UserError: one of the fields is under `least`, infinite, or NaN.
    """
    for name in names:
        value = getattr(config, name)
        # Compared and not converted: an integer may be too large for a float.
        if not -math.inf < value < math.inf:
            raise UserError(f"{name} is {value}; needs a finite number of at least {least:g}")
        if value < least:
            raise UserError(f"{name} is {value}; needs at least {least:g}")


def check_seed(seed: int) -> None:
    """Checks a seed.

    Raises:
      UserError: it is negative or exceeds a 32-bit signed integer.
    """
    if not 0 <= seed < 2**31:
        raise UserError(f"seed is {seed}; needs 0 to {2**31 - 1}")
