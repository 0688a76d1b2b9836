"""Media of a page: embedded images and videos, or links to large files."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from urllib.parse import quote

from metaworldx.report.html_elements import Html, element, void

LARGEST = 6_000_000
"""Size in bytes up to which a file is embedded."""
_KINDS = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


class Media:
    """Media files of a run's folder, for a page in the folder `beside`."""

    def __init__(self, folder: Path, beside: Path):
        self._folder, self._beside = folder.resolve(), beside.resolve()

    def shown(self, name: str, text: str) -> Html:
        """The image or video; a link if it is large, nothing if it is missing.

        Args:
          name: path in the folder; paths outside of it count as missing.
          text: alternative text.
        """
        path = self._path(name)
        if path is None:
            return Html("")
        kind = _KINDS[path.suffix.lower()]
        size = path.stat().st_size
        if size > LARGEST:
            to = quote(os.path.relpath(path, self._beside))
            content = f"{text} ({size / 1e6:.1f} MB, beside this page)"
            return element("a", content, href=to, class_="beside")
        source = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
        if kind.startswith("video"):
            return element(
                "video",
                src=source,
                controls="",
                muted="",
                loop="",
                playsinline="",
                preload="metadata",
                aria_label=text,
            )
        return void("img", src=source, alt=text)

    def _path(self, name: str) -> Path | None:
        try:
            path = (self._folder / name).resolve()
            there = (
                path.is_relative_to(self._folder) and path.is_file() and os.access(path, os.R_OK)
            )
        except (OSError, ValueError):
            return None
        return path if there and path.suffix.lower() in _KINDS else None
