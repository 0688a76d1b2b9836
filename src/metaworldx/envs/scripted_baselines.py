"""Baselines: returns of scripted policies in HumanoidBench itself, for comparison."""

from __future__ import annotations

FLOORS: dict[str, dict[str, tuple[tuple[float, int], ...]]] = {
    "h1-stand-v0": {
        "hold": ((67.4, 96), (48.5, 76), (57.3, 85)),
        "random": ((12.2, 40), (14.1, 35), (14.5, 36)),
    },
    "h1-walk-v0": {
        "hold": ((11.8, 96), (8.6, 76), (10.2, 85)),
        "random": ((3.6, 80), (1.8, 29), (2.7, 51)),
    },
    "h1-sit_simple-v0": {
        "hold": ((517.4, 1000), (436.2, 1000), (552.7, 1000)),
        "random": ((3.4, 28), (12.2, 57), (4.3, 44)),
    },
    "h1-door-v0": {
        "hold": ((10.0, 88), (7.3, 68), (8.5, 77)),
        "random": ((5.9, 80), (2.6, 29), (1.5, 25)),
    },
    "h1hand-stand-v0": {
        "hold": ((97.0, 125), (58.1, 84), (77.6, 104)),
        "random": ((23.0, 45), (10.8, 34), (44.0, 45)),
    },
}
"""(return, episode length in control steps) of three seeds, measured on HumanoidBench with
MuJoCo 3.1.6: `hold` commands the keyframe's joint positions, `random` is uniform in [-1, 1]."""
