"""Scene images for teachers: renderings of a task's state, and checked image files."""

from __future__ import annotations

import functools
import io
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import jax

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.registry import EnvId
from metaworldx.envs.state import EnvState

log = logging.getLogger("metaworldx.vlm")

_LARGEST, _MOST_PIXELS = 10_000_000, 50_000_000


def picture_of_task(task: str | EnvId, seed: int = 0, width: int = 640, height: int = 480) -> bytes:
    """The task's initial state, as PNG.

    Raises:
      UserError: unknown task, or no off-screen OpenGL on this machine.
    """
    from metaworldx.envs.factory import make

    env = make(task, "native")
    state = jax.tree.map(lambda x: x[0], env.reset(jax.random.split(jax.random.key(seed), 1)))
    return picture_of_state(env, state, width, height)


def picture_of_state(env: Env, state: EnvState, width: int = 640, height: int = 480) -> bytes:
    """One environment's state, as PNG.

    Raises:
      UserError: no off-screen OpenGL on this machine.
    """
    from PIL import Image

    from metaworldx.rendering.renderer import Renderer

    with Renderer(env, width, height) as renderer:
        frame = renderer.frame(state)
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG")
    return buffer.getvalue()


def look_at_task(task: str | EnvId) -> bytes | None:
    """`picture_of_task`, or None with a warning if rendering fails."""
    return _if_any(lambda: picture_of_task(task))


def look_at_state(env: Env, state: EnvState) -> bytes | None:
    """`picture_of_state`, or None with a warning if rendering fails."""
    return _if_any(lambda: picture_of_state(env, state))


def _if_any(draw: Callable[[], bytes]) -> bytes | None:
    try:
        return draw()
    except Exception as error:
        # OpenGL fails in as many ways as there are drivers, and a teacher can do without images.
        why = " ".join(f"{error}".split()) or type(error).__name__
        _warn(f"no picture for the teacher: {why[:200]}; asking without one")
        return None


@functools.cache
def _warn(text: str) -> None:
    """Logs a message once, as repeated renderings would repeat it."""
    log.warning("%s", text)


def picture_in(path: Path) -> bytes:
    """The bytes of a PNG or JPEG file.

    Raises:
      UserError: missing file, over 10 MB or 50 million pixels, or no such image.
    """
    data = _bytes_of(path)
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; here they are rejected.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
        with picture:
            if picture.format not in ("PNG", "JPEG"):
                raise UserError(f"{path} is a {picture.format} picture; needs PNG or JPEG")
            # Before its pixels are unpacked.
            if picture.width * picture.height > _MOST_PIXELS:
                raise UserError(_too_large(path, f"{picture.width} x {picture.height} pixels"))
            picture.load()
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise UserError(_too_large(path, "too many pixels")) from None
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(f"{path} is no PNG or JPEG picture: it is damaged, or none") from error
    return data


def _too_large(path: Path, what: str) -> str:
    return f"{path} is too large: {what}; {_MOST_PIXELS // 1_000_000} million pixels at most"


def _bytes_of(path: Path) -> bytes:
    """Bytes of a file, which may be endless."""
    try:
        if path.exists() and not path.is_file():
            # Reading a pipe or a device would not end.
            kind = "folder" if path.is_dir() else "pipe or device"
            raise UserError(f"{path} is no PNG or JPEG picture: it is a {kind}")
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise UserError(f"no picture {path}") from None
    except OSError as error:
        raise UserError(f"cannot read the picture {path}: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise UserError(f"{path} is larger than {_LARGEST // 1_000_000} MB")
    return data
