"""Report of a training run: its data as JSON, and one HTML page with embedded figures."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from matplotlib.figure import Figure

from metaworldx.core.config import to_data
from metaworldx.evaluation.paired import Paired
from metaworldx.evaluation.world_model_error import WorldModelError
from metaworldx.report.figures import comparison, learning_curve, losses, prediction_errors, svg
from metaworldx.report.html_elements import Html
from metaworldx.report.html_template import html_page
from metaworldx.training.config import TrainConfig

SHOWN_STEPS = (1, 3, 10)
"""The k of the prediction errors in the page's table."""


@dataclass(frozen=True)
class RunReport:
    """Contents of a report.

    Attributes:
      run: the name of the run's folder.
      config: its settings.
      machine: host information from its folder.
      rows: its metrics, one row per epoch.
      success_bar: return from which the task counts as solved.
      checkpoint, epoch: of the evaluated agent.
      seed: of the report's episodes.
      predictions: k-step errors, by the acting policy of the held-out episodes.
      paired: comparison of MPPI with the policy, None if left out.
      note: text of the user, e.g. why MPPI is worse.
    """

    run: str
    config: TrainConfig
    machine: dict[str, Any]
    rows: Sequence[dict[str, Any]]
    success_bar: float
    checkpoint: str
    epoch: int
    seed: int
    predictions: dict[str, WorldModelError]
    paired: Paired | None
    note: str = ""

    @property
    def ends_early(self) -> bool:
        """Whether training episodes end before the task's own would."""
        return (self.config.end_head_below_m, self.config.end_pelvis_below_m) != (None, None)

    def as_data(self) -> dict[str, Any]:
        """As JSON data."""
        last = self.rows[-1]
        return {
            "run": self.run,
            "checkpoint": self.checkpoint,
            "epoch": self.epoch,
            "seed": self.seed,
            "settings": self.settings(),
            "machine": self.machine,
            "training": {
                "env_steps": last["env_steps"],
                "updates": last["updates"],
                "minutes": last["seconds"] / 60.0,
                "success_bar": self.success_bar,
                "collect_return": last.get("collect/return"),
                "evaluations": [
                    {
                        "env_steps": row["env_steps"],
                        "minutes": row["seconds"] / 60.0,
                        "act_with": way,
                        "return_mean": row[f"eval/{way}"]["return_mean"],
                        "return_stderr": row[f"eval/{way}"]["return_stderr"],
                    }
                    for row in self.rows
                    for way in ("policy", "mppi")
                    if f"eval/{way}" in row
                ],
            },
            "prediction": {name: found.as_data() for name, found in self.predictions.items()},
            "paired": None if self.paired is None else self.paired.as_data(),
            "note": self.note,
        }

    def settings(self) -> dict[str, Any]:
        """The run's settings in brief."""
        config, agent = self.config, to_data(self.config.agent)
        own = ("size", "act_with", "plan_horizon", "plan_fraction", "action_penalty")
        parts = {name: agent.pop(name, None) for name in (*own, "planner")}
        if parts["act_with"] != "mixed":
            del parts["plan_fraction"]
        usual = to_data(type(config.agent)())
        planner = parts.pop("planner") or {}
        parts["agent"] = parts.pop("size")
        parts["agent_settings"] = _set(agent, usual)
        parts["planner_settings"] = _set(planner, usual.get("planner", {}))
        names = ("task", "seed", "num_envs", "steps", "horizon", "batch", "utd")
        found = {name: getattr(config, name) for name in names} | parts
        limits = ("end_head_below_m", "end_pelvis_below_m", "collisions", "max_minutes")
        found |= {name: getattr(config, name) for name in limits}
        return {name: value for name, value in found.items() if value is not None}


