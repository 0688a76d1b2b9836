"""Motion clips of a robot: the file format, its checks, and what can be done with a clip.

A clip file is one `.npz` (no pickled objects) with

| key | shape | |
|---|---|---|
| `format` | () | `metaworldx-clip-1` |
| `name`, `skill`, `source`, `licence` | () str | skill is empty where the clip belongs to none |
| `joints` | J str | the hinges' names |
| `qpos` | T, 7 + J | pelvis (m), orientation w x y z, hinges (rad), as MuJoCo has them |
| `qvel` | T, 6 + J | linear velocity in the world, angular in the pelvis, hinges (rad/s) |
| `contacts` | T, 2 bool | left and right sole stand on the ground |
| `fps` | () float | frames a second |
| `loop` | () bool | the last frame is the first, moved on |
| `command` | 11 float | what the clip does; see COMMAND |

The frames are x forward, z up. Frame k is at time k / fps, so T frames last (T - 1) / fps.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from metaworldx.errors import UserError

FORMAT = "metaworldx-clip-1"
COMMAND = {
    "speed": slice(0, 1),
    "turn_rate": slice(1, 2),
    "left_hand": slice(2, 5),
    "right_hand": slice(5, 8),
    "seat": slice(8, 11),
}
"""A command's entries: forward speed (m/s), turn rate (rad/s), places of the hands and of the
seat (m) in a frame on the ground below the pelvis, x where it heads. What is not asked for is 0."""
COMMAND_SIZE = 11
CLOSE_RAD = 0.02
"""How well the last frame of a loop meets the first, joints and tilt (rad). A loop may rise."""
MAX_FPS = 1000.0
_KEYS = ("name", "skill", "source", "licence", "joints", "qpos", "qvel", "contacts", "fps", "loop")
_NONE = (0.0,) * COMMAND_SIZE


@dataclass(frozen=True)
class Clip:
    """A motion of a robot's joints and pelvis; see the module for shapes and units."""

    name: str
    joints: tuple[str, ...]
    qpos: np.ndarray
    qvel: np.ndarray
    contacts: np.ndarray
    fps: float
    loop: bool
    skill: str = ""
    source: str = ""
    licence: str = ""
    command: tuple[float, ...] = field(default=_NONE)

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.qpos)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last; of a loop, its period."""
        return (self.frames - 1) / self.fps


def command(**entries: float | tuple[float, ...]) -> tuple[float, ...]:
    """A command with some of COMMAND's entries set, the rest 0."""
    values = np.zeros(COMMAND_SIZE)
    for name, value in entries.items():
        values[COMMAND[name]] = value
    return tuple(float(x) for x in values)


def make_clip(
    name: str,
    joints: tuple[str, ...],
    qpos: np.ndarray,
    fps: float,
    loop: bool,
    contacts: np.ndarray | None = None,
    **about: object,
) -> Clip:
    """A checked clip from positions: velocities by central differences.

    Raises:
      UserError: see `checked`.
    """
    qpos = np.array(qpos, float)
    if contacts is None:
        contacts = np.zeros((len(qpos), 2), bool)
    clip = Clip(name, joints, qpos, np.zeros((len(qpos), 6)), contacts, fps, loop, **about)  # type: ignore[arg-type]
    _check_positions(clip)
    unit = qpos[:, 3:7] / np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    qpos[:, 3:7] = _same_sign(unit)
    return checked(replace(clip, qpos=qpos, qvel=velocities(qpos, fps, loop)))


# ---- files


