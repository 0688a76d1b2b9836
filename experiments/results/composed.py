"""Keeps who did how well in a run of the pipeline: python composed.py RUN -> composed/TASK.json.

Every return and milestone of every task that `metaworldx run` evaluated in RUN.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(run: Path) -> None:
    """Copies what the run's evaluations found, with who taught, which pool and which machine."""
    report = json.loads((run / "report.json").read_text())
    router = json.loads((run / "stages" / "router.json").read_text())["result"]["record"]
    for task in (each["task"] for each in report["tasks"]):
        found = json.loads((run / "stages" / f"evaluation {task}.json").read_text())["result"]
        data = {
            "task": task,
            "machine": report["run"]["machine"],
            "teacher": report["teacher"],
            "teacher_origin": report.get("teacher_origin", ""),
            "pool": report["pool"],
            "router": router,
            **found,
        }
        path = Path(__file__).parent / "composed" / f"{task}.json"
        path.write_text(json.dumps(data, indent=1) + "\n")
        print(f"wrote {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
