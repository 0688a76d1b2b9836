"""Notices of file content that an importer ignores, in one line."""

from __future__ import annotations

from collections.abc import Iterable

from metaworldx.motion.importers.files import quoted

_MOST = 8


def left_out(found: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """A notice that names the entries `found` that are not `known`; None if all are."""
    unknown = sorted(set(found) - set(known))
    if not unknown:
        return ()
    names = ", ".join(quoted(name) for name in unknown[:_MOST])
    more = f" and {len(unknown) - _MOST} more" if len(unknown) > _MOST else ""
    return (f"not understood and left out: {names}{more}",)
