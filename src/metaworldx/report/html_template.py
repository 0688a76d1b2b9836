"""HTML template and style of self-contained pages, light and dark, for any screen width."""

from __future__ import annotations

from html import escape

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

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2126; --faint: #626b75; --line: #dde1e6;
  --ground: #fff; --box: #f5f7f9; --link: #0b61b0;
  --s0: #2b78bd; --s1: #e2941a; --s2: #16956f; --s3: #c0649b; --s4: #58b3e3; --s5: #cf5a1c;
  --s6: #b9a516; --s7: #8a929b }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e7eb; --faint: #9aa4ae; --line: #343b43; --ground: #14181c; --box: #1d2329;
    --link: #77b7f2;
    --s0: #4d97d8; --s1: #e0a03c; --s2: #2fae87; --s3: #cf7cae; --s4: #7cc6ee; --s5: #df7440;
    --s6: #c8b73a; --s7: #858e98 }
}
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  color: var(--ink); background: var(--ground); overflow-wrap: anywhere }
main { max-width: 64rem; margin: 0 auto; padding: 1rem 1rem 4rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1rem 0 .5rem }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .6rem; padding-top: .8rem;
  border-top: 2px solid var(--line) }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem }
p { margin: .4rem 0; max-width: 46rem }
p.small, figcaption { color: var(--faint); font-size: .875rem }
a { color: var(--link) }
nav ul { list-style: none; margin: .6rem 0; padding: 0; display: flex; flex-wrap: wrap;
  gap: .3rem 1rem }
nav a { display: inline-block; padding: .2rem 0 }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .7rem;
  margin: .6rem 0; overflow-x: auto; overflow-wrap: normal; font-size: .875rem }
.none { color: var(--faint) }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }

.scroll { overflow-x: auto; margin: .6rem 0; position: relative }
.scroll:focus-visible { outline: 2px solid var(--link) }
table { border-collapse: separate; border-spacing: 0; min-width: min(100%, 24rem);
  font-size: .925rem; overflow-wrap: normal; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--faint); font-size: .875rem; padding-bottom: .3rem }
th, td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0;
  border-bottom: 1px solid var(--line) }
td { white-space: nowrap } td.wide { white-space: normal }
thead th { font-size: .8rem; color: var(--faint); font-weight: 600; vertical-align: bottom;
  white-space: nowrap }
tbody th { font-weight: 500; min-width: 8.7rem; max-width: 15rem; overflow-wrap: anywhere }
tbody th[scope=row] { position: sticky; left: 0; background: var(--ground); z-index: 1 }
tr.group th { max-width: none; font-weight: 600; padding-top: 1rem }
tr.group span, caption span { position: sticky; left: 0; white-space: normal; display: inline-block;
  max-width: min(58rem, calc(100vw - 2rem)) }
.tag { display: block; color: var(--faint); font-size: .78rem; font-weight: 400 }
.words { display: inline-block; white-space: normal; min-width: 16rem; max-width: 26rem }

.c0 { --c: var(--s0) } .c1 { --c: var(--s1) } .c2 { --c: var(--s2) } .c3 { --c: var(--s3) }
.c4 { --c: var(--s4) } .c5 { --c: var(--s5) } .c6 { --c: var(--s6) } .c7 { --c: var(--s7) }
.bar { position: relative; display: inline-block; width: 6.5rem; padding: 0 .35rem;
  background: var(--box); border-radius: 3px; overflow: hidden }
.bar i { position: absolute; inset: 0 auto 0 0; background: var(--c); opacity: .45 }
.bar b { position: relative; font-weight: 500 }
.mix { display: flex; width: 11rem; height: .8rem; margin: .25rem 0; border-radius: 3px;
  overflow: hidden; background: var(--box) }
.mix i { background: var(--c) }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem .9rem; margin: .3rem 0;
  padding: 0; font-size: .85rem }
.legend i { display: inline-block; width: .8em; height: .8em; margin-right: .4em;
  border-radius: 2px; background: var(--c) }
