"""Figure of the method: data's way from motion to action. `python docs/images/method.py` draws it.

The figure has its own light ground, so it reads on light and dark pages.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

WIDTH, HEIGHT, BOX_W, BOX_H = 1000, 500, 148, 62
LEFT = (32, 214, 396, 578, 820)  # of the columns
TOP = (64, 204, 384)  # of the rows

# name: column, row, class, title, lines below it.
BOXES = {
    "motion": (0, 0, "data", "Human motion", "128 built-in clips,", "BVH, AMC, AMASS"),
    "retarget": (1, 0, "code", "Retargeting", "inverse kinematics over", "the whole clip, Eq. 8"),
    "reward": (2, 0, "code", "Motion tracking", "imitation + task reward,", "Eq. 1 to 4"),
    "agent": (3, 0, "code", "TD-MPC2", "world model, Eq. 5, 6;", "planner, Eq. 7"),
    "pool": (4, 0, "data", "Expert pool", "8 skills, one batched", "call: actions a_1 .. a_8"),
    "task": (0, 1, "data", "Task", "instruction and", "picture of the start"),
    "teacher": (1, 1, "code", "Teacher", "Gemini, kept answers,", "or offline lexicon"),
    "guidance": (2, 1, "data", "Guidance V(T)", "scores, stages,", "confidence; asked once"),
    "router": (3, 1, "code", "Router (IRM)", "distilled, Eq. 10 to 12,", "with demonstrations"),
    "state": (0, 2, "data", "Environment", "HumanoidBench on MJX,", "Warp or native MuJoCo"),
    "weights": (3, 2, "code", "Composer", "mixes legs and arms,", "Eq. 9, 13; arm IK"),
    "residual": (4, 2, "code", "Residual agent", "adds to a_ref: the", "λ‖a - a_ref‖² term"),
}
# Polylines with an arrow at their end: points, words, where the words stand.
ARROWS = (
    ((180, 95), (214, 95)),
    ((362, 95), (396, 95)),
    ((544, 95), (578, 95)),
    ((726, 95), (820, 95)),
    ((180, 235), (214, 235)),
    ((362, 235), (396, 235)),
    ((544, 235), (578, 235)),
    ((652, 266), (652, 384)),
    ((894, 126), (894, 325), (700, 325), (700, 384)),
    ((180, 415), (578, 415)),
    ((380, 415), (380, 330), (604, 330), (604, 266)),
    ((726, 415), (820, 415)),
    ((894, 446), (894, 478), (106, 478), (106, 446)),
)
WORDS = (
    (773, 87, "experts"),
    (660, 300, "weights w", "start"),
    (800, 317, "proposals a_i(s)"),
    (280, 407, "state s, every control step"),
    (773, 407, "a_ref"),
    (500, 471, "action"),
)
LANES = (
    (24, 108, "EXPERTS (SEP): trained once a skill", "experts"),
    (164, 108, "ROUTER (IRM): trained once a task, no teacher while acting", "router"),
    (344, 146, "ACTING: every control step", "acting"),
)
STYLE = """
text { font-family: Helvetica, Arial, sans-serif; fill: #1d2733; }
.title { font-size: 15px; font-weight: bold; } .line { font-size: 12px; }
.word { font-size: 12px; font-style: italic; } .lane { font-size: 12px; font-weight: bold; }
.experts { fill: #e7f0fa; } .router { fill: #fbf0de; } .acting { fill: #e8f4e8; }
.data { fill: #ffffff; stroke: #52606d; stroke-width: 1.4; }
.code { fill: #d9e2ec; stroke: #243b53; stroke-width: 1.4; }
path { fill: none; stroke: #243b53; stroke-width: 1.6; marker-end: url(#end); }
"""


def drawn() -> str:
    """The figure as SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Data's way from motion to action</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><polygon points="0,0 8,4 0,8" fill="#243b53"/></marker>'
        "</defs>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#f7f9fb"/>',
    ]
    for top, height, words, kind in LANES:
        parts.append(
            f'<rect class="{kind}" x="16" y="{top}" width="{WIDTH - 32}" height="{height}" rx="8"/>'
        )
        parts.append(f'<text class="lane" x="32" y="{top + 22}">{escape(words)}</text>')
    for points in ARROWS:
        way = " L".join(f"{x},{y}" for x, y in points)
        parts.append(f'<path d="M{way}"/>')
    for x, y, words, *anchor in WORDS:
        where = anchor[0] if anchor else "middle"
        parts.append(
            f'<text class="word" x="{x}" y="{y}" text-anchor="{where}">{escape(words)}</text>'
        )
    for column, row, kind, title, *lines in BOXES.values():
        x, y = LEFT[column], TOP[row]
        rounded = 16 if kind == "data" else 4
        parts.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="{BOX_W}" height="{BOX_H}" '
            f'rx="{rounded}"/>'
        )
        middle = x + BOX_W // 2
        for size, offset, words in zip(
            ("title", "line", "line"), (20, 37, 53), (title, *lines), strict=True
        ):
            parts.append(
                f'<text class="{size}" x="{middle}" y="{y + offset}" text-anchor="middle">'
                f"{escape(words)}</text>"
            )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    (Path(__file__).parent / "method.svg").write_text(drawn())
