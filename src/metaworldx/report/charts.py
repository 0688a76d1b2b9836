"""Responsive charts: shapes as inline SVG stretched over a box, with all text in HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from metaworldx.report.html_elements import Cell, Html, element, join, legend, short
from metaworldx.report.schema import Difference, Numbers

COLOURS = 8
_SIZE, _MOST_POINTS, _MOST_COLUMNS = 1000.0, 500, 240
Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """Axis of a chart from `low` to `high`, both finite and different."""

    low: float
    high: float
    label: str = ""

    def at(self, value: float) -> float:
        """Position of a value, 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        """Two to six round numbers."""
        raw = (self.high - self.low) / 5.0
        power = 10.0 ** math.floor(math.log10(raw))
        step = next((power * m for m in (1.0, 2.0, 5.0, 10.0) if raw <= power * m), 10.0 * power)
        first = math.ceil(self.low / step - 1e-9)
        count = math.floor(self.high / step + 1e-9) - first + 1
        return [
            0.0 if first + i == 0 else float(f"{(first + i) * step:.10g}") for i in range(count)
        ]


@dataclass(frozen=True)
class Line:
    """A line of a chart, with a band of +-`spread`."""

    name: str
    x: Numbers
    y: Numbers
    colour: int = 0
    spread: Numbers = ()


def axis(values: Iterable[float | None], label: str = "", zero: bool = False) -> Axis:
    """An axis over values; `zero` includes 0."""
    found = [value for value in values if value is not None] + ([0.0] if zero else [])
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if not high - low > 1e-12 * max(abs(low), abs(high), 1e-300):
        half = 0.5 * abs(high) if abs(high) > 1e-100 else 0.5
        low, high = low - half, high + half
        low = max(low, 0.0) if zero and min(found, default=0.0) >= 0.0 else low
    margin = 0.04 * (high - low)
    return Axis(
        low if zero and low == 0.0 else low - margin,
        high if zero and high == 0.0 else high + margin,
        label,
    )


def line_chart(lines: Sequence[Line], x: str, y: str, text: str, extra: Cell = "") -> Html:
    """Lines with bands and a legend; empty without points.

    Args:
      x, y: labels of the axes.
      text: alternative text.
      extra: HTML below.
    """
    lines = [line for line in lines if _points(line)]
    if not lines:
        return Html("")
    xs = axis((point[0] for line in lines for point in _points(line)), x)
    xs = Axis(max(xs.low, 0.0) if xs.low > -0.1 * xs.high else xs.low, xs.high, x)
    edges = [edge for line in lines for piece in _bands(line) for edge in piece]
    heights = [point[1] for line in lines for point in _points(line)]
    ys = axis([*heights, *(edge[1] for edge in edges)], y, zero=True)
    shapes = [
        _polygon(piece, xs, ys, f"band c{line.colour}") for line in lines for piece in _bands(line)
    ]
    shapes += [
        _path(piece, xs, ys, f"line c{line.colour}") for line in lines for piece in _pieces(line)
    ]
    names = [(f"c{line.colour}", line.name) for line in lines if line.name]
    return frame(join(shapes), xs, ys, text, legend(names) if len(names) > 1 else "", extra)


