"""Writes `assets/robots/*.xml` and `assets/scenes/*.xml` from the reference figures.

Usage: python assets/tools/from_facts.py FACTS_DIRECTORY [NAME ...] [--out DIRECTORY]

FACTS_DIRECTORY holds `robot_ROBOT.json` and `ROBOT-TASK-v0.json`; NAMEs restrict what is written.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import robots
import scenes
from mjcf import document

ASSETS = Path(__file__).resolve().parent.parent
ROBOTS = ("h1", "h1hand", "h1strong")
FLOOR_TASKS = ("walk", "stand", "run", "reach")


def scene_facts(facts: Path) -> dict[str, dict]:
    """Facts by scene; tasks on the bare floor share one, an h1hand's scene must equal an h1's."""
    found: dict[str, dict] = {}
    for path in sorted(facts.glob("h1*-v0.json")):
        task = path.stem.removesuffix("-v0").split("-", 1)[1]
        name = "floor" if task in FLOOR_TASKS else task
        read = json.loads(path.read_text())
        known = found.setdefault(name, read)
        if known["scene_bodies"] != read["scene_bodies"]:
            raise SystemExit(f"{path.name}: its scene differs from {known['env']}'s")
    return found


def main() -> None:
    """Reads the facts and writes the files named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts", type=Path, help="directory of the facts")
    parser.add_argument("names", nargs="*", help="robots and scenes to write; all if none")
    parser.add_argument("--out", type=Path, default=ASSETS, help="where to write (assets/)")
    args = parser.parse_args()
    made = {
        f"robots/{name}": robots.robot(json.loads((args.facts / f"robot_{name}.json").read_text()))
        for name in ROBOTS
    }
    for name, facts in scene_facts(args.facts).items():
        made[f"scenes/{name}"] = scenes.scene(name, facts)
    for name, tree in made.items():
        if not args.names or name.split("/")[1] in args.names:
            path = args.out / f"{name}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(document(tree))


if __name__ == "__main__":
    main()