.legend i.progress { height: 0; width: 1.2em; vertical-align: middle;
  background: none; border-top: 2px dashed var(--ink); border-radius: 0 }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
  gap: 1rem 2rem }
.charts h3 { margin-bottom: .2rem }
.chart { margin: .6rem 0 1rem; min-width: 0 }
.chart > .name { font-size: .8rem; color: var(--faint) }
.frame { display: grid; grid-template-columns: 2.9rem minmax(0, 1fr); font-size: .78rem;
  color: var(--faint); font-variant-numeric: tabular-nums; overflow-wrap: normal }
.frame .left { position: relative }
.frame .left span { position: absolute; right: .4rem; transform: translateY(50%);
  line-height: 1 }
.frame svg { display: block; width: 100%; height: 13rem; overflow: visible;
  border-left: 1px solid var(--faint); border-bottom: 1px solid var(--faint) }
.frame .below { grid-column: 2 }
.below { position: relative; height: 2.5rem; line-height: 1.2; font-size: .78rem;
  color: var(--faint) }
.below span { position: absolute; top: .3rem; transform: translateX(-50%) }
.below .end { transform: translateX(-75%) }
.below em { position: absolute; right: 0; bottom: 0; font-style: normal }
svg * { vector-effect: non-scaling-stroke; fill: none; stroke-linejoin: round }
.grid { stroke: var(--line); stroke-width: 1 }
.line { stroke: var(--c); stroke-width: 2; stroke-linecap: round }
.band { fill: var(--c); opacity: .22 }
.area { fill: var(--c); stroke: var(--c); stroke-width: .5 }
.progress { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 6 4 }

.forest { max-width: 46rem; margin: .8rem 0 }
.forest ol { list-style: none; margin: 0; padding: 0 }
.forest li { margin: .5rem 0; font-size: .925rem; --c: var(--s7) }
.forest li.better { --c: var(--s2) } .forest li.worse { --c: var(--s5) }
.forest b { font-weight: 600 }
.forest .told { color: var(--faint); display: block; font-size: .85rem;
  font-variant-numeric: tabular-nums }
.marks { position: relative; display: block; height: 1.1rem; background: var(--box);
  border-radius: 3px }
.marks i { position: absolute; top: 0; height: 100% }
.marks .zero { border-left: 1px dashed var(--ink) }
.marks .whisker { top: 50%; height: 3px; margin-top: -1.5px; background: var(--c); min-width: 2px }
.marks .dot { width: 9px; height: 9px; top: 50%; margin: -4.5px 0 0 -4.5px; border-radius: 50%;
  background: var(--c) }

.film { min-width: 40rem }
.film .strip { display: flex; margin-left: 2.9rem }
.film .strip figure { flex: 1; margin: 0 1px; min-width: 0; text-align: center }
.film .strip img { width: 100%; display: block; border-radius: 2px }
.film .strip figcaption { font-size: .72rem; line-height: 1.5 }
.film svg.lead { display: block; height: .9rem; width: calc(100% - 2.9rem); margin-left: 2.9rem }
.lead polyline { stroke: var(--faint); stroke-width: 1 }
.film .chart { margin: 0 }
video { display: block; width: 100%; max-width: 40rem; margin: .6rem 0; border-radius: 6px;
  background: #000 }
ol.stages { padding-left: 1.4rem; margin: .4rem 0; max-width: 46rem }
ol.stages li { margin: .5rem 0 }
.shares { display: flex; flex-wrap: wrap; gap: .1rem .9rem; color: var(--faint);
  font-size: .85rem }
.shares i { display: inline-block; width: .8em; height: .8em; margin-right: .4em;
  border-radius: 2px; background: var(--c) }
"""


def html_page(title: str, body: Html) -> str:
    """The HTML page with a title and body."""
    text = _PAGE.format(title=escape(title), style=_STYLE, body=body)
    # JSON can hold lone surrogates, which cannot be encoded.
    return text.encode("utf-8", "replace").decode()
