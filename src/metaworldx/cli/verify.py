"""`metaworldx verify DIR`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.cli._tables import Cell
    from metaworldx.parity.report import EnvironmentReport, FlightReport


def main(
    directory: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")],
    /,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Replay every recording (*.npz) of a folder through this project's environments.

    Exits with 1 if anything is out of tolerance. A file that is not a recording is named on
    stderr, the others are still replayed, and the exit status is 2.

    Args:
      directory: folder of recordings, or one recording.
      as_json: print the figures as JSON instead of tables.
    """
    files = _recordings(directory)
    from metaworldx.parity.report import EnvironmentReport, limits, report_on

    environments: list[EnvironmentReport] = []
    flights: list[FlightReport] = []
    unreadable: list[dict[str, str]] = []
    for number, file in enumerate(files, 1):
        _progress(f"{number}/{len(files)} {file.name}")
        try:
            report = report_on(file)
        except UserError as error:
            why = " ".join(str(error).split())
            why = why if str(file) in why else f"{file}: {why}"
            unreadable.append({"file": file.name, "error": why})
            _progress("")
            print(f"metaworldx: error: {why}", file=sys.stderr)
            continue
        if isinstance(report, EnvironmentReport):
            environments.append(report)
        else:
            flights.append(report)
    _progress("")
    failed = [r for r in (*environments, *flights) if r.failures]
    if as_json:
        data = {
            "environments": [report.as_data() for report in environments],
            "flights": [report.as_data() for report in flights],
            "unreadable": unreadable,
            "limits": limits(),
            "passed": not failed and not unreadable,
        }
        print(json.dumps(data, indent=1, allow_nan=False))
    else:
        _print_tables(environments, flights)
        for report in failed:
            for failure in report.failures:
                print(f"{report.file}: {failure}")
        print(
            f"{len(environments)} environments and {len(flights)} flights, "
            f"{len(failed)} out of tolerance"
            + (f", {len(unreadable)} unreadable" if unreadable else "")
        )
    return 2 if unreadable else 1 if failed else 0


def _recordings(directory: Path) -> list[Path]:
    if directory.is_file():
        return [directory]
    if not directory.is_dir():
        raise UserError(f"no folder {str(directory)!r}")
    files = sorted(directory.glob("*.npz"))
    if not files:
        raise UserError(f"no recordings (*.npz) in {str(directory)!r}")
    return files


def _progress(text: str) -> None:
    """Shows progress on a terminal's last line; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _print_tables(environments: list[EnvironmentReport], flights: list[FlightReport]) -> None:
    from metaworldx.cli._tables import print_table

    if environments:
        print_table(
            "environments (errors relative to max(1, |recorded|); objects: median error of their "
            "joints after one native control step, m or rad, by kind of episode; pelvis: median "
            "distance after 10)",
            [
                *("environment", "rows", "sizes", "observation", "reward", "ends", "memory"),
                *("worst term", "objects 0-1", "2", "3", "pelvis cm", ""),
            ],
            [_environment_row(report) for report in environments],
        )
    if flights:
        print_table(
            "flights (worst error after one control step in the air; qpos in m or rad)",
            ["robot", "rows", "sizes", "native qpos", "qvel", "mjx qpos", "qvel", ""],
            [_flight_row(report) for report in flights],
        )


def _environment_row(report: EnvironmentReport) -> list[Cell]:
    worst, physics = report.worst_term, report.dynamics
    by_kind = physics.objects if physics else {}
    pelvis = physics.pelvis_m if physics else None
    return [
        report.env,
        str(report.rows),
        _count(report.size_mismatches),
        _error(report.observation_error),
        _error(report.replay.reward_error),
        str(report.replay.termination_mismatches),
        _count(report.replay.memory_mismatches),
        f"{_error(worst[1])} {worst[0]}" if worst else "-",
        _distance(physics.objects_undisturbed if physics else None),
        _distance(by_kind.get(2)),
        _distance(by_kind.get(3)),
        "-" if pelvis is None else f"{100 * pelvis:.2f}",
        _verdict(report.failures),
    ]


def _flight_row(report: FlightReport) -> list[Cell]:
    cells: list[Cell] = []
    for errors in (report.errors.native, report.errors.mjx):
        cells += [_error(errors and errors.qpos), _error(errors and errors.qvel)]
    return [
        report.robot,
        str(report.rows),
        _count(report.errors.size_mismatches),
        *cells,
        _verdict(report.failures),
    ]


def _count(mismatches: list[str]) -> str:
    return str(len(mismatches))


def _error(value: float | None) -> str:
    return "-" if value is None else f"{value:.1e}"


def _distance(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _verdict(failures: list[str]) -> Cell:
    from rich.text import Text

    return Text("out", "red") if failures else Text("ok", "green")
