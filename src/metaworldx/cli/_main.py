"""The `metaworldx` command: finds the subcommand, runs it, and tells bad input in one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from metaworldx.cli._old_spellings import todays
from metaworldx.cli._options import read_options
from metaworldx.core.errors import UserError, nearest

# One line each, so that `metaworldx --help` imports no command. `train agent` lives in
# `cli/train/agent.py`; a name of one word in `cli/NAME.py`.
COMMANDS = {
    "envs": "list the environments",
    "verify": "replay recordings of HumanoidBench and report every difference",
    "render": "run a scripted policy and write a video or a strip of stills",
    "motions import": "make a robot's clip of a human motion file (DeepMimic, BVH, AMC, AMASS)",
    "motions list": "list the built-in clips, and those of a folder, with what a check finds",
    "motions filter": "drop the clips that the robot cannot follow by its own motors, and say why",
    "motions preview": "write a video of a clip or a human motion file, and its joint angles",
    "motions sheet": "write a contact sheet of stills for every skill's built-in clips",
    "train agent": "train a world-model agent on a task",
    "train expert": "train a skill's expert under human motion priors",
    "train pool": "train experts of several skills into a pool, with or without motion priors",
    "train balance": "find the gains of the balance under a skill's expert",
    "train router": "train a router over a pool's experts by a teacher and demonstrations",
    "eval agent": "evaluate a trained agent in native MuJoCo",
    "eval expert": "evaluate one expert of a pool",
    "eval router": "evaluate a pool's experts mixed by a trained router",
    "eval teacher": "evaluate a pool's experts mixed by the weights that a teacher gives",
    "eval mixture": "evaluate a pool's experts mixed at fixed shares",
    "eval scripted": "evaluate a scripted baseline: the pose held, or random actions",
    "pool list": "list the experts of a pool",
    "pool add": "put the expert of a training run into a pool",
    "vlm ask": "ask a teacher which experts a task needs",
    "vlm cache": "ask a teacher about tasks and keep its answers",
    "run": "all of MetaWorld-X in one: guidance, router, guided agent, evaluation, report",
    "report": "write a report of a run, or a table over several",
    "bench env": "measure control steps a second against the bare physics",
    "bench pool": "measure a pool's one call for all experts against a call for each",
    "bench train": "measure the whole training loop: collection, acting and updates",
    "bench update": "measure the agent's updates against their matrix products",
    "bench planner": "measure plans a second and latency against their matrix products",
}

# Where a module cannot have the command's name.
_MODULES = {"motions import": "motions.import_"}

_BAD_INPUT, _INTERRUPTED, _PIPE_CLOSED = 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit status.

    0 done; 1 the command found what it looks for (as `verify` a difference); 2 bad input;
    130 interrupted; 141 the reader of our output went away.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _run(args)
        sys.stdout.flush()
        return status
    except UserError as error:
        print(f"metaworldx: error: {_one_line(error)}", file=sys.stderr)
        return _BAD_INPUT
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED


def _run(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print(_overview(COMMANDS))
        return 0 if args else _BAD_INPUT
    if args[0] == "--version":
        from importlib.metadata import version

        print(f"metaworldx {version('metaworld-x')}")
        return 0
    args, warning = todays(args)
    name, rest = _command(args)
    if name is None:
        print(_overview({k: v for k, v in COMMANDS.items() if k.startswith(f"{args[0]} ")}))
        return 0 if rest else _BAD_INPUT
    if sys.platform == "linux":
        # Pictures are drawn off screen. MuJoCo reads this when it is imported, which most commands
        # do long before one of them knows whether it will draw.
        os.environ.setdefault("MUJOCO_GL", "egl")
    module = import_module(f"metaworldx.cli.{_MODULES.get(name, name.replace(' ', '.'))}")
    status = read_options(module.main, f"metaworldx {name}", rest)()
    if warning is not None:
        # Bad input is told in one line, without it.
        print(f"metaworldx: warning: {_one_line(warning)}", file=sys.stderr)
    return status


def _command(args: list[str]) -> tuple[str | None, list[str]]:
    """The command that the arguments begin with, and what is left of them.

    A group's name alone or with --help gives no command.
    """
    if args[0] in COMMANDS:
        return args[0], args[1:]
    group = [name for name in COMMANDS if name.startswith(f"{args[0]} ")]
    if not group:
        known = {name.split()[0] for name in COMMANDS}
        raise UserError(nearest("command", args[0], known, "metaworldx --help lists all"))
    if len(args) == 1 or args[1] in ("-h", "--help"):
        return None, args[1:]
    name = " ".join(args[:2])
    if name not in COMMANDS:
        raise UserError(nearest("command", name, group))
    return name, args[2:]


def _overview(commands: dict[str, str]) -> str:
    width = max(map(len, commands))
    lines = [f"  {name:{width}}  {summary}" for name, summary in commands.items()]
    return "\n".join(
        [
            "usage: metaworldx COMMAND [OPTIONS]",
            "",
            "HumanoidBench and MetaWorld-X in JAX.",
            "",
            *lines,
            "",
            "metaworldx COMMAND --help shows a command's options.",
        ]
    )


def _one_line(error: Exception | str) -> str:
    line = " ".join(str(error).split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
