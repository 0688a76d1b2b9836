"""Sections of the pipeline page: an episode's video and weights, and the teacher's guidance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metaworldx.report.charts import stacked
from metaworldx.report.html_elements import (
    Html,
    bar,
    element,
    legend,
    number,
    paragraph,
    section,
    table,
)
from metaworldx.report.media import Media
from metaworldx.report.schema import Film, TaskGuidance, TaskReport

LEAST_SHARE = 0.005
"""Weights below this are not shown."""
Colours = Mapping[str, int]
"""The colour of each expert throughout the page."""


def film_section(task: TaskReport, colours: Colours, media: Media) -> Html:
    """The video, and its stills above the experts' weights on a common time axis."""
    film = task.film
    if film is None:
        return Html("")
    video = media.shown(film.video, f"video of an episode of {task.task}") if film.video else ""
    stills = [
        (seconds, media.shown(name, f"{task.task}" + _at(seconds)))
        for name, seconds in zip(
            film.stills, film.still_seconds or (None,) * len(film.stills), strict=True
        )
    ]
    stills = [(seconds, still) for seconds, still in stills if str(still)]
    shares = {name: (colours.get(name, 7), values) for name, values in film.weights.items()}
    chart = stacked(
        *(film.seconds, shares, film.progress),
        f"weights of the experts over an episode of {task.task}",
    )
    names = [
        (f"c{colours.get(name, 7)}", name)
        for name, values in film.weights.items()
        if max((value or 0.0 for value in values), default=0.0) >= 10.0 * LEAST_SHARE
    ]
    if film.progress:
        names.append(("progress", "share of milestones reached"))
    strip = [
        element("figure", still, element("figcaption", _at(seconds).removeprefix(" at ")))
        for seconds, still in stills
    ]
    lead = _lead([seconds for seconds, _ in stills], film) if str(chart) else Html("")
    box = element(
        "div", element("div", *strip, class_="strip") if strip else "", lead, chart, class_="film"
    )
    together = element(
        *("div", box),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=f"{task.task}: stills and the experts' weights on one axis of time",
    )
    return section(
        "One episode and the experts' weights",
        video,
        legend(names) if str(chart) else "",
        together if strip or str(chart) else "",
        level=3,
    )


def _at(seconds: float | None) -> str:
    return "" if seconds is None else f" at {seconds:.1f} s"


def _lead(still_seconds: Sequence[float | None], film: Film) -> Html:
    """Lines from the middle of each still to its time."""
    times = [second for second in film.seconds if second is not None]
    if not still_seconds or not times or not times[-1] > times[0]:
        return Html("")
    lines = []
    for i, second in enumerate(still_seconds):
        if second is None:
            continue
        top = 1000.0 * (i + 0.5) / len(still_seconds)
        down = 1000.0 * min(max((second - times[0]) / (times[-1] - times[0]), 0.0), 1.0)
        lines.append(element("polyline", points=f"{top:.1f},0 {down:.1f},1000"))
    return element(
        *("svg", *lines),
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
        class_="lead",
        aria_hidden="true",
    )


def guidance_section(guidance: TaskGuidance, colours: Colours) -> Html:
    """A teacher's stages and the relevance of every expert."""
    content = [f"By {guidance.teacher}." if guidance.teacher else ""]
    if guidance.teacher_origin:
        content.append(f"Origin: {guidance.teacher_origin}.")
    if guidance.confidence is not None:
        content.append(f"Confidence {number(guidance.confidence)}.")
    stages = [
        element("li", stage.text, _shares(stage.experts, colours)) for stage in guidance.stages
    ]
    scores = [
        (name, bar(score / 10.0, number(score), colours.get(name, 7)))
        for name, score in guidance.relevance.items()
        if score is not None
    ]
    parts = [
        element("ol", *stages, class_="stages") if stages else "",
        table(
            "relevance of every expert, 0 to 10", ("expert", "relevance"), scores, show_caption=True
        )
        if scores
        else "",
    ]
    introduction = paragraph(" ".join(text for text in content if text), class_="small")
    if not any(str(part) for part in parts):
        return Html("")
    return section("The teacher's guidance", introduction, *parts, level=3)


def _shares(experts: Mapping[str, float | None], colours: Colours) -> Html:
    items = [
        element("span", element("i", class_=f"c{colours.get(name, 7)}"), f"{name} {share:.2f}")
        for name, share in experts.items()
        if share is not None
    ]
    return element("div", *items, class_="shares") if items else Html("")
