"""python stubs.py: writes the package's constants and `TcpInfo` into its stub, from the package that is installed."""

import pathlib
import socket
import textwrap

import berkeley

STUB = pathlib.Path(__file__).resolve().parents[1] / "python" / "berkeley" / "__init__.pyi"
MARK = "# What follows is written by tests/stubs.py.\n"
WIDTH = 118


def wanted(text):
    """The stub's text with every name that the package has, and no other."""
    names = berkeley.__all__
    constants = "".join(f"{name}: int\n" for name in names if name.isupper())
    by_hand, mark, _ = text.partition(MARK)
    return f"{by_hand}{mark}\n{listed(names)}\n{record(berkeley.TcpInfo)}\n{constants}"


def record(cls):
    """The class of what `tcp_info` gives: each field with its type and its meaning."""
    with socket.socket() as sock:
        info = berkeley.tcp_info(sock)
    lines = ["@final", f"class {cls.__name__}(tuple[Any, ...]):", "    n_fields: Final[int]"]
    lines += ["    n_sequence_fields: Final[int]", "    n_unnamed_fields: Final[int]"]
    lines += ["    __match_args__: Final[tuple[str, ...]]"]
    # As every class of its kind has since 3.13, for `copy.replace`.
    lines += ["    if sys.version_info >= (3, 13):"]
    lines += [f"        def __replace__(self, **changes: Any) -> {cls.__name__}: ...", ""]
    visible = [name for name in vars(cls) if hasattr(vars(cls)[name], "__objclass__") and not name.startswith("_")]
    fields = [name for name in visible if not callable(getattr(cls, name))]
    for place, name in enumerate(fields):
        doc = getattr(cls, name).__doc__
        wrapped = textwrap.wrap(f'"""{doc}"""', WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
        # One that this kernel does not give is None, and its unit tells.
        kind = type(getattr(info, name))
        kind = ("float" if doc.endswith("In seconds.") else "int") if kind is type(None) else kind.__name__
        later = " | None" if place >= cls.n_sequence_fields else ""
        lines += ["    @property", f"    def {name}(self) -> {kind}{later}:", *wrapped]
    return "\n".join(lines) + "\n"


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
