"""Rendering of states and clips as images and videos."""

import metaworldx.sim  # noqa: F401  (before MuJoCo)
