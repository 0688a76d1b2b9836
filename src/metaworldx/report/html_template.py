"""HTML pages that are self-contained, light and dark, for any screen width.

Template and style are `assets/page.html` and `assets/page.css`.
"""

from __future__ import annotations

from html import escape

from metaworldx.core.assets import asset_text
from metaworldx.report.html_elements import Html


def html_page(title: str, body: Html) -> str:
    """The HTML page with a title and body."""
    # The template's policy blocks all external content, whatever text the page contains.
    style = f"\n{asset_text('page.css')}"
    text = asset_text("page.html").format(title=escape(title), style=style, body=body)
    # JSON can hold lone surrogates, which cannot be encoded.
    return text.encode("utf-8", "replace").decode()
