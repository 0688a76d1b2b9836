"""One picture of a task as it begins, and pictures of a person's own, encoded for a teacher."""

from __future__ import annotations

import functools
import io
import logging
from collections.abc import Callable
from pathlib import Path

import jax

from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.errors import UserError

log = logging.getLogger("metaworldx.vlm")

_LARGEST = 10_000_000


def picture_of_task(task: str, seed: int = 0, width: int = 640, height: int = 480) -> bytes:
    """The task's scene at its start, as PNG.

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

    from metaworldx.report.render import Renderer

    with Renderer(env, width, height) as renderer:
        frame = renderer.frame(state)
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG")
    return buffer.getvalue()


def look_at_task(task: str) -> bytes | None:
    """The same as `picture_of_task`; None, with a warning, where nothing can be drawn."""
    return _if_any(lambda: picture_of_task(task))


def look_at_state(env: Env, state: EnvState) -> bytes | None:
    """The same as `picture_of_state`; None, with a warning, where nothing can be drawn."""
    return _if_any(lambda: picture_of_state(env, state))


def _if_any(draw: Callable[[], bytes]) -> bytes | None:
    try:
        return draw()
    except Exception as error:
        # OpenGL fails in as many ways as there are drivers. A teacher can be asked in words too.
        why = " ".join(f"{error}".split()) or type(error).__name__
        _warn(f"no picture for the teacher: {why[:200]}; asking without one")
        return None


@functools.cache
def _warn(text: str) -> None:
    """Says the same once, as a task that is looked at again and again would repeat it."""
    log.warning("%s", text)


def picture_in(path: Path) -> bytes:
    """The bytes of a PNG or JPEG file.

    Raises:
      UserError: no such file, over 10 MB, or no such picture.
    """
    from PIL import Image

    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"{path} is larger than {_LARGEST // 1_000_000} MB")
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as picture:
            kind = picture.format
            picture.load()
    except FileNotFoundError:
        raise UserError(f"no picture {path}") from None
    except UserError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        why = "it is a folder" if path.is_dir() else "it is damaged, or none"
        raise UserError(f"{path} is no PNG or JPEG picture: {why}") from error
    if kind not in ("PNG", "JPEG"):
        raise UserError(f"{path} is a {kind} picture; needs PNG or JPEG")
    return data
