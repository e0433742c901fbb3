#!/usr/bin/env python3
"""python3 docs/pictures/make.py: draws the pictures of this folder from what the command prints.

Each is a run of `sock` on tour.pcapng, a capture of a web page and a lookup on the loopback that `sock capture` made, so
that anybody can make it again, without a privilege. Python's standard library alone.
"""

import html
import pathlib
import subprocess
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CAPTURES = "docs/pictures"

# The name of each picture, and the arguments of its run.
PICTURES = {
    "lines": ["decode", f"{CAPTURES}/tour.pcapng", "--filter", "udp or tcp port 8080", "--time", "delta"],
    "layers": ["decode", f"{CAPTURES}/tour.pcapng", "--layers", "--filter", "udp", "--count", "1"],
    "conversations": ["decode", f"{CAPTURES}/tour.pcapng", "--conversations"],
}

COLUMN, LINE, MARGIN, SIZE = 8.4, 18, 14, 14
STYLE = """
    .paper { fill: #fcfcfa; stroke: #d0d0cc }
    text { font: %dpx ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #222; white-space: pre }
    .command { fill: #00629b; font-weight: bold }
    @media (prefers-color-scheme: dark) {
        .paper { fill: #1c1e21; stroke: #3a3d41 }
        text { fill: #e4e4e0 }
        .command { fill: #7cc4ff }
    }
""" % SIZE


def width_of(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def drawn(command, lines):
    """The SVG of a terminal with the command and what it printed."""
    rows = [("command", f"$ {command}"), *(("", line) for line in lines)]
    columns = max(width_of(line) for _, line in rows)
    width, height = columns * COLUMN + 2 * MARGIN, len(rows) * LINE + 2 * MARGIN
    texts = []
    for number, (kind, line) in enumerate(rows):
        # Each line has the width of its columns, whatever font is there: boxes stay closed.
        length = f' textLength="{width_of(line) * COLUMN:.1f}" lengthAdjust="spacing"' if line else ""
        mark = f' class="{kind}"' if kind else ""
        y = MARGIN + LINE * number + SIZE
        texts.append(f'<text{mark} x="{MARGIN}" y="{y}" xml:space="preserve"{length}>{html.escape(line)}</text>')
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
        f' role="img" aria-label="{html.escape(command)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1}" rx="6"/>',
        *texts,
        "</svg>",
        "",
    ])


def shown(arguments):
    """The command as a person types it."""
    names = [argument.replace(f"{CAPTURES}/", "") for argument in arguments]
    return " ".join(["sock", *(f"'{name}'" if " " in name else name for name in names)])


def main():
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", "sock"], cwd=ROOT, check=True)
    for name, arguments in PICTURES.items():
        command = ["cargo", "run", "--quiet", "--locked", "--package", "sock", "--", *arguments]
        output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout
        (HERE / f"{name}.svg").write_text(drawn(shown(arguments), output.splitlines()))


if __name__ == "__main__":
    main()
