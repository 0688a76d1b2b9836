"""Where the full reference data lies, if it is on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def shared_root() -> Path | None:
    """`METAWORLDX_SHARED`, or `shared` beside the repository; None if it is not there."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    root = Path(os.environ.get("METAWORLDX_SHARED", beside))
    return root if root.is_dir() else None


def shared_recordings() -> Path | None:
    """The folder of the full recordings, or None."""
    root = shared_root()
    folder = root / "reference" / "recordings" if root else None
    return folder if folder and folder.is_dir() else None
