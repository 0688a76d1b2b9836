"""`metaworldx motions sheet DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def main(
    folder: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")], /, seed: int = 0
) -> int:
    """Write a contact sheet of stills for every skill's built-in clips.

    Args:
      folder: folder for the images, `motion_SKILL.png` each.
      seed: accepted as everywhere; nothing here is random.
    """
    del seed
    from metaworldx.core.files import check_writable
    from metaworldx.rendering.motion_sheet import write_sheets

    check_writable(folder / "motion_stand.png")
    for path in write_sheets(folder):
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    return 0
