"""Section of the pipeline page about one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metaworldx.report.charts import forest, histogram
from metaworldx.report.html_elements import (
    NONE,
    Cell,
    Html,
    bar,
    element,
    join,
    number,
    paragraph,
    percent,
    section,
    table,
    with_error,
    with_interval,
)
from metaworldx.report.media import Media
from metaworldx.report.published_baselines import HUMANOIDBENCH, Published, published
from metaworldx.report.published_baselines import KINDS as KINDS_OF_RETURN
from metaworldx.report.rollout_section import LEAST_SHARE, Colours, film_section, guidance_section
from metaworldx.report.schema import Row, RowKind, TaskReport

KINDS: dict[str, str] = {
    RowKind.FLOOR: "floor",
    RowKind.SINGLE: "single expert",
    RowKind.MIXTURE: "constant mixture",
    RowKind.TEACHER: "teacher's weights",
    RowKind.ROUTER: "router",
    RowKind.TRAININGS: "router over trainings",
    RowKind.FUSION: "router and Q",
    RowKind.REPLANNED: "asked again",
    RowKind.AGENT: "agent",
    RowKind.ABLATION: "ablation",
}
_COLOUR_OF_KIND: dict[str, int] = dict(zip(RowKind, (7, 0, 0, 1, 2, 2, 4, 6, 5, 3), strict=True))
COMPARED = (
    *(RowKind.FLOOR, RowKind.SINGLE, RowKind.MIXTURE, RowKind.TEACHER),
    *(RowKind.ROUTER, RowKind.TRAININGS, RowKind.AGENT),
)
"""Kinds whose best rows stand beside one another."""
_MOTION = {
    "jerk": "jerk, rad/s³",
    "foot_slip": "foot slip, m/s",
    "energy": "energy, W",
    "tracking_error": "tracking error, rad",
}


def task_section(task: TaskReport, colours: Colours, media: Media, id_: str) -> Html:
    """Section about a task; missing parts are left out."""
    parts = (
        paragraph(_introduction(task)),
        _who_acted(task, colours),
        section("Beside published figures", _published(task), level=3),
        section("Differences from the same starts", _differences(task), level=3),
        film_section(task, colours, media),
        guidance_section(task.guidance, colours) if task.guidance else "",
        _milestones(task.rows),
        _motion(task.rows),
        _demonstrations(task),
    )
    return section(task.task, *parts, id_=id_)


def _differences(task: TaskReport) -> Html:
    drawn = forest(task.paired)
    content = "Returns start by start: green above 0, red below, grey where the interval holds 0."
    return join([paragraph(content, class_="small"), drawn]) if str(drawn) else drawn


def best_of(rows: Sequence[Row], kind: str) -> Row | None:
    """The row of a kind with the largest return."""
    found = [row for row in rows if row.kind == kind and row.return_mean is not None]
    return max(found, key=lambda row: row.return_mean or 0.0, default=None)


def return_text(row: Row) -> Cell:
    """A row's return: mean and standard error; over trainings, mean and interval."""
    if row.return_low is None or row.return_high is None:
        return with_error(row.return_mean, row.return_stderr)
    return with_interval(row.return_mean, row.return_low, row.return_high)


def _introduction(task: TaskReport) -> str:
    content = []
    if task.episodes is not None:
        content.append(f"{task.episodes} episodes each.")
    if task.success_bar is not None:
        content.append(f"HumanoidBench's success bar is a return of {number(task.success_bar)}.")
    return " ".join(content)


def _who_acted(task: TaskReport, colours: Colours) -> Html:
    if not task.rows:
        return Html("")
    returns = [row.return_mean for row in task.rows if row.return_mean is not None]
    most = max([*returns, 0.0])
    # With negative returns a bar from 0 would be misleading.
    plain = not returns or min(returns) < 0.0 or most == 0.0
    rows = []
    for row in task.rows:
        content = return_text(row)
        if not plain and row.return_mean is not None:
            colour = _COLOUR_OF_KIND.get(row.kind, 7)
            content = _barred(row, row.return_mean / most, str(content), colour)
        rows.append(
            (
                join([row.who, element("span", KINDS.get(row.kind, row.kind), class_="tag")]),
                content,
                NONE if row.length_mean is None else number(row.length_mean),
                percent(row.no_fall_share),
                percent(row.success_share),
                _mix(row.mean_weights, colours),
            )
        )
    heads = ("policy", "return ± s.e.", "length", "no fall in 30 s", "success", "mean weights")
    return section(
        "Who acted",
        paragraph(
            "HumanoidBench return over its own episode, standard error over episodes; length in "
            "control steps. Success: no fall in 30 s and the task completed."
            + _about_bar(task.rows),
            class_="small",
        ),
        table(f"{task.task}: policies and how they did", heads, rows),
        level=3,
    )


def _barred(row: Row, share: float, content: str, colour: int) -> Html:
    """A return with a bar; an interval is placed below it."""
    if row.return_low is None or row.return_high is None:
        return bar(share, content, colour)
    interval = f"{number(row.return_low)} to {number(row.return_high)}"
    return join(
        [bar(share, number(row.return_mean), colour), element("span", interval, class_="tag")]
    )


