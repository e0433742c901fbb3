"""`python -m berkeley program.py`: the program, run as `python program.py` runs it, with its sockets on Rust."""

import os
import sys

from berkeley import _install

USAGE = """\
usage: python -m berkeley program.py [argument]...
       python -m berkeley -m module [argument]...
       python -m berkeley -c code [argument]...
       python -m berkeley - [argument]...
       python -m berkeley

Runs a Python program with the C module _socket replaced, in the Python processes too that it starts. Without a program
it is the interactive interpreter.
Options for the interpreter itself come first: python -X dev -m berkeley program.py
"""


class Mistake(Exception):
    """One line for the person at the terminal."""


def main():
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE, end="")
        return
    try:
        run = choose(arguments)
        _install.install()
    except (Mistake, ImportError) as error:
        print(f"berkeley: {error}", file=sys.stderr)
        sys.exit(2)
    guarded(run)


def choose(arguments):
    """What is to be run; `sys.argv` becomes the program's own."""
    if not arguments:
        return run_interpreter
    first, *rest = arguments
    if first in ("-c", "-m"):
        if not rest:
            what = "the code" if first == "-c" else "the module"
            raise Mistake(f"{first} needs {what} to run; see 'python -m berkeley --help'")
        sys.argv = [first, *rest[1:]]
        return lambda: (run_text if first == "-c" else run_module)(rest[0])
    if first.startswith("-") and first != "-":
        raise Mistake(f"unknown option {first}; put the interpreter's options before '-m berkeley'")
    sys.argv = arguments
    return run_input if first == "-" else lambda: run_file(first)


def run_interpreter():
    """The interpreter itself, with its own options: its prompt at a terminal, otherwise what standard input holds."""
    if not reads_variable():
        run_here()
        return
    # The variable that `install` has set tells it which module to take.
    os.execv(sys.executable, [sys.executable, *options_of_interpreter()])


def reads_variable():
    """Whether an interpreter like this one would read the wheel's `.pth` file: not with -S, nor where it has none."""
    if sys.flags.no_site:
        return False
    import site

    folders = site.getsitepackages() + ([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])
    return any(os.path.exists(os.path.join(folder, "00-berkeley.pth")) for folder in folders)


def run_here():
    """What the interpreter does without a program, in this process, which has our module."""
    sys.argv = [""]
    if not sys.stdin.isatty():
        run_input()
        return
    import code
    import contextlib

    with contextlib.suppress(ImportError):
        __import__("readline")  # where there is one, lines can be edited
    lead_path("")
    banner = f"Python {sys.version} on {sys.platform}"
    code.interact(banner, local=vars(fresh_main()), exitmsg="")


def options_of_interpreter():
    """The options that stand before `-m berkeley`, however these are written together: `-Im berkeley`, `-mberkeley`."""
    *options, last = sys.orig_argv[1:]
    joined = (options.pop() + last if last == "berkeley" and options else last).removesuffix("mberkeley")
    return [*options, joined] if len(joined) > 1 else options


def run_text(text, name="<string>"):
    lead_path("")
    module = fresh_main()
    exec(compile(text, name, "exec", dont_inherit=True), vars(module))


def run_input():
    run_text(sys.stdin.read(), "<stdin>")


def run_module(name):
    import runpy

    # What the interpreter itself calls for `-m`; the current folder leads sys.path already.
    fresh_main()
    runpy._run_module_as_main(name)


def run_file(path):
    """A source file, a compiled one, or a folder or an archive that holds `__main__.py`."""
    import pkgutil

    # Joined, not normalised: so does the interpreter.
    path = os.path.join(os.getcwd(), path)
    if pkgutil.get_importer(path) is None:
        run_code(path)
        return
    import runpy

    if sys.flags.safe_path:
        sys.path.insert(0, path)
    lead_path(path)
    fresh_main()
    runpy._run_module_as_main("__main__", alter_argv=False)


def run_code(full):
    from importlib.machinery import SourceFileLoader, SourcelessFileLoader

    # What is no file of byte code is source, whatever its name.
    loader = (SourcelessFileLoader if full.endswith(".pyc") else SourceFileLoader)("__main__", full)
    try:
        data = loader.get_data(full)
    except OSError as error:
        fault = f"can't open file {full!r}: [Errno {error.errno}] {error.strerror}"
        print(f"{sys.orig_argv[0]}: {fault}", file=sys.stderr)
        sys.exit(2)
    lead_path(os.path.dirname(os.path.realpath(full)))
    module = fresh_main()
    module.__loader__ = loader
    module.__file__ = full
    if sys.version_info < (3, 15):
        module.__cached__ = None
    compiled = isinstance(loader, SourcelessFileLoader)
    exec(loader.get_code("__main__") if compiled else compile(data, full, "exec", dont_inherit=True), vars(module))


def lead_path(place):
    """Puts `place` where `python -m` has put the current folder; under -P and -I it has put nothing there."""
    if not sys.flags.safe_path:
        sys.path[0] = place


def fresh_main():
    """A `__main__` without anything of this one."""
    from importlib.machinery import BuiltinImporter

    module = type(sys)("__main__")
    module.__builtins__ = sys.modules["builtins"]
    module.__loader__ = BuiltinImporter
    if sys.version_info < (3, 14):
        # Since then the interpreter makes it where it is asked for.
        module.__annotations__ = {}
    sys.modules["__main__"] = module
    return module


def guarded(run):
    """Runs the program; what it lets escape is reported as the interpreter does, without the frames of this file."""
    try:
        run()
    except Exception as error:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
            frames = frames.tb_next
        sys.excepthook(type(error), error.with_traceback(frames), frames)
        sys.exit(1)


if __name__ == "__main__":
    main()
