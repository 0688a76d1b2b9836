"""Report data: the results of all stages in the schema of `report.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metaworldx.core.host_info import machine
from metaworldx.experts.pool import load_experts
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.stage_cache import Done
from metaworldx.router.train import CURVE


def report_data(config: PipelineConfig, folder: Path, done: dict[str, Done]) -> dict[str, Any]:
    """Data of the run's report."""
    answers = done["guidance"].result
    about = machine()
    data: dict[str, Any] = {
        "run": {
            "preset": config.name,
            "seed": config.seed,
            "machine": {k: v for k, v in about.items() if not isinstance(v, dict)},
            "versions": about.get("versions", {}),
            "seconds": sum(mark.seconds for mark in done.values()),
            "stages": [{"name": name, "seconds": mark.seconds} for name, mark in done.items()],
        },
        "teacher": ", ".join(sorted({answers[task]["teacher"] for task in config.tasks})),
        "teacher_origin": "; ".join(
            sorted({answers[task]["teacher_origin"] for task in config.tasks} - {""})
        ),
        "pool": done["pool"].result["pool"] if "pool" in done else config.pool or "shipped",
        "experts": _experts(config),
        "tasks": [_task(config, task, answers, done) for task in config.tasks],
        "router": {
            **json.loads((folder / "router" / CURVE).read_text()),
            "updates_per_point": 20,
            "record": done["router"].result["record"],
        },
        "notes": _notes(config),
    }
    if "expert" in done:
        data["live"] = done["expert"].result
    if "agent" in done:
        found = done["agent"].result
        name = "TD-MPC2 from scratch" if found["guide"] is None else f"guided by {found['guide']}"
        series = {
            "name": name,
            "steps": found["steps"],
            "mean": found["rewards"],
            "stderr": found["stderrs"],
        }
        data["curves"] = [
            {
                "title": f"{config.tasks[0]}: the task's agent while it trained",
                "x": "control steps",
                "y": "mean reward of a control step, ± standard error over groups of environments",
                "series": [series],
            }
        ]
    return data


def _task(
    config: PipelineConfig, task: str, answers: dict[str, Any], done: dict[str, Done]
) -> dict[str, Any]:
    found = done[f"evaluation {task}"].result
    data: dict[str, Any] = {
        "task": task,
        "success_bar": found["success_bar"],
        "episodes": config.episodes,
        "guidance": {k: v for k, v in answers[task].items() if k != "notes"},
        "rows": [{k: v for k, v in row.items() if k != "returns"} for row in found["rows"]],
        "paired": found["paired"],
        "demonstrations": done["router"].result["demonstrations"][task],
    }
    film = done.get(f"film {task}")
    if film is not None and "video" in film.result:
        data["film"] = {k: v for k, v in film.result.items() if k != "who"}
    return data


def _experts(config: PipelineConfig) -> list[dict[str, Any]]:
    out = []
    for expert in load_experts(None if config.pool is None else Path(config.pool)):
        record = expert.record
        about = record.get("machine", {})
        out.append(
            {
                "name": expert.name,
                "description": expert.skill.description,
                "steps": record.get("env_steps"),
                "seconds": 60.0 * record.get("minutes", 0.0),
                "hardware": str(about.get("device", about.get("cpu", ""))),
            }
        )
    return out


def _notes(config: PipelineConfig) -> list[str]:
    notes = ["Returns are HumanoidBench's, over its own episode, in native MuJoCo on the CPU."]
    if config.without is not None:
        notes.append(f"Ablation: without {config.without}.")
    return notes
