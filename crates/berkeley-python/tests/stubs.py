"""python stubs.py: writes the names of the package's constants into its stub, from the package that is installed."""

import pathlib

import berkeley

STUB = pathlib.Path(__file__).resolve().parents[1] / "python" / "berkeley" / "__init__.pyi"
MARK = "# What follows is written by tests/stubs.py.\n"
WIDTH = 118


def wanted(text):
    """The stub's text with every name that the package has, and no other."""
    names = berkeley.__all__
    constants = "".join(f"{name}: int\n" for name in names if name.isupper())
    by_hand, mark, _ = text.partition(MARK)
    return f"{by_hand}{mark}\n{listed(names)}\n{constants}"


def listed(names):
    """`__all__`, in lines of bounded length."""
    lines, line = [], "   "
    for name in names:
        item = f' "{name}",'
        if len(line) + len(item) > WIDTH:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join(["__all__ = [", *lines, line, "]\n"])


if __name__ == "__main__":
    STUB.write_text(wanted(STUB.read_text()))
