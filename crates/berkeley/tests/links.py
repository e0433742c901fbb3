#!/usr/bin/env python3
"""links.py DOC: follows each link of the repository's Markdown files and of the documentation that was built into DOC.

A link within the repository or within DOC must lead to a file that is there, and to an anchor that is in it. Links to
other hosts are not followed: what they lead to is not ours. Python's standard library alone.
"""

import html.parser
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Of the documentation only what stands here is ours; the rest is made by rustdoc.
PARTS = ("berkeley", "sock")
# Of tracing's own documentation, which rustdoc repeats where a type has a method of its.
FOREIGN = {"dispatcher#setting-the-default-subscriber"}


class Page(html.parser.HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links = []
        self.anchors = set()
        self.target = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "meta" and values.get("http-equiv") == "refresh":
            self.target = values.get("content", "").partition("URL=")[2]
        for name, value in attributes:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif tag == "a" and name == "href" and value:
                self.links.append(value)


class Markdown:
    """The same of a Markdown file; a heading is an anchor, as GitHub makes it."""

    target = None

    def __init__(self, text):
        text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        self.links = re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", text))
        headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
        self.anchors = {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in headings}


def read(path, pages={}):
    """The page of a file, read once."""
    if path not in pages:
        text = path.read_text(errors="replace")
        pages[path] = Markdown(text) if path.suffix == ".md" else Page(text)
    return pages[path]


def fault(path, link):
    """What is wrong with a link; None for nothing, and for a link to elsewhere."""
    parts = urllib.parse.urlsplit(link)
    if parts.scheme or parts.netloc or link in FOREIGN:
        return None
    target = path
    if parts.path:
        target = (path.parent / urllib.parse.unquote(parts.path)).resolve()
        target = target / "index.html" if target.is_dir() and path.suffix == ".html" else target
    if not target.exists():
        return "no such file"
    anchor = parts.fragment
    # rustdoc's pages of source code make the anchors of their lines as they are shown.
    if not anchor or target.suffix not in (".html", ".md") or "src" in target.parts:
        return None
    # An item that its crate exports elsewhere: its page of old leads there, with the anchor.
    if elsewhere := read(target).target:
        target = (target.parent / elsewhere).resolve()
        if not target.exists():
            return "leads to no file"
    found = read(target).anchors
    return None if anchor in found or urllib.parse.unquote(anchor) in found else "no such heading"


def files(documentation):
    """The files of ours that hold links."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    # A page among the sources is rustdoc's: its links are followed where they have become HTML.
    yield from (ROOT / name for name in listed.stdout.split() if "/src/" not in name)
    for part in PARTS:
        yield from sorted((documentation / part).rglob("*.html"))


def main():
    documentation = pathlib.Path(sys.argv[1]).resolve()
    links, faults = 0, []
    for path in files(documentation):
        for link in read(path).links:
            links += 1
            if wrong := fault(path, link):
                faults.append(f"{path}: {link}: {wrong}")
    if links == 0:
        sys.exit("links.py: there is no link at all")
    print("\n".join([*faults, f"links: {links} followed, {len(faults)} dead"]))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
