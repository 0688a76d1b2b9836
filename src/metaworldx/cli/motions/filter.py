"""`metaworldx motions filter [CLIP ...]`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import tyro

from metaworldx.core.errors import UserError


def main(
    clips: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="CLIP")] = (),
    /,
    skill: str = "walk",
    trackers: Path | None = None,
    episodes: int = 8,
    keep: Path | None = None,
    out: Path | None = None,
    seed: int = 0,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Filter clips by dynamic feasibility: keep those that the robot can track in simulation.

    The skill's privileged tracker (an expert that also observes future reference frames) tracks
    each clip in native simulation. A clip is feasible if it is tracked for 80% of its duration
    (loops for 8 s) within joint and velocity limits; the others are listed with the reason.

    Args:
      clips: clip files, folders of them, or names of built-in clips; default all built-in clips
        of the skill.
      skill: skill of the tracker.
      trackers: folder of trackers, a pool of runs of `metaworldx train expert --set
        skill.preview=[0.1,0.2,0.4]`; default the shipped ones.
      episodes: per clip.
      keep: copy the feasible clips into this folder.
      out: also write the figures to this JSON file.
      seed: of the initial states.
      as_json: print the figures as JSON instead of a table.
    """
    from metaworldx.core.files import check_writable, write_text
    from metaworldx.experts.feasibility import follow_clips, shipped_trackers
    from metaworldx.experts.pool import expert_named
    from metaworldx.motion.builtin import clips_for
    from metaworldx.motion.clip_file import save_clip

    if out is not None:
        check_writable(out)
    if keep is not None and keep.exists() and not keep.is_dir():
        raise UserError(f"{keep} is no folder")
    tracker = expert_named(skill, trackers or shipped_trackers())
    chosen = [clip for name in clips for clip in _named(name)] if clips else clips_for(skill)
    names = [Path(clip.name).name for clip in chosen]
    if keep is not None and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"two clips are called {twice!r}; --keep needs different names")
    found = follow_clips(tracker, chosen, episodes, seed)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        for clip, name, result in zip(chosen, names, found, strict=True):
            if result.feasible:
                save_clip(clip, keep / f"{name}.npz")
    record = tracker.record
    data = {
        "skill": skill,
        "tracker": {k: record.get(k) for k in ("env_steps", "updates", "minutes")},
        "episodes": episodes,
        "seed": seed,
        "clips": [dataclasses.asdict(each) | {"feasible": each.feasible} for each in found],
    }
    if out is not None:
        write_text(out, json.dumps(data, indent=1) + "\n")
    print(json.dumps(data, indent=1)) if as_json else _print(found, skill)
    return 0


def _named(name: str):
    from metaworldx.cli._motion_files import builtin_clip
    from metaworldx.motion.clip_file import load_clip

    path = Path(name)
    if path.is_dir():
        files = sorted(path.glob("*.npz"))
        if not files:
            raise UserError(f"no clip files (.npz) in {path}")
        return [load_clip(file) for file in files]
    return [load_clip(path) if path.suffix == ".npz" else builtin_clip(name)]


def _print(found: list, skill: str) -> None:
    from metaworldx.cli._tables import print_table

    columns = ["clip", "followed", "falls", "joints rad", "height m", "m/s", "of m/s", "verdict"]
    rows = [
        [
            each.clip,
            f"{each.tracked:.0%}",
            f"{each.falls:.0%}",
            f"{each.joint_error:.3f}",
            f"{each.height_error:.3f}",
            f"{each.speed:.2f}",
            f"{each.speed_asked:.2f}",
            "kept" if each.feasible else f"dropped: {each.reason}",
        ]
        for each in found
    ]
    kept = sum(each.feasible for each in found)
    print_table(f"{kept} of {len(found)} clips kept, by the tracker of {skill}", columns, rows)
