"""What the shipped pool's experts earn in their first 200 steps; broken experts do not pass."""

from __future__ import annotations

import json

import pytest

from helpers.golden_pool import BROKEN, FILE, WAYS, measured

GOLDEN = json.loads(FILE.read_text())
BANDS = {"run": 0.15, "stair": 0.15}
"""Shares of the golden return; running and stumbling on stairs hang on single contacts."""


@pytest.fixture(scope="module")
def returns():
    return measured()


def _passes(name: str, value: float) -> bool:
    return value == pytest.approx(GOLDEN[name], rel=BANDS.get(name, 0.05))


@pytest.mark.parametrize("name", GOLDEN)
def test_experts_earn_what_they_did(returns, name):
    assert _passes(name, returns[name]["whole"]), (returns[name], GOLDEN[name])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BROKEN)
def test_broken_experts_are_found(returns, name, way):
    assert not _passes(name, returns[name][way])
