"""Docstring items that name several things, for griffe: `low, high: bounds` is one item."""

from __future__ import annotations

import re

import griffe

_SEVERAL = re.compile(r"^ +[\w*]+(?:, [\w*]+)+: ", re.MULTILINE)


class SeveralNames(griffe.Extension):
    """Joins the names by no-break spaces; griffe takes what follows a space for a type."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        """Rewrites an object's docstring."""
        if obj.docstring:
            obj.docstring.value = _SEVERAL.sub(_joined, obj.docstring.value)


def _joined(match: re.Match) -> str:
    indent = len(match[0]) - len(match[0].lstrip())
    return match[0][:indent] + match[0].strip().replace(", ", ",\u00a0") + " "