def save_clip(clip: Clip, path: Path) -> None:
    """Writes a clip file whole or not at all."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        format=np.array(FORMAT),
        name=np.array(clip.name),
        skill=np.array(clip.skill),
        source=np.array(clip.source),
        licence=np.array(clip.licence),
        joints=np.array(clip.joints),
        qpos=clip.qpos.astype(np.float32),
        qvel=clip.qvel.astype(np.float32),
        contacts=clip.contacts.astype(bool),
        fps=np.array(float(clip.fps)),
        loop=np.array(bool(clip.loop)),
        command=np.array(clip.command, np.float32),
    )
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(buffer.getvalue())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def load_clip(path: Path) -> Clip:
    """Reads and checks a clip file.

    Raises:
      UserError: no such file, not a clip, pickled entries, or a clip that `checked` refuses.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {key: file[key] for key in file.files}
    except FileNotFoundError:
        raise UserError(f"no clip file {path}") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        why = "it holds pickled objects" if "pickle" in str(error) else "it is damaged or no .npz"
        raise UserError(f"{path} is not a clip: {why}; needs the format {FORMAT}") from None
    if str(data.get("format", "")) != FORMAT:
        raise UserError(f"{path} is not a clip: no format {FORMAT}")
    missing = [key for key in _KEYS if key not in data]
    if missing:
        raise UserError(f"{path} is not a whole clip: {missing[0]} is missing")
    try:
        clip = Clip(
            name=str(data["name"]),
            joints=tuple(str(x) for x in np.atleast_1d(data["joints"])),
            qpos=np.asarray(data["qpos"], float),
            qvel=np.asarray(data["qvel"], float),
            contacts=np.asarray(data["contacts"], bool),
            fps=float(data["fps"]),
            loop=bool(data["loop"]),
            skill=str(data["skill"]),
            source=str(data["source"]),
            licence=str(data["licence"]),
            command=tuple(float(x) for x in np.ravel(data.get("command", _NONE))),
        )
        return checked(clip)
    except (TypeError, ValueError) as error:
        raise UserError(f"{path}: {error}") from None


def checked(clip: Clip) -> Clip:
    """The same clip, found to be whole.

    Raises:
      UserError: wrong shapes, numbers that are not finite, fewer than two frames, a frame rate
        outside 0 to 1,000, or a loop whose ends do not meet.
    """
    _check_positions(clip)
    frames, count = clip.frames, len(clip.joints)
    for name, array, shape in (
        ("qvel", clip.qvel, (frames, 6 + count)),
        ("contacts", clip.contacts, (frames, 2)),
    ):
        if array.shape != shape:
            raise UserError(f"clip {clip.name!r}: {name} is {array.shape}; must be {shape}")
    if not np.all(np.isfinite(clip.qvel)):
        raise UserError(f"clip {clip.name!r}: qvel holds NaN or infinity")
    if len(clip.command) != COMMAND_SIZE or not np.all(np.isfinite(clip.command)):
        raise UserError(f"clip {clip.name!r}: command must be {COMMAND_SIZE} finite numbers")
    norms = np.linalg.norm(clip.qpos[:, 3:7], axis=1)
    if np.any(np.abs(norms - 1.0) > 1e-3):
        raise UserError(f"clip {clip.name!r}: orientations are not unit quaternions")
    if clip.loop:
        apart = np.abs(clip.qpos[-1, 7:] - clip.qpos[0, 7:]).max(initial=0.0)
        tilt = np.abs(_without_yaw(clip.qpos[-1, 3:7]) - _without_yaw(clip.qpos[0, 3:7])).max()
        if max(apart, tilt) > CLOSE_RAD:
            raise UserError(
                f"clip {clip.name!r} is no loop: its ends are {max(apart, tilt):.3f} rad apart; "
                f"{CLOSE_RAD} is allowed"
            )
    return clip


def _check_positions(clip: Clip) -> None:
    width = 7 + len(clip.joints)
    if clip.qpos.ndim != 2 or clip.qpos.shape[1] != width:
        raise UserError(f"clip {clip.name!r}: qpos is {clip.qpos.shape}; must be (frames, {width})")
    if clip.frames < 2:
        raise UserError(f"clip {clip.name!r} has {clip.frames} frames; needs at least 2")
    if not np.all(np.isfinite(clip.qpos)):
        raise UserError(f"clip {clip.name!r}: qpos holds NaN or infinity")
    if not 0.0 < clip.fps <= MAX_FPS:
        raise UserError(f"clip {clip.name!r}: fps is {clip.fps}; must be over 0, up to {MAX_FPS:g}")
    if np.any(np.linalg.norm(clip.qpos[:, 3:7], axis=1) < 1e-6):
        raise UserError(f"clip {clip.name!r}: orientations hold zero quaternions")


# ---- velocities


