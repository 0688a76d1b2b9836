"""`metaworldx motions import FILE`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import tyro

from metaworldx.cli._motion_files import FileOptions


def main(
    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")],
    /,
    skill: str,
    out: Path | None = None,
    options: Annotated[FileOptions, tyro.conf.arg(name="")] = FileOptions(),
    robot: str = "h1",
    loop: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False,
    no_loop: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False,
    licence: str = "not stated",
    seed: int = 0,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Retarget a human motion file to a robot's clip, and print quality figures.

    Args:
      file: DeepMimic text, .bvh, .amc or AMASS .npz.
      skill: of the motion: stand, walk, run, sit, carry, reach, crawl or stair.
      out: clip file to write, .npz; default motions/NAME.npz.
      options: how to read the file.
      robot: h1; robots with hands use its clips by joint names.
      loop: the motion is cyclic; default as in the file.
      no_loop: the motion is not cyclic.
      licence: stored in the clip.
      seed: accepted as everywhere; nothing here is random.
      as_json: print the figures as JSON.
    """
    import dataclasses

    from metaworldx.cli._motion_files import load_human
    from metaworldx.core.errors import UserError
    from metaworldx.motion.retarget import check_skill, retarget

    del seed
    check_skill(skill)
    if loop and no_loop:
        raise UserError("--loop and --no-loop exclude each other")
    if out is not None and out.suffix != ".npz":
        raise UserError(f"cannot write {out}: a clip's ending must be .npz")
    motion = dataclasses.replace(load_human(file, options), licence=licence)
    path = out or Path("motions") / f"{motion.name}.npz"
    if path.exists() and path.resolve() == file.resolve():
        raise UserError(f"cannot write {path}: it is the file to import")
    made = retarget(motion, robot, skill, True if loop else False if no_loop else None, path.stem)

    from metaworldx.core.files import check_writable
    from metaworldx.motion.checks import check_motion
    from metaworldx.motion.clip_file import save_clip

    check = check_motion(made.clip)
    check_writable(path)
    save_clip(made.clip, path)
    figures = dataclasses.asdict(made.figures)
    figures |= {"loop": made.clip.loop, "speed_m_s": made.clip.command[0]}
    figures |= {"motor_speed": check.speed, "problems": check.problems}
    if as_json:
        about = {"clip": str(path), "skill": skill, "source": motion.source}
        print(json.dumps(about | figures, indent=1))
    else:
        _print(figures)
        print(f"wrote {path}")
    return 0


def _print(figures: dict) -> None:
    from metaworldx.cli._tables import print_table

    labels = {
        "frames": f"{figures['frames']} ({figures['seconds']:.2f} s)",
        "loop": "yes" if figures["loop"] else "no",
        "robot's legs over the human's": f"{figures['scale']:.3f}",
        "speed, m/s": f"{figures['speed_m_s']:.2f}",
        "keypoints off, mean, cm": f"{100.0 * figures['keypoint_mean_m']:.1f}",
        "keypoints off, at most, cm": f"{100.0 * figures['keypoint_max_m']:.1f}",
        "outside joint limits, rad": f"{figures['limit_excess_rad']:.3f}",
        "fastest joint over its motor's limit": f"{figures['motor_speed']:.2f}",
        "stances of a heel or toe": f"{figures['steps']}",
        "slip in a stance, mean, cm": f"{100.0 * figures['slip_mean_m']:.1f}",
        "slip in a stance, at most, cm": f"{100.0 * figures['slip_max_m']:.1f}",
        "levels of ground": f"{figures['levels']}",
        "under ground, cm": f"{100.0 * figures['penetration_m']:.1f}",
        "check": "; ".join(figures["problems"]) or "good",
    }
    print_table(
        "retargeted", ["figure", "value"], [[name, value] for name, value in labels.items()]
    )
