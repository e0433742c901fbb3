"""How a case's outcome is printed: so that it can be compared between two modules, in two processes."""

import re

import _socket


def shown(value):
    """The value's text, with its class; a socket is closed."""
    if isinstance(value, _socket.socket):
        value.close()
        return "a socket"
    return f"{type(value).__name__} {masked(repr(value))[:200]}"


def masked(text):
    """The text without what differs from run to run."""
    return re.sub(r"0x[0-9a-f]{6,}", "0x...", text)


def case(label, call, *arguments, **named):
    """Prints what a call gives, or the class, the arguments and the text of what it raises."""
    try:
        outcome = shown(call(*arguments, **named))
    except BaseException as error:
        kind = type(error)
        outcome = f"{kind.__module__}.{kind.__name__} {masked(repr(error.args))} | {masked(str(error))}"
    print(masked(f"{label}{arguments!r}{named or ''}")[:300], "->", outcome[:400])
