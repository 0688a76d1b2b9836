"""Columns that `bench update` and `bench planner` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaworldx.benchmarks.roofline import MatrixWork

WORK_COLUMNS = (
    *("ms", "products ms", "ratio"),
    *("GFLOP", "GFLOP/s", "machine GFLOP/s", "share", "compile s"),
)


def work_cells(work: MatrixWork) -> list[str]:
    """Cells under `WORK_COLUMNS`."""
    return [
        f"{1e3 * work.seconds:,.1f}",
        f"{1e3 * work.products_seconds:,.1f}",
        f"{work.products_ratio:.2f}",
        f"{work.flops / 1e9:,.2f}",
        f"{work.gflops_per_second:,.0f}",
        f"{work.machine_gflops_per_second:,.0f}",
        f"{work.machine_share:.0%}",
        f"{work.compile_seconds:.1f}",
    ]
