"""HTML template and style of self-contained pages, light and dark, for any screen width."""

from __future__ import annotations

from functools import cache
from html import escape

from metaworldx.core.assets import asset_root
from metaworldx.report.html_elements import Html

# The policy blocks all external content, whatever text the page contains.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
media-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def html_page(title: str, body: Html) -> str:
    """The HTML page with a title and body."""
    text = _PAGE.format(title=escape(title), style=_style(), body=body)
    # JSON can hold lone surrogates, which cannot be encoded.
    return text.encode("utf-8", "replace").decode()


@cache
def _style() -> str:
    """The style sheet, `assets/page.css`."""
    return "\n" + (asset_root() / "page.css").read_text(encoding="utf-8")
