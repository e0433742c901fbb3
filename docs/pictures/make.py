#!/usr/bin/env python3
"""python3 docs/pictures/make.py: draws the pictures of this folder from what the command prints or shows.

Most are a run of `sock` on web.pcapng, a capture of a web page and a lookup on the loopback that `sock capture` made,
so that anybody can make them again, without a privilege. sock-tour.svg and sock-tour.zh-CN.svg are screens of
`sock tour`, which has packets of its own: captured where the script may capture, and otherwise built. Python's standard
library alone.
"""

import fcntl
import html
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import termios
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CAPTURES = "docs/pictures"

# The name of each picture, and the arguments of its run.
PICTURES = {
    "lines": ["decode", f"{CAPTURES}/web.pcapng", "--filter", "udp or tcp port 8080", "--time", "delta"],
    "layers": ["decode", f"{CAPTURES}/web.pcapng", "--layers", "--filter", "udp", "--count", "1"],
    "conversations": ["decode", f"{CAPTURES}/web.pcapng", "--conversations"],
}

# The name of each picture of a screen, its size, the arguments of its run, and the keys that are typed.
SCREENS = {
    "browse": ((100, 30), ["decode", f"{CAPTURES}/web.pcapng", "--browse"], "jjj\t" + "j" * 3 + "lj"),
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
MARKS = """
    .bold { font-weight: bold }
    .dim { fill: #6a6a66 }
    .back { fill: #222 }
    .reversed { fill: #fcfcfa }
    @media (prefers-color-scheme: dark) {
        .dim { fill: #96968f }
        .back { fill: #e4e4e0 }
        .reversed { fill: #1c1e21 }
    }
"""


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


# The pictures of the tour, and the language of each.
TOURS = {"sock-tour": "en", "sock-tour.zh-CN": "zh"}

# How many rows and columns a screen of the tour has, and for how many seconds it stands.
ROWS, COLUMNS, SECONDS = 27, 80, 7

# The classes of the colours that the tour uses.
COLOURS = {"1": "bold", "36": "client", "35": "server", "31": "failed"}
TOUR_STYLE = STYLE + """
    .bold { font-weight: bold }
    .client { fill: #00708a }
    .server { fill: #93308f }
    .failed { fill: #b3261e }
    .mark { fill: #d0d0cc }
    .now { fill: #00629b }
    .screen { opacity: 0; animation: show %ds step-end infinite }
    .first { opacity: 1 }
    @keyframes show { 0%% { opacity: 1 } %.3f%% { opacity: 0 } 100%% { opacity: 0 } }
    @media (prefers-reduced-motion: reduce) { .screen { animation: none } }
    @media (prefers-color-scheme: dark) {
        .client { fill: #5fd3ea }
        .server { fill: #e39be0 }
        .failed { fill: #ff8a80 }
        .mark { fill: #4a4d52 }
        .now { fill: #7cc4ff }
    }
"""


def screens(lines):
    """Where the screens of a tour begin that show what matters, whatever its language."""
    def rows(what):
        return [number for number, line in enumerate(lines) if what in plain(line)]

    sockets = rows("socket(AF_INET, SOCK_STREAM)")
    parts = [number for number, line in enumerate(lines) if line.startswith("── ")]
    refused = rows("ECONNREFUSED")[0]
    return [
        sockets[0] - 1,
        sockets[1],
        rows("close(")[0] - 1,
        rows("[TCP SYN")[0],
        max(part for part in parts if part < refused),
        rows("▬")[0] - 6,
    ]


def plain(line):
    return re.sub(r"\x1b\[[0-9]*m", "", line)


def segments(line):
    """The pieces of a line with their column and class: each stands by itself, so that columns stay columns whatever the
    font makes of a letter."""
    found, column, kind = [], 0, ""
    for piece in re.split(r"(\x1b\[[0-9]*m)", line):
        if piece.startswith("\x1b"):
            kind = COLOURS.get(piece[2:-1], "")
            continue
        for part in re.split(r"( {2,}|(?<=[│┊]) | (?=[│┊]))", piece):
            if part.strip():
                begin = len(part) - len(part.lstrip())
                found.append((column + begin, part.strip(), kind))
            column += width_of(part)
    return found


def screen(lines, number, count):
    """A screen: its lines, and below them which one of how many it is."""
    texts = []
    for row, line in enumerate(lines):
        y = MARGIN + LINE * (row + 2) + SIZE
        for column, text, kind in segments(line):
            mark = f' class="{kind}"' if kind else ""
            length = f' textLength="{width_of(text) * COLUMN:.1f}"' if len(text) > 1 else ""
            texts.append(f'<text{mark} x="{MARGIN + column * COLUMN:.1f}" y="{y}"{length}>{html.escape(text, False)}</text>')
    y = MARGIN + LINE * (ROWS + 3)
    for dot in range(count):
        x = MARGIN + (COLUMNS / 2 + (dot - count / 2) * 3) * COLUMN
        texts.append(f'<circle class="{"now" if dot == number else "mark"}" cx="{x:.1f}" cy="{y}" r="4"/>')
    first = " first" if number == 0 else ""
    delay = (number - count) * SECONDS
    return [f'<g class="screen{first}" style="animation-delay: {delay}s">', *texts, "</g>"]


def tour(language):
    """The SVG of a tour: its screens, one after the other."""
    arguments = ["tour", "--lang", language]
    command = ["cargo", "run", "--quiet", "--locked", "--package", "sock", "--", *arguments]
    # With colours and without the pauses that it makes for a person.
    environment = {**os.environ, "CLICOLOR_FORCE": "1", "NO_COLOR": ""}
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=600, env=environment)
    lines = output.stdout.splitlines()
    begins = screens(lines)
    width, height = COLUMNS * COLUMN + 2 * MARGIN, (ROWS + 3) * LINE + 2 * MARGIN
    shown = "sock tour" if language == "en" else f"sock tour --lang {language}"
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
        f' role="img" aria-label="{shown}">',
        f"<style>{TOUR_STYLE % (len(begins) * SECONDS, 100 / len(begins))}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1}" rx="6"/>',
        f'<text class="command" x="{MARGIN}" y="{MARGIN + SIZE}">$ {shown}</text>',
    ]
    for number, begin in enumerate(begins):
        drawn += screen(lines[begin:begin + ROWS], number, len(begins))
    return "\n".join([*drawn, "</svg>", ""])
