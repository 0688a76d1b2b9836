"""Page of a pipeline run: one self-contained HTML file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metaworldx.report.charts import COLOURS, Line, line_chart
from metaworldx.report.html_elements import (
    Cell,
    Html,
    bar,
    duration,
    element,
    facts,
    join,
    number,
    paragraph,
    plain,
    section,
    table,
    with_error,
)
from metaworldx.report.html_template import html_page
from metaworldx.report.media import Media
from metaworldx.report.schema import (
    LearningCurve,
    Live,
    Numbers,
    PipelineReport,
    RouterTraining,
    RowKind,
    report_from,
)
from metaworldx.report.task_section import COMPARED, KINDS, best_of, return_text, task_section

_SERIES_COLOURS = (0, 5, 2, 1, 3, 4, 6, 7)
_NOT_ALWAYS = (RowKind.MIXTURE, RowKind.TRAININGS)


def page(data: dict[str, Any], folder: Path, beside: Path | None = None) -> str:
    """The HTML page; parts missing in `data` are left out.

    Args:
      data: of `report.json`.
      folder: folder of its images and videos.
      beside: folder of the page; default `folder`.

    Raises:
      UserError: invalid structure of `data`.
    """
    report = report_from(data)
    media = Media(folder, folder if beside is None else beside)
    colours = _colours(report)
    parts: dict[str, tuple[str, Html]] = {
        "in-short": ("In short", _short(report)),
        "ran": ("What ran, and on what", _ran(report)),
    }
    for i, task in enumerate(report.tasks):
        parts[f"task-{i + 1}"] = (task.task, task_section(task, colours, media, f"task-{i + 1}"))
    parts |= {
        "router": ("The router's training", _router(report.router)),
        "curves": ("Learning curves", _curves(report.curves)),
        "live": ("Trained in this run", _live(report.live)),
        "experts": ("Experts", _experts(report)),
        "notes": ("Notes", _notes(report)),
        "again": ("To run it again", _again(report)),
    }
    done = {
        id_: (name, part if id_.startswith("task-") else section(name, part, id_=id_))
        for id_, (name, part) in parts.items()
        if str(part)
    }
    links = [element("li", element("a", name, href=f"#{id_}")) for id_, (name, _) in done.items()]
    contents = element("nav", element("ul", *links), aria_label="contents") if links else ""
    return html_page(
        _title(report), join([_introduction(report), contents, *(p for _, p in done.values())])
    )


def _colours(report: PipelineReport) -> dict[str, int]:
    """A colour for every expert, in order of first occurrence."""
    names = [expert.name for expert in report.experts]
    for task in report.tasks:
        names += task.guidance.relevance if task.guidance else ()
        names += task.film.weights if task.film else ()
        names += [name for row in task.rows for name in row.mean_weights]
    return {name: i % COLOURS for i, name in enumerate(dict.fromkeys(names))}


def _title(report: PipelineReport) -> str:
    run = report.run
    content = [run.preset, "" if run.seed is None else f"seed {run.seed}"]
    content = [each for each in content if each]
    return "metaworldx run" + (f": {', '.join(content)}" if content else "")


def _introduction(report: PipelineReport) -> Html:
    content = []
    if report.run.seconds is not None:
        content.append(f"Took {duration(report.run.seconds)}.")
    if report.teacher:
        content.append(f"Teacher: {report.teacher}.")
    if report.teacher_origin:
        content.append(f"Origin of its answers: {report.teacher_origin}.")
    if report.pool:
        content.append(f"Pool of experts: {report.pool}.")
    return paragraph(" ".join(content))


def _short(report: PipelineReport) -> Html:
    rows = []
    there = {row.kind for task in report.tasks for row in task.rows}
    actors = [kind for kind in COMPARED if kind in there or kind not in _NOT_ALWAYS]
    for i, task in enumerate(report.tasks):
        cells: list[Cell] = [element("a", task.task, href=f"#task-{i + 1}")]
        for kind in actors:
            best = best_of(task.rows, kind)
            content = "" if best is None else return_text(best)
            named = element("span", best.who, class_="tag") if best is not None else ""
            cells.append(join([content, named]))
        cells.append("" if task.success_bar is None else number(task.success_bar))
        if any(str(cell) for cell in cells[1:-1]):
            rows.append(cells)
    if not rows:
        return Html("")
    heads = ("task", *(f"best {KINDS[kind]}" for kind in actors), "success bar")
    content = "HumanoidBench return, mean ± standard error over episodes; the best of each kind"
    return table(content, heads, rows, show_caption=True)


def _ran(report: PipelineReport) -> Html:
    run = report.run
    longest = max((stage.seconds or 0.0 for stage in run.stages), default=0.0)
    rows = [
        (
            stage.name,
            bar((stage.seconds or 0.0) / longest if longest else 0.0, str(duration(stage.seconds)))
            if stage.seconds is not None
            else "",
        )
        for stage in run.stages
    ]
    return join(
        [
            table("stages and what they took", ("stage", "time"), rows) if rows else "",
            _charts(
                {
                    "Machine": facts("machine", run.machine),
                    "Versions": facts("versions", run.versions),
                }
            ),
        ]
    )


def _router(router: RouterTraining | None) -> Html:
    if router is None:
        return Html("")

    def updates(values: Numbers) -> Numbers:
        return tuple(i * router.updates_per_point for i in range(len(values)))

    losses = [
        Line("from the teacher's relevance (Eq. 10)", updates(router.task), router.task, 1),
        Line("from demonstrations (Eq. 11)", updates(router.demo), router.demo, 2),
    ]
    rate = [Line("", updates(router.rate), router.rate, 0)]
    charts = _charts(
        {
            "Losses": line_chart(losses, "updates", "loss", "the router's losses over its updates"),
            "Weight of the guidance, λ(t)": line_chart(
                *(rate, "updates", "λ(t), Eq. 12", "weight of the guidance over the updates")
            ),
        }
    )
    return join([charts, facts("what the router was trained with", router.record)])


def _curves(curves: tuple[LearningCurve, ...]) -> Html:
    drawn = {}
    for curve in curves:
        lines = [
            Line(one.name, one.steps, one.mean, _SERIES_COLOURS[i % COLOURS], one.stderr)
            for i, one in enumerate(curve.series)
        ]
        content = ""
        if any(one.stderr for one in curve.series):
            content = "Bands: one standard error to each side."
        drawn[curve.title] = line_chart(lines, curve.x, curve.y, curve.title, content)
    return _charts(drawn)


def _live(live: Live | None) -> Html:
    if live is None:
        return Html("")
    lines = [Line("", live.steps, live.returns, 0)]
    content = [
        f"{name} quarter {with_error(*quarter)}"
        for name, quarter in (("first", live.first_quarter), ("last", live.last_quarter))
        if quarter and quarter[0] is not None
    ]
    chart = line_chart(lines, "control steps", "return", live.title)
    sentence = paragraph(f"Mean return: {', '.join(content)}." if content else "", class_="small")
    return _charts({live.title: join([chart, sentence])}) if str(chart) or content else Html("")


def _charts(drawn: Mapping[str, Html]) -> Html:
    """Charts and other elements side by side if they fit, each under its title."""
    found = [
        element("div", element("h3", name), chart) for name, chart in drawn.items() if str(chart)
    ]
    return element("div", *found, class_="charts") if found else Html("")


def _experts(report: PipelineReport) -> Html:
    rows = [
        (
            expert.name,
            element("span", expert.description, class_="words") if expert.description else "",
            "" if expert.steps is None else f"{expert.steps:,.0f}",
            "" if expert.seconds is None else duration(expert.seconds),
            expert.hardware,
        )
        for expert in report.experts
    ]
    heads = ("expert", "skill", "control steps", "time", "trained on")
    return table("experts of the pool and their training", heads, rows) if rows else Html("")


def _notes(report: PipelineReport) -> Html:
    return (
        element("ul", *(element("li", note) for note in report.notes)) if report.notes else Html("")
    )


def _again(report: PipelineReport) -> Html:
    run = report.run
    words = ["metaworldx", "run"]
    words += ["--preset", run.preset] if run.preset else []
    words += ["--seed", plain(run.seed)] if run.seed is not None else []
    command = run.command or (shlex.join(words) if len(words) > 2 else "")
    return element("pre", element("code", command), tabindex="0") if command else Html("")
