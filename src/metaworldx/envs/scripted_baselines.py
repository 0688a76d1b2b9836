"""Baselines: returns of scripted policies in HumanoidBench itself, for comparison."""

from __future__ import annotations

import json

from metaworldx.core.assets import asset_text


def scripted_returns(env_id: str) -> dict[str, list[tuple[float, int]]]:
    """(return, episode length in control steps) of three seeds by policy; may be empty."""
    known = json.loads(asset_text("scripted_returns.json"))
    return known.get(env_id, {})
