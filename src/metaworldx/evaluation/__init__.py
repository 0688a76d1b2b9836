"""Evaluation of controllers: returns, success, motion metrics and paired comparison."""

import metaworldx.sim  # noqa: F401  (before MuJoCo)
