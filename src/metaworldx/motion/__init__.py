"""Motion priors: clips, built-in human motions, importers, retargeting, checks."""

import metaworldx.sim  # noqa: F401  (before MuJoCo)