class Screen:
    """What a terminal shows, from what was written to it: as much of one as `sock --browse` needs."""

    ESCAPE = re.compile(r"\x1b\[([?0-9;]*)([@-~])|([^\x1b])", re.DOTALL)
    STYLES = {"1": "bold", "2": "dim", "4": "underlined", "7": "reversed"}

    def __init__(self, columns, lines):
        self.cells = [[(" ", frozenset())] * columns for _ in range(lines)]
        self.x = self.y = 0
        self.style = frozenset()

    def write(self, text):
        for parameters, last, letter in self.ESCAPE.findall(text):
            if letter:
                if letter >= " " and self.y < len(self.cells) and self.x < len(self.cells[0]):
                    self.cells[self.y][self.x] = (letter, self.style)
                    self.x += 1
            elif last == "H":
                self.y, self.x = (int(number or 1) - 1 for number in (parameters or "1;1").split(";"))
            elif last == "m":
                self.style = frozenset(self.STYLES[code] for code in parameters.split(";") if code in self.STYLES)

    def runs(self, line):
        """The text of a line in pieces of one style, each with its first column."""
        start = 0
        for column in range(1, len(line) + 1):
            if column == len(line) or line[column][1] != line[start][1]:
                yield start, "".join(letter for letter, _ in line[start:column]), line[start][1]
                start = column


def played(size, arguments, keys):
    """The screen of a run in a terminal of that size, behind these keys."""
    columns, lines = size
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ["TERM"] = "xterm"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        program = ROOT / "target/debug/sock"
        os.execv(program, [str(program), *arguments])
    screen, written = Screen(columns, lines), b""
    # A key at a time, each behind the screen of the one before: it is drawn ten times a second at most.
    for key in ["", *keys, "q"]:
        os.write(terminal, key.encode())
        if key == "q":
            break
        while select.select([terminal], [], [], 0.5)[0]:
            written += os.read(terminal, 65536)
    os.waitpid(child, 0)
    os.close(terminal)
    screen.write(written.decode())
    return screen


def drawn_screen(command, screen):
    """The SVG of that screen."""
    columns, lines = len(screen.cells[0]), len(screen.cells)
    width, height = columns * COLUMN + 2 * MARGIN, lines * LINE + 2 * MARGIN
    shapes = []
    for number, line in enumerate(screen.cells):
        y = MARGIN + LINE * number
        for column, text, style in screen.runs(line):
            x = MARGIN + column * COLUMN
            if "reversed" in style:
                shapes.append(f'<rect class="back" x="{x:.1f}" y="{y}" width="{len(text) * COLUMN:.1f}" height="{LINE}"/>')
            if not text.strip():
                continue
            names = " ".join(sorted(style - {"underlined"}))
            mark = f' class="{names}"' if names else ""
            under = ' text-decoration="underline"' if "underlined" in style else ""
            shapes.append(f'<text{mark}{under} x="{x:.1f}" y="{y + SIZE}" xml:space="preserve"'
                          f' textLength="{len(text) * COLUMN:.1f}" lengthAdjust="spacing">{html.escape(text)}</text>')
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
        f' role="img" aria-label="{html.escape(command)}">',
        f"<style>{STYLE}{MARKS}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1}" rx="6"/>',
        *shapes,
        "</svg>",
        "",
    ])


def main():
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", "sock"], cwd=ROOT, check=True)
    for name, arguments in PICTURES.items():
        command = ["cargo", "run", "--quiet", "--locked", "--package", "sock", "--", *arguments]
        output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout
        (HERE / f"{name}.svg").write_text(drawn(shown(arguments), output.splitlines()))
    for name, language in TOURS.items():
        (HERE / f"{name}.svg").write_text(tour(language))
    for name, (size, arguments, keys) in SCREENS.items():
        (HERE / f"{name}.svg").write_text(drawn_screen(shown(arguments), played(size, arguments, keys)))


if __name__ == "__main__":
    main()
