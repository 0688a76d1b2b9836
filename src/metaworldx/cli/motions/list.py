"""`metaworldx motions list [DIR]`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import tyro

_MOST = 12
"""Rows of the table per skill's built-in clips; the JSON has all."""


def main(
    folder: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")] = None,
    /,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """List the built-in clips, and the clip files of a folder, with a kinematic check of each.

    The check covers joint and velocity limits, slip, ground penetration and the loop's seam, and
    the skill's demands: an upright pelvis, soles in contact, a feasible speed. Invalid files are
    named at the end, with exit status 2.

    Args:
      folder: folder whose .npz files are listed too.
      as_json: print the list as JSON instead of a table.
    """
    from metaworldx.cli._motion_files import checked_on_ground, facts
    from metaworldx.core.errors import UserError
    from metaworldx.motion.builtin import SKILLS, clips_for
    from metaworldx.motion.clip_file import load_clip

    if folder is not None and not folder.is_dir():
        raise UserError(f"no folder {folder}")
    listed, unreadable = [], []
    for skill in SKILLS:
        for clip in clips_for(skill):
            listed.append(facts(clip, checked_on_ground(clip, True), None))
    for path in sorted(folder.glob("*.npz")) if folder else ():
        try:
            clip = load_clip(path)
            listed.append(facts(clip, checked_on_ground(clip, False), path))
        except UserError as error:
            unreadable.append({"file": str(path), "error": str(error)})
    if as_json:
        print(json.dumps({"clips": listed, "unreadable": unreadable}, indent=1))
    else:
        _print(listed)
    if unreadable:
        more = f" (and {len(unreadable) - 1} more)" if len(unreadable) > 1 else ""
        raise UserError(unreadable[0]["error"] + more)
    return 0


def _print(listed: list[dict]) -> None:
    from metaworldx.cli._tables import print_table

    columns = ["clip", "skill", "s", "frames", "loop", "m/s", "from", "check"]
    rows = [
        [
            entry["name"],
            entry["skill"] or "-",
            f"{entry['seconds']:.2f}",
            str(entry["frames"]),
            "yes" if entry["loop"] else "no",
            f"{entry['speed_m_s']:.2f}",
            _short(entry["file"] or "built in: " + entry["source"]),
            "; ".join(entry["problems"]) or "good",
        ]
        for entry in _few(listed)
    ]
    left = len(listed) - len(rows)
    more = f", {left} built-in ones without problems not shown (--json shows all)" if left else ""
    print_table(f"{len(listed)} clips{more}", columns, rows)


def _few(listed: list[dict]) -> list[dict]:
    """Files, built-in clips with problems, and the first built-in ones of each skill."""
    seen: Counter[str] = Counter()
    out = []
    for entry in listed:
        if not entry["file"]:
            seen[entry["skill"]] += 1
        if entry["file"] or entry["problems"] or seen[entry["skill"]] <= _MOST:
            out.append(entry)
    return out


def _short(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."