def _set(settings: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """Those that are not as usual."""
    return {name: value for name, value in settings.items() if value != usual.get(name)}


def page(report: RunReport) -> str:
    """The self-contained HTML page."""
    sections = (_settings, _learning, _prediction, _comparison)
    title = f"{report.config.task}, seed {report.config.seed}"
    return html_page(title, Html("\n".join(part(report) for part in sections)))


def comparison_line(found: Paired) -> str:
    """The paired comparison in one sentence."""
    policy, mppi = found.policy, found.mppi
    verdict = {
        "better": "MPPI is better",
        "worse": "MPPI is worse",
        "unclear": "the interval holds 0",
    }
    return (
        f"MPPI {mppi.return_mean:.1f} ± {mppi.return_stderr:.1f}, policy {policy.return_mean:.1f} "
        f"± {policy.return_stderr:.1f}; difference {found.mean:+.1f}, 95% interval "
        f"{found.low:+.1f} to {found.high:+.1f}: {verdict[found.verdict]}"
    )


def prediction_line(name: str, found: WorldModelError) -> str:
    """The k-step errors relative to those of no change, in one line."""
    ratios = ", ".join(f"{_number(found.ratio[k - 1])} (k = {k})" for k in SHOWN_STEPS)
    return f"{name}: latent error over that of no change {ratios}"


# ---- parts of the page


def _settings(report: RunReport) -> str:
    settings = report.settings()
    for part in ("agent_settings", "planner_settings"):
        own = settings.pop(part)
        if own:
            settings[part] = ", ".join(f"{key} {value}" for key, value in own.items())
    shown = ("device", "cpu_cores", "python", "jax", "mujoco")
    machine = [f"{key} {report.machine[key]}" for key in shown if key in report.machine]
    settings["ran on"] = ", ".join(machine) or "unknown"
    settings["agent here"] = f"{report.checkpoint} checkpoint, after epoch {report.epoch}"
    rows = "".join(
        f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{escape(str(value))}</td></tr>"
        for name, value in settings.items()
    )
    return f"<table>{rows}</table>"


def _learning(report: RunReport) -> str:
    last = report.rows[-1]
    content = (
        f"{last['env_steps']:,} control steps and {last['updates']:,} updates in "
        f"{last['seconds'] / 60.0:.1f} minutes. Evaluations with their standard errors over "
        "episodes"
    )
    if report.ends_early:
        content += "; training episodes end once the robot is down, evaluations do not"
    curve = learning_curve(report.rows, report.success_bar)
    parts = ["<h2>Learning</h2>", f"<p>{content}.</p>", _image(curve, "returns while training")]
    drawn = losses(report.rows)
    parts += ["<h2>Losses</h2>", _image(drawn, "losses") if drawn else "<p>No updates yet.</p>"]
    return "\n".join(parts)


def _prediction(report: RunReport) -> str:
    head = "".join(f"<th>k = {k}</th>" for k in SHOWN_STEPS)
    rows = "".join(
        f"<tr><td>{escape(name)}</td>"
        + "".join(f"<td>{_number(found.ratio[k - 1])}</td>" for k in SHOWN_STEPS)
        + f"<td>{found.episodes[0]}</td></tr>"
        for name, found in report.predictions.items()
    )
    return "\n".join(
        [
            "<h2>What the world model foresees</h2>",
            "<p>Episodes that training never saw, which end as its own do; from each of their "
            "steps the latent is rolled k steps on with the actions that were executed, and held "
            "against the encoded observation there. Means and standard errors over episodes.</p>",
            _image(prediction_errors(report.predictions), "k-step latent prediction error"),
            "<p>Error over that of predicting no change; below 1 the model has learned:</p>",
            f"<table><tr><th></th>{head}<th>episodes</th></tr>{rows}</table>",
        ]
    )


def _comparison(report: RunReport) -> str:
    parts = ["<h2>Planning against the policy alone</h2>"]
    found = report.paired
    if found is None:
        parts.append("<p>Left out.</p>")
    else:
        parts.append(
            f"<p>{found.policy.episodes} episodes each from the same starts: "
            f"{escape(comparison_line(found))}.</p>"
        )
        parts.append(_image(comparison(found), "returns of MPPI and of the policy"))
    if report.note:
        parts.append(f"<p>{escape(report.note)}</p>")
    return "\n".join(parts)


def _image(figure: Figure, text: str) -> str:
    data = base64.b64encode(svg(figure).encode()).decode()
    return f'<img alt="{escape(text)}" src="data:image/svg+xml;base64,{data}">'


def _number(ratio: float) -> str:
    return f"{ratio:.3f}" if math.isfinite(ratio) else "no data"
