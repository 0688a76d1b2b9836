"""A made-up report of a run of the whole pipeline. TEST DATA: no number in it was measured."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

EXPERTS = ("stand", "walk", "run", "sit", "carry", "reach", "crawl", "stair")
_T, _STILLS = 500, 6


def made_up(task: str = "h1-door") -> dict[str, Any]:
    """Every part of `report.json`."""
    random = np.random.default_rng(0)
    steps = list(range(0, 200_001, 5_000))
    returns = random.gamma(2.0, 40.0, 128).round(1).tolist()
    updates = range(50)
    return {
        "run": {
            "preset": "quickstart",
            "seed": 0,
            "machine": {"note": "TEST DATA, nothing was measured", "cpu_cores": 2, "ram_gb": 7.8},
            "versions": {"jax": "0.0.0", "mujoco": "0.0.0"},
            "seconds": 512.3,
            "stages": [
                {"name": "guidance", "seconds": 0.4},
                {"name": "demonstrations", "seconds": 140.2},
                {"name": "router", "seconds": 33.0},
                {"name": "evaluation", "seconds": 290.1},
                {"name": "films", "seconds": 0.0},
            ],
        },
        "teacher": "offline",
        "pool": "shipped",
        "experts": [
            {
                "name": name,
                "description": f"test data: the skill {name}, told in a sentence of some length",
                "steps": 1_200_000,
                "seconds": 4300.0,
                "hardware": "one core of two",
            }
            for name in EXPERTS
        ],
        "live": {
            "title": "stand expert trained in this run (test data)",
            "steps": steps,
            "returns": [600 * (1 - math.exp(-s / 60_000)) + random.normal(0, 15) for s in steps],
            "first_quarter": [180.2, 11.0],
            "last_quarter": [565.0, 6.1],
        },
        "tasks": [_task(task, returns, 600.0)],
        "router": {
            "task": [1.2 * math.exp(-i / 8) + 0.3 for i in updates],
            "demo": [1.6 * math.exp(-i / 12) + 0.1 for i in updates],
            "rate": [0.98**i for i in updates],
            "updates_per_point": 20,
            "record": {"tasks": [task], "teacher": "offline", "rollouts": 128},
        },
        "curves": [
            {
                "title": f"{task}: guided agent and TD-MPC2 from scratch (test data)",
                "x": "control steps",
                "y": "return",
                "series": [_series("guided", 300.0, steps), _series("from scratch", 120.0, steps)],
            }
        ],
        "notes": ["TEST DATA: made up to look at the page."],
    }


def _series(name: str, most: float, steps: list[int]) -> dict[str, Any]:
    return {
        "name": name,
        "steps": steps,
        "mean": [most * s / (s + 50_000) for s in steps],
        "stderr": [0.06 * most] * len(steps),
    }


def _task(task: str, returns: list[float], bar: float) -> dict[str, Any]:
    people = (
        ("pose hold", "floor", 8.3, 0.3),
        ("random actions", "floor", 3.1, 0.9),
        ("expert walk", "single", 249.3, 0.1),
        ("expert reach", "single", 147.1, 0.2),
        ("the teacher's weights held", "teacher", 147.3, 0.4),
        ("router", "router", 303.4, 7.2),
        ("router without demonstrations", "ablation", 151.0, 3.3),
        ("guided agent", "agent", 341.5, 12.8),
    )
    seconds = [0.02 * t for t in range(_T)]
    walk = [0.5 + 0.45 * math.tanh((s - 4.0) * 2.0) for s in seconds]
    weights = {name: [0.005] * _T for name in EXPERTS}
    weights["walk"] = [0.965 * w for w in walk]
    weights["reach"] = [0.965 * (1.0 - w) for w in walk]
    return {
        "task": task,
        "success_bar": bar,
        "episodes": 20,
        "guidance": {
            "relevance": {name: float(9 - i) for i, name in enumerate(EXPERTS)},
            "stages": [
                {"text": "Reach the hatch and turn it.", "experts": {"reach": 0.8, "stand": 0.2}},
                {"text": "Walk through <the door> & beyond.", "experts": {"walk": 1.0}},
            ],
            "confidence": 0.8,
            "teacher": "offline",
        },
        "rows": [_row(*each) for each in people],
        "paired": [
            _pair("router", "expert walk", 54.1, 38.0, 70.2),
            _pair("router", "the teacher's weights held", 156.1, 140.0, 172.0),
            _pair("guided agent", "router", 38.1, -4.0, 80.2),
            _pair("router without demonstrations", "expert walk", -98.3, -105.0, -91.6),
        ],
        "demonstrations": {
            "rollouts": 128,
            "kept": 10,
            "all_returns": returns,
            "kept_returns": sorted(returns)[-10:],
        },
        "film": {
            "video": f"films/{task}.mp4",
            "stills": [f"films/{task}-{i}.png" for i in range(_STILLS)],
            "still_seconds": [i * 9.98 / (_STILLS - 1) for i in range(_STILLS)],
            "seconds": seconds,
            "weights": weights,
            "progress": [0.0 if s < 3.0 else 0.5 if s < 7.0 else 1.0 for s in seconds],
        },
    }


def _row(who: str, kind: str, mean: float, stderr: float) -> dict[str, Any]:
    moves = kind != "floor"
    return {
        "who": who,
        "kind": kind,
        "return_mean": mean,
        "return_stderr": stderr,
        "length_mean": 1000.0 if moves else 77.0,
        "no_fall_share": 0.9 if moves else 0.0,
        "success_share": 0.35 if kind in ("router", "agent") else 0.0,
        "milestones": {"hatch turned": 0.85 if moves else 0.0, "door open": 0.4 if moves else 0.0},
        "mean_weights": {"walk": 0.6, "reach": 0.35, "stand": 0.05} if kind == "router" else None,
        "motion": {
            "jerk": 4338.0 if moves else 9120.0,
            "foot_slip": 0.06,
            "energy": 367.0,
            "tracking_error": 0.21 if kind == "single" else None,
        },
    }


def _pair(better: str, than: str, mean: float, low: float, high: float) -> dict[str, Any]:
    return {
        **{"better": better, "than": than, "pairs": 20},
        **{"difference_mean": mean, "low": low, "high": high},
    }


def make_pictures(folder: Path, task: str = "h1-door") -> None:
    """Plain pictures in place of the stills, and a few bytes in place of the video."""
    films = folder / "films"
    films.mkdir(parents=True, exist_ok=True)
    for i in range(_STILLS):
        Image.new("RGB", (320, 240), (60 + 25 * i, 90, 160 - 20 * i)).save(
            films / f"{task}-{i}.png"
        )
    (films / f"{task}.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42")
