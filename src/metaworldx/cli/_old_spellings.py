"""Old spellings of command lines, read as today's for one release, with a warning."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from metaworldx.core.errors import UserError

_EVALUATED = ("agent", "expert", "mixture", "router", "scripted", "teacher")
_COMMANDS: dict[tuple[str, ...], list[str]] = {("train", "feedback"): ["train", "balance"]}


def todays(args: Sequence[str]) -> tuple[list[str], str | None]:
    """A command line in today's spelling, and a warning in one line where it had an older one.

    Raises:
      UserError: options of an older spelling that exclude one another.
    """
    new = list(args)
    if new[:1] == ["eval"] and len(new) > 1 and not _is_kind(new[1]):
        new = ["eval", *_evaluated(new[1:])]
    new[:2] = _COMMANDS.get(tuple(new[:2]), new[:2])
    if new == list(args):
        return new, None
    return new, (
        "this spelling goes with the next release; it is now: metaworldx " + shlex.join(new)
    )


def _is_kind(word: str) -> bool:
    """Whether a word behind `eval` is, or was meant to be, what is evaluated, or asks for help."""
    if word in (*_EVALUATED, "-h", "--help"):
        return True
    near = not word.startswith("-") and get_close_matches(word, _EVALUATED)
    return bool(near) and not Path(word).exists()


def _evaluated(args: list[str]) -> list[str]:
    """Arguments of `eval`, behind the kind of what is evaluated and its name.

    `--expert walk` was `expert walk`; a run's folder alone was an agent.
    """
    rest = list(args)
    if "--untrained" in rest:
        rest.remove("--untrained")
        if _value_of("--offsets", list(rest)) is not None:
            raise UserError("--untrained is --offsets random; give one of the two")
        rest += ["--offsets", "random"]
    for kind in _EVALUATED[1:]:
        name = _value_of(f"--{kind}", rest)
        if name is not None:
            return [kind, name, *rest]
    return ["agent", *rest]


def _value_of(flag: str, args: list[str]) -> str | None:
    """A flag's value, both taken out of the arguments; None without it."""
    for n, arg in enumerate(args):
        if arg == flag and n + 1 < len(args):
            return args.pop(n) and args.pop(n)
        if arg.startswith(f"{flag}="):
            return args.pop(n).partition("=")[2]
    return None
