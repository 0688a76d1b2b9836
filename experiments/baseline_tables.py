"""Markdown tables of experts and composed policies beside baselines without learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metaworldx.composition.compare import HOLD
from metaworldx.core.stats import paired_difference

Parts = Mapping[str, Any]
_NONE = "-"


def experts_table(parts: Parts) -> str:
    """Every expert beside its baselines, and the gain from its network.

    Args:
      parts: figures by `SKILL trained`, `SKILL zero`, `SKILL random` and `SKILL hold`; missing ones
        become a dash.
    """
    names = list(dict.fromkeys(name.rsplit(" ", 1)[0] for name in parts))
    heads = (
        *("expert", "task", "return", "length", "no fall in 30 s", "m/s"),
        *("zero offsets", "random network", "pose held", "what the network adds, 95% interval"),
    )
    rows = []
    for name in names:
        trained = parts.get(f"{name} trained")
        floors = [_mean(parts.get(f"{name} {kind}")) for kind in ("zero", "random", "hold")]
        if trained is None:
            rows.append((name, *[_NONE] * 5, *floors, _NONE))
            continue
        rows.append(
            (
                *(name, trained["task"].removesuffix("-v0"), _mean(trained)),
                f"{trained['length_mean']:.0f}",
                f"{trained['no_fall_share']:.0%}",
                f"{trained['forward_speed_mean']:.2f}",
                *floors,
                added(trained, parts.get(f"{name} zero")),
            )
        )
    content = [_markdown(heads, rows)]
    for kind, who in (("trained", "reach"), ("zero", "zero offsets"), ("random", "random")):
        found = parts.get(f"reach {kind}")
        if found is not None and found["goal_distance_m"] is not None:
            near = found["milestones"]["hand near its goal"]
            content.append(
                f"h1-reach, {who}: hand {found['goal_distance_m']:.2f} m from its goal in the last "
                f"second, within 0.5 m at some time in {near:.0%}."
            )
    return "\n\n".join(content) + "\n"


def composed_table(task: str, parts: Parts) -> str:
    """Composed policies of a task beside the best constant mixture and its baselines.

    Args:
      parts: `mixtures`, `rows`, `zero offsets`, `reach random` and, for every teacher,
        `rows by NAME`; all optional.
    """
    found, rows = parts.get("mixtures"), parts.get("rows")
    if found is None or rows is None:
        return f"{task}: not measured yet\n"
    pair, bar = _words(found["best"]), rows["best"]
    shown = {
        "pose held": rows[HOLD],
        f"best single expert: {_words(found['best_single'])}": rows["best_single"],
        f"**best constant mixture: {pair}**": bar,
        f"{pair}, zero offsets": parts.get("zero offsets"),
        f"{pair}, reach's network random": parts.get("reach random"),
    }
    lines = [
        (who, _mean(row), f"{row['success_share']:.0%}", _than(row, bar))
        for who, row in shown.items()
        if row is not None
    ]
    verdicts, origins = [], []
    for guided in (part for name, part in parts.items() if name.startswith("rows by ")):
        lines += _guided(guided, bar)
        row = guided.get("routers") or guided["router"]
        who = f"The router by {guided['teacher']}"
        verdicts.append(_verdict(who, row, bar, "the best constant mixture"))
        origins.append(f"{guided['teacher']}: {guided['origin']}")
    heads = ("policy", "return", "success", "less the best constant mixture, 95% interval")
    count = len(bar["returns"])
    content = [f"**{task}**, {count} new starts", _markdown(heads, lines), *verdicts]
    zero = parts.get("zero offsets")
    if zero is not None:
        content.append(_verdict(f"What {pair} do with their networks", bar, zero, "without them"))
    if origins:
        content.append(f"Where the guidance comes from: {'; '.join(origins)}.")
    return "\n\n".join(content) + "\n"


def _guided(guided: Parts, bar: Parts) -> list[tuple[str, str, str, str]]:
    """Lines of a teacher: its constant weights, one router, and the mean over trainings."""
    teacher, weights, one = guided["teacher"], guided["weights"], guided["router"]
    lines = [
        (f"weights of {teacher}", weights),
        (f"router by {teacher}, one training", one),
    ]
    content = [
        (who, _mean(row), f"{row['success_share']:.0%}", _than(row, bar)) for who, row in lines
    ]
    over = guided.get("routers")
    if over is not None:
        mean = f"{over['return_mean']:.1f} ({over['return_low']:.1f} to {over['return_high']:.1f})"
        count = len(over["trainings"])
        who = f"**router by {teacher}, {count} trainings** (95% interval over trainings)"
        content.append((who, mean, f"{over['success_share']:.0%}", _than(over, bar)))
    return content


def added(trained: Parts, zero: Parts | None) -> str:
    """Gain of a network over zero offsets from the same initial states, with its interval."""
    if zero is None:
        return _NONE
    found = paired_difference(trained["returns"], zero["returns"])
    content = f"{found['difference_mean']:+.1f} ({found['low']:.1f} to {found['high']:.1f})"
    return content if found["low"] > 0.0 else f"{content}: not raised by learning"


def _verdict(who: str, row: Parts, other: Parts, than: str) -> str:
    found = paired_difference(row["returns"], other["returns"])
    word = "is above" if found["low"] > 0.0 else "is below" if found["high"] < 0.0 else ""
    content = f"{found['difference_mean']:+.1f}, {found['low']:.1f} to {found['high']:.1f}"
    if word:
        return f"{who} {word} {than} ({content})."
    return f"{who} cannot be told from {than} ({content})."


def _than(row: Parts, bar: Parts) -> str:
    if row is bar:
        return _NONE
    found = paired_difference(row["returns"], bar["returns"])
    return f"{found['difference_mean']:+.1f} ({found['low']:.1f} to {found['high']:.1f})"


def _mean(row: Parts | None) -> str:
    if row is None:
        return _NONE
    return f"{row['return_mean']:.1f} ± {row['return_stderr']:.1f}"


def _words(shares: Mapping[str, float]) -> str:
    if len(shares) == 1:
        return f"{next(iter(shares))} alone"
    return ", ".join(f"{name} {share:g}" for name, share in shares.items())


def _markdown(heads: tuple[str, ...], rows: list[Any]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
