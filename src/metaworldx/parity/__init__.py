"""Parity tests against recordings of HumanoidBench."""

import metaworldx.sim  # noqa: F401  (before MuJoCo)
