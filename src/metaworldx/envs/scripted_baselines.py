"""Baselines: returns of scripted policies in HumanoidBench itself, for comparison."""

from __future__ import annotations

import json

from metaworldx.core.assets import asset_root


def scripted_returns(env_id: str) -> dict[str, list[tuple[float, int]]]:
    """(return, episode length in control steps) of three seeds by policy; may be empty."""
    known = json.loads((asset_root() / "scripted_returns.json").read_text(encoding="utf-8"))
    return known.get(env_id, {})
