"""Where the model files and motions lie: inside an installed wheel, or at the repository's top."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def asset_root() -> Path:
    """The directory that holds `robots/` and `scenes/`.

    Raises FileNotFoundError naming the places looked at if there is none.
    """
    places = (_PACKAGE / "assets", _PACKAGE.parent.parent / "assets")
    for place in places:
        if (place / "common.xml").is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise FileNotFoundError(f"no common.xml in {looked}; is the package installed whole?")
