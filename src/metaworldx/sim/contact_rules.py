"""Contact rules: the contacts that a task observes, by geom and body names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metaworldx.sim.model_index import ModelIndex

Selector = Callable[[str, str], bool]
"""Chooses geoms by (geom name, name of its body)."""


def anything(geom: str, body: str) -> bool:
    """Selects every geom."""
    del geom, body
    return True


def geoms(*names: str) -> Selector:
    """Selects geoms by name."""
    return lambda geom, body: geom in names


def bodies(*names: str) -> Selector:
    """Selects all geoms of the named bodies."""
    return lambda geom, body: body in names


def except_geoms(*names: str) -> Selector:
    """Selects every geom but the named ones."""
    return lambda geom, body: geom not in names


@dataclass(frozen=True)
class ContactRule:
    """True while some geom of `first` touches some geom of `second`."""

    first: Selector
    second: Selector = anything

    def pairs(self, layout: ModelIndex) -> np.ndarray:
        """Matching geom pairs: bool `[ngeom, ngeom]`, symmetric."""
        named = [
            (g, layout.bodies[b]) for g, b in zip(layout.geoms, layout.geom_bodies, strict=True)
        ]
        first = np.array([self.first(*n) for n in named], bool)
        second = np.array([self.second(*n) for n in named], bool)
        one_way = first[:, None] & second[None, :]
        return one_way | one_way.T