def stacked(
    seconds: Numbers, shares: Mapping[str, tuple[int, Numbers]], line: Numbers, text: str
) -> Html:
    """Stacked areas of shares that sum to 1 over time, and a line between 0 and 1.

    Args:
      shares: colour and values of each.
      line: drawn dashed over the areas; may be empty.
    """
    columns = [seconds, *(values for _, values in shares.values()), *([line] if line else [])]
    rows_with_time = [row for row in zip(*columns, strict=True) if row[0] is not None]
    if len(rows_with_time) < 2:
        return Html("")
    rows = _binned([[value or 0.0 for value in row] for row in rows_with_time], _MOST_COLUMNS)
    # Points are bin centers; the areas extend to both ends.
    rows = [
        [rows_with_time[0][0] or 0.0, *rows[0][1:]],
        *rows,
        [rows_with_time[-1][0] or 0.0, *rows[-1][1:]],
    ]
    xs, ys = Axis(rows[0][0], max(rows[-1][0], rows[0][0] + 1e-6), "seconds"), Axis(0.0, 1.0)
    below = [0.0] * len(rows)
    shapes = []
    for i, (colour, _) in enumerate(shares.values()):
        above = [low + max(row[i + 1], 0.0) for low, row in zip(below, rows, strict=True)]
        centers = [row[0] for row in rows]
        edge = [*zip(centers, above, strict=True), *reversed([*zip(centers, below, strict=True)])]
        shapes.append(_polygon(edge, xs, ys, f"area c{colour}"))
        below = above
    if line:
        shapes.append(_path([(row[0], row[-1]) for row in rows], xs, ys, "progress"))
    return frame(join(shapes), xs, ys, text)


def histogram(values: Numbers, rows_with_time: Numbers, x: str, text: str) -> Html:
    """Histogram of all values and of the kept ones."""
    found = [value for value in values if value is not None]
    chosen = [value for value in rows_with_time if value is not None]
    if not found:
        return Html("")
    xs = axis([*found, *chosen], x)
    bins = max(6, min(24, round(2.0 * len(found) ** 0.5)))
    width = (xs.high - xs.low) / bins
    counts = [_counts(some, xs, bins) for some in (found, chosen)]
    # Includes kept ones that are missing among the values.
    ys = Axis(0.0, 1.05 * max(*counts[0], *counts[1]), "rollouts")
    shapes = []
    for count, css in zip(counts, ("area c7", "area c2"), strict=True):
        for i, height in enumerate(count):
            left, right = xs.low + (i + 0.06) * width, xs.low + (i + 0.94) * width
            box = [(left, 0.0), (left, height), (right, height), (right, 0.0)]
            shapes += [_polygon(box, xs, ys, css)] if height else []
    names = [("c7", f"all, {len(found)}"), ("c2", f"kept, {len(chosen)}")]
    return frame(join(shapes), xs, ys, text, legend(names if chosen else ()))


def forest(pairs: Sequence[Difference]) -> Html:
    """Forest plot: differences with their intervals on one scale, and a line at 0."""
    pairs = [pair for pair in pairs if pair.difference_mean is not None]
    ends = [x for p in pairs for x in (p.difference_mean, p.low, p.high)]
    if not pairs:
        return Html("")
    xs = axis(ends, "difference of returns", zero=True)
    xs = Axis(xs.low - 0.02 * (xs.high - xs.low), xs.high + 0.02 * (xs.high - xs.low), xs.label)
    items = []
    for pair in pairs:
        mean, low, high = pair.difference_mean, pair.low, pair.high
        content, marks, verdict = f"{mean:+,.1f}", [_mark("zero", xs.at(0.0))], "unclear"
        if low is not None and high is not None:
            content += f", 95% interval {low:+,.1f} to {high:+,.1f}"
            verdict = "better" if low > 0.0 else "worse" if high < 0.0 else "unclear"
            marks.append(_mark("whisker", xs.at(low), xs.at(high) - xs.at(low)))
        what = "pairs" if pair.over == "starts" else pair.over
        content += f", {pair.pairs} {what}" if pair.pairs is not None else ""
        marks.append(_mark("dot", xs.at(mean or 0.0)))
        items.append(
            element(
                "li",
                element("span", element("b", pair.better), " less ", element("b", pair.than)),
                element("span", content, class_="told"),
                element("span", *marks, class_="marks", aria_hidden="true"),
                class_=verdict,
            )
        )
    return element("div", element("ol", *items), _below(xs), class_="forest")