def _about_bar(rows: Sequence[Row]) -> str:
    """Explanation of the constant mixture and of the row over trainings."""
    content = ""
    if any(row.kind == "mixture" for row in rows):
        content += (
            " The constant mixture is the best of every expert alone and every pair at 0.3, 0.5 "
            "and 0.7, chosen on other starts: whoever weighs step by step has to beat it, not only "
            "the best single expert."
        )
    if any(row.kind == "trainings" for row in rows):
        content += (
            " Of several trainings from the same demonstrations, the mean over trainings and its "
            "95% interval."
        )
    return content


def _mix(weights: Mapping[str, float | None], colours: Colours) -> Cell:
    """Weights as a coloured bar and in words, in descending order."""
    known = {name: value for name, value in weights.items() if value is not None and value > 0.0}
    if not known:
        return ""
    ordered = sorted(known.items(), key=lambda item: -item[1])
    total = sum(known.values())
    pieces = [
        element("i", class_=f"c{colours.get(name, 7)}", style=f"width:{100.0 * value / total:.1f}%")
        for name, value in known.items()
    ]
    shown = [f"{name} {value:.2f}" for name, value in ordered if value >= LEAST_SHARE]
    return element(
        "span",
        element("span", *pieces, class_="mix", aria_hidden="true"),
        element("span", ", ".join(shown), class_="tag"),
        class_="words",
    )


def _published(task: TaskReport) -> Html:
    known = published(task.task)
    if not known:
        return Html("")
    robot = task.task.partition("-")[0]
    best = [best_of(task.rows, kind) for kind in COMPARED]
    found: list[tuple[str, tuple[Cell, ...]]] = []
    ours = f"{HUMANOIDBENCH}, {robot}: this run"
    for row in best:
        if row is not None:
            content = join([row.who, element("span", KINDS[row.kind], class_="tag")])
            figures = (return_text(row), "", _share(row))
            found.append((ours, (content, *figures, "this run, standard error over episodes")))
    for figure in sorted(known, key=lambda one: (KINDS_OF_RETURN.index(one.kind), one.robot)):
        found.append((_group(figure), _cells(figure)))
    groups, rows = [group for group, _ in found], [cells for _, cells in found]
    heads = ("who", "return", "steps", "success", "source")
    return join(
        [
            paragraph(
                "Returns under different headings are of different rewards or robots and are not "
                "to be compared. Papers tell peak returns over seeds; this run's are means over "
                "episodes of one seed.",
                class_="small",
            ),
            table(f"{task.task}: published figures beside this run's", heads, rows, groups),
        ]
    )


def _group(figure: Published) -> str:
    return f"{figure.kind[0].upper()}{figure.kind[1:]}, {figure.robot or 'robot not said'}"


def _share(row: Row) -> Cell:
    return "" if row.success_share is None else percent(row.success_share)


def _cells(figure: Published) -> tuple[Cell, ...]:
    steps = "" if figure.steps_million is None else f"{figure.steps_million:.3g}M"
    source = figure.source + (f"; ± {figure.spread_is}" if figure.spread_is else "")
    # As printed there.
    content = "" if figure.mean is None else f"{figure.mean:,}"
    content += "" if figure.spread is None else f" ± {figure.spread:,}"
    return figure.who, content, steps, figure.success, source


def _milestones(rows: Sequence[Row]) -> Html:
    names = list(dict.fromkeys(name for row in rows for name in row.milestones))
    if not names:
        return Html("")
    cells = []
    for row in rows:
        if row.milestones:
            colour = _COLOUR_OF_KIND.get(row.kind, 7)
            shares = [row.milestones.get(name) for name in names]
            cells.append(
                (
                    row.who,
                    *(
                        NONE if share is None else bar(share, str(percent(share)), colour)
                        for share in shares
                    ),
                )
            )
    caption = "share of the episodes in which each milestone was reached"
    heads = ("policy", *names)
    return section("Milestones", table(caption, heads, cells, show_caption=True), level=3)


def _motion(rows: Sequence[Row]) -> Html:
    rows = [row for row in rows if any(row.motion.get(name) is not None for name in _MOTION)]
    if not rows:
        return Html("")
    most = {name: max((row.motion.get(name) or 0.0) for row in rows) for name in _MOTION}
    cells = []
    for row in rows:
        content: list[Cell] = [row.who]
        for name in _MOTION:
            value, colour = row.motion.get(name), _COLOUR_OF_KIND.get(row.kind, 7)
            share = 0.0 if value is None or not most[name] > 0.0 else value / most[name]
            content.append(NONE if value is None else bar(share, number(value), colour))
        cells.append(content)
    caption = "how the robot moved; less is smoother, and who falls early moves little"
    heads = ("policy", *_MOTION.values())
    return section("Quality of motion", table(caption, heads, cells, show_caption=True), level=3)


def _demonstrations(task: TaskReport) -> Html:
    demos = task.demonstrations
    if demos is None:
        return Html("")
    content = []
    if demos.rollouts is not None:
        content.append(f"{demos.rollouts} rollouts under random weights of the experts")
    if demos.kept is not None:
        content.append(f"the best {demos.kept} kept to learn from")
    chart = histogram(
        *(demos.all_returns, demos.kept_returns, "return"),
        f"returns of the rollouts for demonstrations of {task.task}",
    )
    sentence = paragraph(", ".join(content) + "." if content else "", class_="small")
    parts = element("div", element("div", sentence, chart), class_="charts")
    return section("Demonstrations", parts, level=3) if content or str(chart) else Html("")
