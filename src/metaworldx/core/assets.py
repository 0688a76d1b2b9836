"""Asset folder with model files and motions, in an installed wheel or at the repository's root."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def asset_root() -> Path:
    """The directory that holds `robots/` and `scenes/`.

    Raises FileNotFoundError naming the searched folders if there is none.
    """
    candidates = (_PACKAGE / "assets", _PACKAGE.parent.parent / "assets")
    for candidate in candidates:
        if (candidate / "common.xml").is_file():
            return candidate
    looked = " or ".join(str(candidate) for candidate in candidates)
    raise FileNotFoundError(f"no common.xml in {looked}; is the package installed whole?")


@cache
def asset_text(name: str) -> str:
    """The text of a file in `asset_root()`."""
    return (asset_root() / name).read_text(encoding="utf-8")