def velocities(qpos: np.ndarray, fps: float, loop: bool) -> np.ndarray:
    """Central differences on the manifold, `[T, 6 + J]`; one-sided at the ends of no loop.

    Args:
      qpos: `[T, 7 + J]`; of a loop, the last frame is the first, moved on.
    """
    spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
    linear = np.diff(np.concatenate([qpos[:, :3], qpos[:, 7:]], axis=1), axis=0) * fps
    # The turn from one frame to the next, in the first one's axes.
    turn = (spin[:-1].inv() * spin[1:]).as_rotvec() * fps
    steps = np.concatenate([linear[:, :3], turn, linear[:, 3:]], axis=1)
    if loop:
        before = np.concatenate([steps[-1:], steps], axis=0)
        after = np.concatenate([steps, steps[:1]], axis=0)
        # A loop that turns comes round with its steps turned on.
        yaw = _yaw_of(spin[-1]) - _yaw_of(spin[0])
        before[0, :3] = Rotation.from_euler("z", -yaw).apply(steps[-1, :3])
        after[-1, :3] = Rotation.from_euler("z", yaw).apply(steps[0, :3])
    else:
        before = np.concatenate([steps[:1], steps], axis=0)
        after = np.concatenate([steps, steps[-1:]], axis=0)
    return 0.5 * (before + after)


def displacement(clip: Clip) -> tuple[np.ndarray, float]:
    """How a clip moves the pelvis from first to last frame: `[3]` m in its first heading, rad."""
    first, last = (Rotation.from_quat(clip.qpos[i, 3:7], scalar_first=True) for i in (0, -1))
    yaw = _yaw_of(first)
    moved = Rotation.from_euler("z", -yaw).apply(clip.qpos[-1, :3] - clip.qpos[0, :3])
    turned = (_yaw_of(last) - yaw + np.pi) % (2.0 * np.pi) - np.pi
    return moved, float(turned)


# ---- new clips from old ones


def resampled(clip: Clip, fps: float) -> Clip:
    """The clip at another frame rate; its duration changes by less than half a frame.

    Raises:
      UserError: fps outside 0 to 1,000.
    """
    if not 0.0 < fps <= MAX_FPS:
        raise UserError(f"fps is {fps}; must be over 0, up to {MAX_FPS:g}")
    count = max(2, round(clip.duration * fps) + 1)
    at = np.linspace(0.0, clip.duration, count)
    qpos = sampled(clip, at)
    near = np.minimum(np.round(at * clip.fps).astype(int), clip.frames - 1)
    rate = (count - 1) / clip.duration
    return replace(
        clip,
        qpos=qpos,
        qvel=velocities(qpos, rate, clip.loop),
        contacts=clip.contacts[near],
        fps=rate,
    )


def sampled(clip: Clip, seconds: np.ndarray) -> np.ndarray:
    """qpos `[N, 7 + J]` at times `[N]`: held at the ends, or, of a loop, gone on with."""
    seconds = np.asarray(seconds, float)
    rounds = np.floor(seconds / clip.duration) if clip.loop else np.zeros_like(seconds)
    within = np.clip(seconds - rounds * clip.duration, 0.0, clip.duration)
    times = np.arange(clip.frames) / clip.fps
    times[-1] = max(times[-1], clip.duration)
    out = np.stack([np.interp(within, times, column) for column in clip.qpos.T], axis=1)
    spin = Slerp(times, Rotation.from_quat(clip.qpos[:, 3:7], scalar_first=True))(within)
    if np.any(rounds):
        out[:, :3], spin = _moved_on(clip, out[:, :3], spin, rounds.astype(int))
    out[:, 3:7] = _same_sign(spin.as_quat(scalar_first=True))
    return out


def _moved_on(
    clip: Clip, at: np.ndarray, spin: Rotation, rounds: np.ndarray
) -> tuple[np.ndarray, Rotation]:
    """Poses moved on by whole periods of a loop."""
    moved, turned = displacement(clip)
    start = clip.qpos[0, :3]
    yaw = _yaw_of(Rotation.from_quat(clip.qpos[0, 3:7], scalar_first=True))
    steps = int(np.abs(rounds).max())
    # Where the nth period begins, for n from -steps to steps.
    origins = {0: np.zeros(3)}
    for n in range(1, steps + 1):
        ahead = Rotation.from_euler("z", yaw + (n - 1) * turned).apply(moved)
        back = Rotation.from_euler("z", yaw - n * turned).apply(moved)
        origins[n], origins[-n] = origins[n - 1] + ahead, origins[1 - n] - back
    turn = Rotation.from_rotvec(np.outer(rounds * turned, [0.0, 0.0, 1.0]))
    origin = np.stack([origins[int(n)] for n in rounds])
    return start + origin + turn.apply(at - start), turn * spin


