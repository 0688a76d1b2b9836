"""Throughput benchmarks, with bare physics or matrix products as reference."""

import metaworldx.sim  # noqa: F401  (before MuJoCo)
