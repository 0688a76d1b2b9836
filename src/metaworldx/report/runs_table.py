"""Table over several pipeline runs, e.g. ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metaworldx.report.html_elements import (
    Cell,
    Html,
    number,
    paragraph,
    percent,
    table,
    with_error,
    with_interval,
)
from metaworldx.report.html_template import html_page
from metaworldx.report.schema import PipelineReport

COLUMNS = ("run", "task", "policy", "kind", "return", "length", "success", "teacher", "pool")


def rows_of(reports: Mapping[str, PipelineReport]) -> list[dict[str, Any]]:
    """Results of all policies in every task of every run, as JSON data.

    Args:
      reports: by the run's name.
    """
    return [
        {
            "run": name,
            "task": task.task,
            "who": row.who,
            "kind": row.kind,
            "return_mean": row.return_mean,
            "return_stderr": row.return_stderr,
            "return_low": row.return_low,
            "return_high": row.return_high,
            "trainings": list(row.trainings),
            "length_mean": row.length_mean,
            "success_share": row.success_share,
            "teacher": report.teacher,
            "teacher_origin": report.teacher_origin,
            "pool": report.pool,
        }
        for name, report in reports.items()
        for task in report.tasks
        for row in task.rows
    ]


def cells_of(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The rows in the order of `COLUMNS`, as text."""
    return [tuple(_plain(cell) for cell in _cells(row)) for row in rows]


def table_page(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a self-contained HTML page."""
    runs = list(dict.fromkeys(row["run"] for row in rows))
    title = f"{len(runs)} runs of metaworldx"
    content = (
        "Means over episodes, their standard error; of several trainings the mean over these and "
        "its 95% interval. Lengths in control steps."
    )
    body = table(title, COLUMNS, [_cells(row) for row in rows])
    return html_page(title, Html(f"{paragraph(content, class_='small')}{body}"))


def _cells(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        *(row["run"], row["task"], row["who"], row["kind"]),
        _return(row),
        number(row["length_mean"]),
        percent(row["success_share"]),
        *(row["teacher"], row["pool"]),
    )


def _return(row: Mapping[str, Any]) -> Cell:
    """Mean and standard error; over trainings, mean and interval."""
    if row.get("return_low") is None or row.get("return_high") is None:
        return with_error(row["return_mean"], row["return_stderr"])
    return with_interval(row["return_mean"], row["return_low"], row["return_high"])


def _plain(cell: Cell) -> str:
    return "-" if isinstance(cell, Html) else cell