def mirrored(clip: Clip) -> Clip:
    """The clip with left and right exchanged: reflected in the vertical plane along x.

    Joints named `left_...` and `right_...` change places; rolls and yaws change sign.
    """
    swap = np.array([clip.joints.index(_other_side(name)) for name in clip.joints])
    sign = np.array([-1.0 if _turns_sideways(name) else 1.0 for name in clip.joints])
    qpos, qvel = clip.qpos.copy(), clip.qvel.copy()
    qpos[:, 7:] = clip.qpos[:, 7:][:, swap] * sign
    qvel[:, 6:] = clip.qvel[:, 6:][:, swap] * sign
    qpos[:, :7] *= [1, -1, 1, 1, -1, 1, -1]
    qvel[:, :6] *= [1, -1, 1, -1, 1, -1]
    given = np.array(clip.command)
    given[COMMAND["turn_rate"]] *= -1.0
    flip = np.array([1.0, -1.0, 1.0])
    left, right = given[COMMAND["left_hand"]].copy(), given[COMMAND["right_hand"]].copy()
    given[COMMAND["left_hand"]], given[COMMAND["right_hand"]] = right * flip, left * flip
    given[COMMAND["seat"]] *= flip
    return replace(
        clip,
        name=f"{clip.name}_mirrored",
        qpos=qpos,
        qvel=qvel,
        contacts=clip.contacts[:, ::-1].copy(),
        command=tuple(float(x) for x in given),
    )


def blended(first: Clip, second: Clip, share: float) -> Clip:
    """A clip between two of the same joints, at equal phase; `share` is the second's, 0 to 1.

    Both are stretched to the mean period. Heading and place are blended too, so they should
    begin alike.

    Raises:
      UserError: different joints, a loop with none, or a share outside 0 to 1.
    """
    if first.joints != second.joints or first.loop != second.loop:
        raise UserError(
            f"clips {first.name!r} and {second.name!r} cannot be blended: they need the same "
            "joints, and to be loops both or neither"
        )
    if not 0.0 <= share <= 1.0:
        raise UserError(f"share is {share}; must be 0 to 1")
    fps = max(first.fps, second.fps)
    duration = (1.0 - share) * first.duration + share * second.duration
    count = max(2, round(duration * fps) + 1)
    phase = np.linspace(0.0, 1.0, count)
    a, b = sampled(first, phase * first.duration), sampled(second, phase * second.duration)
    if first.loop:
        # The last sample is the end of the period, not the beginning of the next.
        a[-1], b[-1] = first.qpos[-1], second.qpos[-1]
    near = np.where((b[:, 3:7] * a[:, 3:7]).sum(axis=1, keepdims=True) < 0.0, -1.0, 1.0)
    b[:, 3:7] *= near
    qpos = (1.0 - share) * a + share * b
    nearest = second if share > 0.5 else first
    index = np.round(phase * (nearest.frames - 1)).astype(int)
    given = (1.0 - share) * np.array(first.command) + share * np.array(second.command)
    return make_clip(
        f"{first.name}_{second.name}",
        first.joints,
        qpos,
        (count - 1) / duration,
        first.loop,
        nearest.contacts[index],
        skill=first.skill if first.skill == second.skill else "",
        source=first.source
        if first.source == second.source
        else f"{first.source}; {second.source}",
        licence=first.licence,
        command=tuple(float(x) for x in given),
    )


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name


def _turns_sideways(name: str) -> bool:
    return name.endswith(("_yaw", "_roll")) or name == "torso"


def _same_sign(quat: np.ndarray) -> np.ndarray:
    """Quaternions `[T, 4]` with signs such that neighbours are near each other."""
    quat = quat.copy()
    for t in range(1, len(quat)):
        if quat[t] @ quat[t - 1] < 0.0:
            quat[t] *= -1.0
    return quat


def _yaw_of(spin: Rotation) -> float:
    """Its turn about the vertical, as `kinematics.heading` has it."""
    _, _, z, w = spin.as_quat()
    return float((2.0 * np.arctan2(z, w) + np.pi) % (2.0 * np.pi) - np.pi)


def _without_yaw(quat: np.ndarray) -> np.ndarray:
    """Where the world's vertical points in a frame `[3]`: all of its orientation but the yaw."""
    return Rotation.from_quat(quat, scalar_first=True).inv().apply([0.0, 0.0, 1.0])
