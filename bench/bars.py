#!/usr/bin/env python3
"""bars.py RESULT.json: what an asyncio server's work costs with C's module and with ours, for the package's README.

RESULT.json is a raw run of python.py. Draws python/programs.svg from it, and writes the same figures as a table into
the README. Python's standard library alone.
"""

import html
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PICTURE = HERE / "python" / "programs.svg"
README = HERE.parent / "crates" / "berkeley-python" / "README.md"
BEGIN = "<!-- Written by bench/bars.py from a raw run. -->\n"
END = "<!-- The end of what bench/bars.py writes. -->\n"

ROWS = {
    "asyncio_datagrams": "UDP, a datagram of 1,200 B received",
    "asyncio_datagrams_echo": "UDP, a datagram of 1,200 B received and sent back",
    "asyncio_first": "TCP, a request of 64 B, no connection has ended yet",
    "asyncio_protocol": "TCP, a request of 64 B, a connection has ended",
}
WIDTH = 760
LEFT = 12
# Where bars begin and how long the longest is; a value stands behind it.
BARS = 78
LONGEST = 560
BAR = 18
ROW = 78
TOP = 58

STYLE = """
  text { font: 14px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
  .paper { fill: #ffffff }
  .title { font-weight: bold; font-size: 16px }
  .note { font-size: 12px; fill: #59636e }
  .c { fill: #8c959f }
  .ours { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .paper { fill: #0d1117 }
    .note { fill: #9198a1 }
    .c { fill: #6e7681 }
    .ours { fill: #f0883e }
  }
"""


def text(x, y, words, kind=""):
    kind = f' class="{kind}"' if kind else ""
    return f'  <text x="{x}" y="{y}"{kind}>{html.escape(words)}</text>'


def bar(y, whose, kind, value, scale):
    length = max(1, round(value * scale, 1))
    return [
        text(LEFT, y + 14, whose),
        f'  <rect x="{BARS}" y="{y}" width="{length}" height="{BAR}" rx="2" class="{kind}"/>',
        text(round(BARS + length + 8, 1), y + 14, f"{value:.1f} µs"),
    ]


def chosen(result):
    """The rows that are shown, with their words."""
    rows = {row["name"]: row for row in result["programs"]}
    return [(words, rows[name]) for name, words in ROWS.items()]


def written(readme, result, name):
    """The README with the table of a raw run in its place."""
    lines = ["| CPU time of a server with asyncio | C's | Berkeley |", "|---|---|---|"]
    for words, row in chosen(result):
        lines.append(f"| {words} | {row['c_microseconds']:.1f} µs | {row['our_microseconds']:.1f} µs |")
    machine = result["machine"]
    note = f"CPython {machine['python']} on {machine['processor']}; the raw run is `bench/python/results/{name}`."
    before, rest = readme.split(BEGIN)
    table = "\n".join(lines)
    return f"{before}{BEGIN}\n{table}\n\n{note}\n\n{END}{rest.split(END)[1]}"


def drawn(result, name):
    """The picture of a raw run; `name` is the run's, which the picture tells."""
    rows = chosen(result)
    scale = LONGEST / max(max(row["c_microseconds"], row["our_microseconds"]) for _, row in rows)
    height = TOP + ROW * len(rows) + 8
    # A ground of its own: what does not know the reader's colours shows dark letters on white.
    lines = [f'  <rect width="{WIDTH}" height="{height}" rx="6" class="paper"/>']
    lines.append(text(LEFT, 24, "CPU time of an unchanged asyncio server", "title"))
    machine = result["machine"]
    note = f"CPython {machine['python']}, {machine['processor']}, {result['rounds']} rounds, {name}"
    lines.append(text(LEFT, 43, note, "note"))
    for place, (label, row) in enumerate(rows):
        y = TOP + ROW * place
        lines.append(text(LEFT, y + 16, label))
        lines += bar(y + 24, "C's", "c", row["c_microseconds"], scale)
        lines += bar(y + 46, "Berkeley", "ours", row["our_microseconds"], scale)
    spoken = "; ".join(
        f"{label}: C's {row['c_microseconds']:.1f} µs, Berkeley {row['our_microseconds']:.1f} µs" for label, row in rows
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{html.escape(spoken)}">'
    )
    return "\n".join([head, f"  <style>{STYLE}  </style>", *lines, "</svg>\n"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    raw = pathlib.Path(sys.argv[1])
    result = json.loads(raw.read_text())
    PICTURE.write_text(drawn(result, raw.name))
    README.write_text(written(README.read_text(), result, raw.name))
