"""Safe reading of user-supplied motion files: bounded, without pickle, one-line errors."""

from __future__ import annotations

import io
import math
import re
import zipfile
from pathlib import Path

import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.motion.human_skeleton import FPS_RANGE

_MESSAGE_LIMIT = 600
_TEXT_LIMIT = 64 * 2**20
_ARRAY_LIMIT = 512 * 2**20
# Frames times joints that are worked on at once: nearly three hours of a 25-joint body at 20 fps,
# or ten minutes of a 60-joint body at 120.
_SAMPLES_LIMIT = 5_000_000


def bad(path: str | Path, problem: str) -> UserError:
    """The error for a file, in one line, whatever its content."""
    if len(problem) > _MESSAGE_LIMIT:
        problem = f"{problem[:_MESSAGE_LIMIT]}..."
    return UserError(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", f"{path}: {problem}"))


def quoted(value: object) -> str:
    """A value from a file, shortened for a message."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def read_start(path: Path, count: int = 4096) -> bytes:
    """The first bytes of a file; UserError if it is missing or empty."""
    try:
        with path.open("rb") as file:
            start = file.read(count)
    except FileNotFoundError:
        raise bad(path, "no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise bad(path, f"cannot be read ({reason})") from None
    if not start.strip():
        raise bad(path, "the file is empty")
    return start


def read_text(path: Path) -> str:
    """A complete text file; UserError if it is missing, empty or too large."""
    read_start(path)
    with path.open("rb") as file:
        data = file.read(_TEXT_LIMIT + 1)
    if len(data) > _TEXT_LIMIT:
        raise bad(path, f"larger than {_TEXT_LIMIT >> 20} MiB; cut the clip into parts")
    return data.decode("utf-8-sig", errors="replace")


def number(path: Path, text: str, what: str) -> float:
    """A finite number from a text file."""
    try:
        value = float(text)
    except ValueError:
        raise bad(path, f"{what} is {quoted(text)}, not a number") from None
    if not math.isfinite(value):
        raise bad(path, f"{what} is {quoted(text)}; it must be finite")
    return value


def numbers(path: Path, words: list[str], what: str) -> np.ndarray:
    """Finite numbers from a text file."""
    try:
        values = np.array([float(word) for word in words])
    except ValueError as error:
        raise bad(path, f"{what}: {error}; numbers are needed") from None
    if not np.isfinite(values).all():
        raise bad(path, f"{what}: NaN or infinity; all numbers must be finite")
    return values


def check_size(path: Path, frames: int, joints: int) -> None:
    """UserError for an empty motion, or one that needs too much memory."""
    if frames < 2:
        raise bad(path, f"{frames} frame(s); a motion has at least 2")
    if frames * joints > _SAMPLES_LIMIT:
        raise bad(path, f"{frames} frames of {joints} joints are too many; cut the clip into parts")


def frame_rate(path: Path, fps: float, what: str) -> float:
    """A valid frame rate, rounded to an integer within 0.02% (files round frame times)."""
    low, high = FPS_RANGE
    if not (math.isfinite(fps) and low * 0.999 <= fps <= high * 1.001):
        raise bad(
            path, f"{what} gives {fps:g} frames a second; {low:g} to {high:g} is right (fps=...)"
        )
    whole = round(fps)
    return float(whole) if abs(fps - whole) <= 2e-4 * whole else fps


def read_npz(path: Path, wanted: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The `wanted` arrays of an .npz, as far as it has them; other members are not read.

    A member's claimed shape is checked against its bytes before allocation, and pickled members are
    refused.
    """
    start = read_start(path)
    if start[:1] == b"\x80":
        raise bad(path, "is a pickle, which can run code and is refused; save arrays as .npz")
    if start[:2] != b"PK":
        raise bad(path, "is not an .npz file (a zip archive of arrays)")
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(set(archive.namelist()) & {f"{key}.npy" for key in wanted}):
                arrays[name[:-4]] = _read_member(path, archive, name)
    except UserError:
        raise
    except Exception as error:  # zlib, zipfile, and numpy's header parser: Python's tokenizer's too
        reason = str(error) or type(error).__name__
        raise bad(path, f"is damaged or not an .npz file ({reason[:120]})") from None
    return arrays


def npz_names(path: Path) -> tuple[str, ...]:
    """The names of all arrays of an .npz that `read_npz` has read."""
    with zipfile.ZipFile(path) as archive:
        return tuple(name.removesuffix(".npy") for name in archive.namelist())


def _read_member(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    size = archive.getinfo(name).file_size
    if size > _ARRAY_LIMIT:
        raise bad(path, f"{name} holds {size} bytes, more than {_ARRAY_LIMIT >> 20} MiB")
    with archive.open(name) as member:
        data = member.read(size)
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise bad(path, f"{name} is of .npy version {quoted(version)}; 1.0 and 2.0 are read")
    read = np.lib.format.read_array_header_1_0
    if version == (2, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    if dtype.hasobject:
        raise bad(path, f"{name} is pickled, which can run code and is refused; save plain arrays")
    if dtype.kind not in "fiub":
        raise bad(path, f"{name} holds {dtype}, not numbers")
    count = math.prod(shape)
    if count < 0 or stream.tell() + count * dtype.itemsize != len(data):
        raise bad(path, f"{name} claims shape {quoted(shape)} but holds {len(data)} bytes")
    flat = np.frombuffer(data, dtype, count, stream.tell())
    array = flat.reshape(shape, order="F" if fortran else "C").astype(np.float64)
    if not np.isfinite(array).all():
        raise bad(path, f"{name} holds NaN or infinity; all numbers must be finite")
    return array
