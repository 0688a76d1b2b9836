"""A command's options, read by tyro, whose complaints are told in one line."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from typing import Any

from metaworldx.core.errors import UserError, check_seed
from metaworldx.envs.registry import full_id


def read_options(command: Callable[..., int], name: str, args: Sequence[str]) -> Callable[[], int]:
    """The command with its options filled in, not yet run.

    Args:
      name: of the command, as users type it.

    Raises:
      UserError: options that are unknown, missing or of another type; a seed that is none.
      SystemExit: help was asked for, and is printed.
    """
    import tyro

    # What tyro calls runs while it parses; the command itself is to run with its own stderr.
    @functools.wraps(command)
    def filled(*args, **kwargs):
        if kwargs.get("seed") is not None:
            check_seed(kwargs["seed"])
        return functools.partial(command, *args, **kwargs)

    said = io.StringIO()
    try:
        with redirect_stderr(said):
            call = tyro.cli(filled, prog=name, args=list(args))
    except SystemExit as stopped:
        if not stopped.code:
            raise
        raise UserError(f"{_complaint(said.getvalue())} ({name} --help lists all)") from None
    for option in call.keywords.keys() & {"task", "tasks"}:
        call.keywords[option] = _full_ids(call.keywords[option])
    return call


def _full_ids(given: Any) -> Any:
    """The environments of an option, custom tasks by their full ids: one, several, or `A,B`."""
    if isinstance(given, str):
        return ",".join(full_id(task.strip()) for task in given.split(","))
    return given if given is None else tuple(map(full_id, given))


# What tyro says, and how it is told here.
_REWORDED = (
    (r"Unrecognized options?: (.*)", r"unknown: \1"),
    (r"Missing value for argument '(\S+)'.*", r"\1 needs a value"),
    (r"Error parsing (\S+): no type matching (?:\{None\}\|)?(\S+) could be .* from \[(.*)\]\.",
     r"\1 is \3; needs \2"),
    (r"Error parsing (\S+): invalid literal for int\(\) with base 10: (.*)",
     r"\1 is \2; needs INT"),
    (r"Error parsing (\S+): could not convert string to float: (.*)", r"\1 is \2; needs FLOAT"),
)  # fmt: skip


def _complaint(box: str) -> str:
    """What a framed message of tyro says, without the frame and what it explains at length."""
    framed = "╭" in box
    lines = [line.strip(" │") for line in box.splitlines() if not line.startswith(("╭", "╰"))]
    parts = [part.strip() for part in re.split(r"\n[-─]+\n", "\n".join(lines))]
    # Without a frame (a terminal of ASCII alone) the title is a part too.
    parts = parts if framed else parts[1:] or parts
    told = parts[0].split("Got errors:")[0]
    if told.startswith("Missing from"):
        options = re.findall(r"^(?:--[\w-]+|[A-Z]+$)", told, re.MULTILINE)
        told = f"needs {' and '.join(options)}" if options else told
    told = " ".join(told.split())
    for said, reworded in _REWORDED:
        told = re.sub(f"^{said}$", reworded, told)
    meant = next((re.search(r"--[\w-]+", p) for p in parts if p.startswith("Perhaps you")), None)
    told = told.rstrip(".")
    return f"{told}; did you mean {meant.group()}?" if meant else told
