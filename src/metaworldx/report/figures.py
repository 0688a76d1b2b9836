"""Figures of a training run: learning curve, losses, prediction errors, MPPI and the policy."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from metaworldx.evaluation.paired import Paired
from metaworldx.evaluation.world_model_error import WorldModelError

_COLOURS = {"policy": "#1f6fb4", "mppi": "#d1622b"}
_GREY = "0.6"
_STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.hashsalt": "metaworldx",
}


def learning_curve(rows: Sequence[dict[str, Any]], bar: float) -> Figure:
    """Returns over control steps and over minutes of training.

    Args:
      rows: of `metrics.jsonl`.
      bar: the task's success bar.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.0, 3.4), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        scales = (("env_steps", 1e6, "million control steps"), ("seconds", 60.0, "minutes"))
        for panel, (name, scale, label) in zip(axes, scales, strict=True):
            _plot(panel, rows, name, scale, "collect/return", color=_GREY, label="training")
            for way, colour in _COLOURS.items():
                found = [
                    (row[name] / scale, row[key]) for row in rows if (key := f"eval/{way}") in row
                ]
                if found:
                    panel.errorbar(
                        [x for x, _ in found],
                        [result["return_mean"] for _, result in found],
                        [result["return_stderr"] for _, result in found],
                        color=colour,
                        marker="o",
                        markersize=3,
                        label=f"evaluation, {way}",
                    )
            panel.axhline(bar, color="0.3", linewidth=0.8, linestyle="--", label="success bar")
            panel.set_xlabel(label)
            panel.set_xlim(left=0.0)
        axes[0].set_ylim(bottom=min(0.0, axes[0].get_ylim()[0]))
        axes[0].set_ylabel("return")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
        return figure


def losses(rows: Sequence[dict[str, Any]]) -> Figure | None:
    """Every loss over control steps, one panel each; None without updates."""
    names = sorted({name for row in rows for name in row if name.endswith("_loss")})
    if not names:
        return None
    with matplotlib.rc_context(_STYLE):
        height = math.ceil(len(names) / 3)
        figure = Figure(figsize=(9.0, 1.9 * height), layout="constrained")
        axes = figure.subplots(height, 3, sharex=True, squeeze=False).flat
        for panel, name in zip(axes, names, strict=False):
            values = _plot(panel, rows, "env_steps", 1e6, name, color=_COLOURS["policy"])
            title = name.removeprefix("train/").replace("_", " ")
            if min(values, default=0.0) > 0.0 and max(values) > 10.0 * min(values):
                title += ", log scale"
                panel.set_yscale("log")
                panel.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
                panel.yaxis.set_major_formatter("{x:g}")
                panel.minorticks_off()
            panel.set_title(title)
        for panel in list(axes)[len(names) :]:
            panel.set_axis_off()
        figure.supxlabel("million control steps", fontsize=9)
        return figure


def prediction_errors(predictions: dict[str, WorldModelError]) -> Figure:
    """k-step errors of the model and of predicting no change, a panel for each name."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.0, 3.2), layout="constrained")
        axes = figure.subplots(1, len(predictions), sharey=True, squeeze=False)[0]
        for panel, (name, found) in zip(axes, predictions.items(), strict=True):
            ks = range(1, len(found.model) + 1)
            style: dict[str, Any] = {"marker": "o", "markersize": 3, "capsize": 2}
            no_change, model = "predicting no change", "world model, k steps open loop"
            panel.errorbar(
                ks, found.no_change, found.no_change_stderr, color=_GREY, label=no_change, **style
            )
            panel.errorbar(
                ks, found.model, found.model_stderr, color=_COLOURS["policy"], label=model, **style
            )
            panel.set(title=name, xlabel="k, control steps ahead", xticks=ks)
        axes[0].set_ylim(bottom=0.0)
        axes[0].set_ylabel("mean squared latent error")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
        return figure


def comparison(found: Paired) -> Figure:
    """Returns of MPPI and the policy from every initial state, and their differences."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.0, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        returns = found.policy.returns + found.mppi.returns
        ends = (min(0.0, *returns), 1.05 * max(returns))
        left.plot(ends, ends, color=_GREY, linewidth=0.8)
        left.plot(
            found.policy.returns, found.mppi.returns, "o", color=_COLOURS["mppi"], markersize=4
        )
        left.set(xlabel="the policy's return", ylabel="MPPI's return", title="one point a start")
        left.set(xlim=ends, ylim=ends, aspect="equal")
        places = range(1, len(found.differences) + 1)
        right.axhline(0.0, color=_GREY, linewidth=0.8)
        right.axhspan(found.low, found.high, color=_COLOURS["mppi"], alpha=0.2, linewidth=0)
        right.axhline(found.mean, color=_COLOURS["mppi"])
        right.plot(places, sorted(found.differences), "o", color=_COLOURS["mppi"], markersize=4)
        right.set(
            xlabel="starts, sorted",
            ylabel="MPPI less policy",
            title="differences, their mean and its 95% interval",
        )
        right.xaxis.get_major_locator().set_params(integer=True)
        return figure


def svg(figure: Figure) -> str:
    """The figure as the text of an SVG file."""
    with matplotlib.rc_context(_STYLE):
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
        return text.getvalue()


def _plot(
    panel: Axes, rows: Sequence[dict[str, Any]], x: str, scale: float, y: str, **style: Any
) -> list[float]:
    """Plots the rows with a value `y`, and returns these values."""
    found = [(row[x] / scale, row[y]) for row in rows if row.get(y) is not None]
    panel.plot([place for place, _ in found], [value for _, value in found], **style)
    return [value for _, value in found]
