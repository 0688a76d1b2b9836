"""HTML elements. All arguments are escaped as text, except those named `html`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Html:
    """Text that is HTML already."""

    text: str

    def __str__(self) -> str:
        return self.text


Cell = str | Html
NONE = Html('<span class="none" title="not known">-</span>')


def element(name: str, *inside: Cell, **attributes: Any) -> Html:
    """An element; `class_` stands for `class`, other underscores for hyphens.

    Attributes that are None are left out.
    """
    return Html(f"{void(name, **attributes)}{join(inside)}</{name}>")


def void(name: str, **attributes: Any) -> Html:
    """A void element, or the opening tag of one."""
    attributes_text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{attributes_text}>")


def join(parts: Iterable[Cell], between: str = "") -> Html:
    """Concatenation of parts."""
    return Html(between.join(_html(part) for part in parts))


def paragraph(*inside: Cell, class_: str | None = None) -> Html:
    """A paragraph; nothing if empty."""
    return element("p", *inside, class_=class_) if str(join(inside)) else Html("")


def section(title: str, *parts: Cell, level: int = 2, id_: str | None = None) -> Html:
    """A heading with its content; nothing without content."""
    if not any(str(part) for part in parts):
        return Html("")
    return element("section", element(f"h{level}", title), *parts, id_=id_)


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    groups: Sequence[str] = (),
    show_caption: bool = False,
) -> Html:
    """A horizontally scrollable table; the first cell of a row is its header.

    Columns without any content are left out.

    Args:
      caption: caption or alternative text.
      groups: a heading for every row; rows of the same group are consecutive.
      show_caption: whether the caption is visible.
    """
    rows = [[_html(cell) for cell in row] for row in rows]
    kept = [
        i for i in range(len(heads)) if not i or any(row[i] not in ("", NONE.text) for row in rows)
    ]
    head = "".join(f'<th scope="col">{escape(heads[i])}</th>' for i in kept)
    body, before = "", None
    for number, row in enumerate(rows):
        group = groups[number] if groups else None
        if group != before:
            body += (
                f'<tr class="group"><th scope="rowgroup" colspan="{len(kept)}">'
                f"<span>{escape(str(group))}</span></th></tr>"
            )
            before = group
        cells = "".join(f"<td>{row[i]}</td>" for i in kept[1:])
        body += f'<tr><th scope="row">{row[0]}</th>{cells}</tr>'
    shown = "" if show_caption else ' class="unseen"'
    return Html(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption{shown}><span>{escape(caption)}</span></caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def facts(caption: str, pairs: Mapping[str, Any]) -> Html:
    """A table of names and values; nothing if empty."""
    shown = {name: plain(value) for name, value in pairs.items()}
    rows = [
        (
            name.replace("_", " "),
            element("span", value, class_="words" if len(value) > 24 else None),
        )
        for name, value in shown.items()
        if value
    ]
    return table(caption, ("what", "value"), rows) if rows else Html("")


def bar(share: float, text: str, colour: int = 0) -> Html:
    """A number with a bar behind it, `share` 0 to 1 of the cell's width."""
    width = f"{100.0 * min(max(share, 0.0), 1.0):.1f}%"
    return Html(
        f'<span class="bar c{colour}"><i style="width:{width}"></i><b>{escape(text)}</b></span>'
    )


def legend(names: Sequence[tuple[str, str]]) -> Html:
    """Swatches: a CSS class and a name each."""
    items = [element("li", element("i", class_=css), name) for css, name in names]
    return element("ul", *items, class_="legend") if items else Html("")


# ---- numbers


def plain(value: Any) -> str:
    """Any JSON value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value) if isinstance(value, float) else f"{value:,}".replace(",", " ")
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{str(key).replace('_', ' ')}: {plain(x)}" for key, x in value.items())
    return str(value)


def number(value: float | None) -> str:
    """A number with two to four digits, `-` for None."""
    if value is None or not math.isfinite(value):
        return "-"
    size = abs(value)
    if 0.0 < size < 0.1:
        return f"{value:.2g}"
    if size >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:.{1 if size >= 100.0 else 2}f}".rstrip("0").rstrip(".")


def short(value: float) -> str:
    """Short form of a number for axes: 12k, 1.5M."""
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= (scale if scale > 1e3 else 10_000):
            return f"{value / scale:g}{unit}"
    return f"{value:g}"


def with_error(mean: float | None, error: float | None) -> Cell:
    """`mean ± error`."""
    if mean is None:
        return NONE
    places = 2 if abs(mean) < 10.0 else 1
    text = f"{mean:,.{places}f}"
    return text if error is None else f"{text} ± {error:,.{places}f}"


def with_interval(mean: float | None, low: float, high: float) -> Cell:
    """`mean (low to high)`."""
    if mean is None:
        return NONE
    places = 2 if abs(mean) < 10.0 else 1
    return f"{mean:,.{places}f} ({low:,.{places}f} to {high:,.{places}f})"


def percent(share: float | None) -> Cell:
    """A share, 0 to 1, in percent."""
    return NONE if share is None else f"{100.0 * share:.0f}%"


def duration(seconds: float | None) -> Cell:
    """A duration in readable units."""
    if seconds is None:
        return NONE
    if seconds < 60.0:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def _html(cell: Cell) -> str:
    return cell.text if isinstance(cell, Html) else escape(str(cell))