def frame(shapes: Html, xs: Axis, ys: Axis, text: str, above: Cell = "", extra: Cell = "") -> Html:
    """Frame of a chart: grid, shapes, tick labels and axis labels."""
    grid = [_path([(xs.low, y), (xs.high, y)], xs, ys, "grid") for y in ys.ticks]
    left = [element("span", short(y), style=f"bottom:{100.0 * ys.at(y):.2f}%") for y in ys.ticks]
    drawn = element(
        *("svg", join(grid), shapes),
        viewBox=f"0 0 {_SIZE:g} {_SIZE:g}",
        preserveAspectRatio="none",
        role="img",
        aria_label=text,
    )
    return element(
        "figure",
        above,
        element("div", ys.label, class_="name") if ys.label else "",
        element("div", element("div", *left, class_="left"), drawn, _below(xs), class_="frame"),
        element("figcaption", extra) if str(extra) else "",
        class_="chart",
    )


def _below(xs: Axis) -> Html:
    ticks = [
        element(
            *("span", short(x)),
            style=f"left:{100.0 * xs.at(x):.2f}%",
            class_="end" if xs.at(x) > 0.95 else None,
        )
        for x in xs.ticks
    ]
    name = element("em", xs.label) if xs.label else ""
    return element("div", *ticks, name, class_="below")


def _mark(css: str, left: float, width: float | None = None) -> Html:
    style = f"left:{100.0 * left:.2f}%" + ("" if width is None else f";width:{100.0 * width:.2f}%")
    return element("i", class_=css, style=style)


def _points(line: Line) -> list[Point]:
    return [(x, y) for x, y in zip(line.x, line.y, strict=True) if x is not None and y is not None]


def _pieces(line: Line) -> list[list[Point]]:
    """Segments of the line between gaps."""
    pieces: list[list[Point]] = [[]]
    for x, y in zip(line.x, line.y, strict=True):
        if x is None or y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return [_thin(piece) for piece in pieces if piece]


def _bands(line: Line) -> list[list[Point]]:
    """Outlines of the band, one per segment."""
    if not line.spread:
        return []
    up, down = (
        tuple(
            None if y is None or s is None else y + sign * s
            for y, s in zip(line.y, line.spread, strict=True)
        )
        for sign in (1.0, -1.0)
    )
    pieces = zip(_pieces(Line("", line.x, up)), _pieces(Line("", line.x, down)), strict=True)
    return [[*high, *reversed(low)] for high, low in pieces]


def _thin(points: list[Point]) -> list[Point]:
    if len(points) <= _MOST_POINTS:
        return points
    return [(row[0], row[1]) for row in _binned([list(point) for point in points], _MOST_POINTS)]


def _binned(rows: list[list[float]], most: int) -> list[list[float]]:
    """Means of neighbouring rows, at most `most` of them."""
    size = -(-len(rows) // most)
    groups = [rows[i : i + size] for i in range(0, len(rows), size)]
    return [[sum(column) / len(group) for column in zip(*group, strict=True)] for group in groups]


def _counts(values: Sequence[float], xs: Axis, bins: int) -> list[int]:
    bin_of = [min(int(xs.at(value) * bins), bins - 1) for value in values]
    return [bin_of.count(i) for i in range(bins)]


def _place(point: Point, xs: Axis, ys: Axis) -> str:
    return f"{_SIZE * xs.at(point[0]):.1f},{_SIZE * (1.0 - ys.at(point[1])):.1f}"


def _path(points: Sequence[Point], xs: Axis, ys: Axis, css: str) -> Html:
    # A single point becomes a line of length 0, visible by its round ends.
    points = points if len(points) > 1 else [*points, *points]
    content = " ".join(_place(point, xs, ys) for point in points)
    return element("polyline", points=content, class_=css)


def _polygon(points: Sequence[Point], xs: Axis, ys: Axis, css: str) -> Html:
    return element("polygon", points=" ".join(_place(p, xs, ys) for p in points), class_=css)
