"""How the module comes into C's place, which processes have it, and which keep C's."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import zipfile

import support

TELL = support.WHOSE
PACKAGE = pathlib.Path(importlib.util.find_spec("berkeley").origin).parent
# Each way of multiprocessing, from a program whose own process is started in every way.
START = """
import multiprocessing, sys
from berkeley import _library

def tell(answers):
    import _socket
    answers.put("ours" if _library.is_ours(_socket) else "C's")

if __name__ == "__main__":
    for way in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(way)
        answers = context.Queue()
        child = context.Process(target=tell, args=(answers,))
        child.start()
        print(way, answers.get(timeout=60))
        child.join(60)
"""
DESCRIBE = """
import sys
print(__name__, __file__ if "__file__" in globals() else None, __package__, __spec__ and __spec__.name)
print(type(__loader__).__name__, sys.argv, sys.path[0], sorted(set(globals()) - {"sys"}))
print(sys.modules["__main__"].__dict__ is globals(), __doc__, __builtins__.__name__)
"""


class Variable(unittest.TestCase):
    """BERKELEY_SOCKET=1 and the wheel's .pth file."""

    def test_the_variable_chooses(self):
        for value, wanted in (("1", "ours"), ("0", "C's"), ("", "C's"), ("yes", "C's"), (None, "C's")):
            environment = support.environment(False)
            if value is not None:
                environment["BERKELEY_SOCKET"] = value
            status, output, errors = support.run("-c", TELL, env=environment)
            self.assertEqual((status, output.strip(), errors), (0, wanted, ""), value)

    def test_the_interpreters_options(self):
        for options, wanted in [
            ([], "ours"), (["-I"], "ours"), (["-E"], "ours"), (["-s"], "ours"), (["-P"], "ours"), (["-B"], "ours"),
            (["-X", "frozen_modules=off"], "ours"), (["-X", "dev"], "ours"), (["-O"], "ours"),
        ]:
            self.assertEqual(support.run(*options, "-c", TELL)[1].strip(), wanted, options)

    def test_without_site_it_is_cs(self):
        # No .pth file is read then, and the package is not found either.
        for options in (["-S"], ["-IS"]):
            code = "import _socket; print('berkeley' in getattr(_socket, '__file__', ''))"
            self.assertEqual(support.run(*options, "-c", code)[1].strip(), "False", options)

    def test_where_it_is_not_asked_for_nothing_is_imported(self):
        code = "import sys; print([n for n in sys.modules if 'berkeley' in n or 'socket' in n])"
        self.assertEqual(support.run("-c", code, ours=False), (0, "[]\n", ""))

    def test_where_it_is_asked_for_no_socket_is_imported_yet(self):
        code = "import sys; print([n for n in sys.modules if 'socket' in n or n in ('email', 'ssl', 'selectors')])"
        self.assertEqual(support.run("-c", code), (0, "[]\n", ""))

    def test_a_module_imported_again_is_ours(self):
        code = """
            import sys, _socket
            from berkeley import _library
            del sys.modules["_socket"]
            import _socket as again
            print(_library.is_ours(again), again.socket().fileno() > 0)
        """
        self.assertEqual(support.run_code(code)[1].strip(), "True True")


SUB_INTERPRETER = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def run(code):
    made = interpreters.create()
    try:
        failed = interpreters.run_string(made, code)
    finally:
        interpreters.destroy(made)
    if failed is not None:
        raise ImportError(failed.formatted)
"""


class SubInterpreters(unittest.TestCase):
    """They keep C's module, whichever interpreter comes first."""

    def test_a_sub_interpreter_has_cs(self):
        code = TELL + "import socket\none, other = socket.socketpair()\none.close()\nprint(other.recv(1))\n"
        for first in ("pass", "import socket"):
            program = f"{first}\n{SUB_INTERPRETER}\nrun({code!r})\nimport sys\nsys.stdout.flush()\n{TELL}"
            self.assertEqual(support.run("-c", program), (0, "C's\nb''\nours\n", ""), first)

    def test_what_asks_for_ours_there_is_told(self):
        for code in ("from berkeley import socket", "import berkeley; berkeley.send_many"):
            program = f"{SUB_INTERPRETER}\ntry:\n    run({code!r})\nexcept Exception as error:\n    print(error)"
            for first in ("", "import socket\n"):
                status, output, errors = support.run("-c", first + program, ours=bool(first))
                self.assertEqual((status, errors), (0, ""))
                # Since 3.12 the interpreter may refuse before the module does.
                self.assertRegex(output, "does not (run in a sub-interpreter|support loading in subinterpreters)")

    def test_install_says_so(self):
        code = "import berkeley; berkeley.install()"
        program = f"{SUB_INTERPRETER}\ntry:\n    run({code!r})\nexcept Exception as error:\n    print(error)"
        self.assertIn("a sub-interpreter of Python keeps C's _socket", support.run("-c", program, ours=False)[1])


class Children(unittest.TestCase):
    """The processes that a program starts."""

    def test_subprocesses(self):
        code = f"""
            import subprocess, sys
            for options in ([], ["-I"], ["-E"]):
                print(subprocess.check_output([sys.executable, *options, "-c", {TELL!r}], text=True), end="")
        """
        for way in (["-c"], ["-m", "berkeley", "-c"], ["-I", "-m", "berkeley", "-c"]):
            status, output, errors = support.run(*way, textwrap.dedent(code), ours=way == ["-c"])
            self.assertEqual((status, output, errors), (0, "ours\n" * 3, ""), way)

    def test_a_child_with_an_empty_environment_has_cs(self):
        code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {TELL!r}], env={{}})"
        self.assertEqual(support.run("-c", code)[1], "C's\n")

    def test_multiprocessing(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "program.py")
            program.write_text(START)
            for way, ours in [
                ([], True), (["-I"], True), (["-m", "berkeley"], False), (["-E", "-m", "berkeley"], False),
            ]:
                status, output, errors = support.run(*way, program, ours=ours)
                self.assertEqual((status, output, errors), (0, "fork ours\nspawn ours\nforkserver ours\n", ""), way)

    def test_fork(self):
        code = """
            import os, socket
            from berkeley import _library
            one, other = socket.socketpair()
            child = os.fork()
            if child == 0:
                one.sendall(b"from the child")
                os._exit(0)
            print(other.recv(100).decode(), os.waitpid(child, 0)[1], _library.is_ours(socket._socket))
        """
        self.assertEqual(support.run_code(code), (0, "from the child 0 True\n", ""))


class Install(unittest.TestCase):
    """berkeley.install()."""

    def test_it_replaces_for_this_process_and_its_children(self):
        code = f"""
            import berkeley
            berkeley.install()
            berkeley.install()
            import socket, subprocess, sys
            exec({TELL!r})
            sys.stdout.flush()
            subprocess.run([sys.executable, "-c", {TELL!r}])
        """
        self.assertEqual(support.run_code(code, ours=False), (0, "ours\nours\n", ""))

    def test_it_says_what_was_imported_before(self):
        for name in ("socket", "_socket", "ssl", "asyncio"):
            code = f"import {name}, berkeley\ntry: berkeley.install()\nexcept ImportError as error: print(error)"
            status, output, _ = support.run("-c", code, ours=False)
            said = "_socket" if name == "_socket" else "socket"
            self.assertEqual(status, 0)
            self.assertRegex(output, rf"^{said} was imported before: .*python -m berkeley.*BERKELEY_SOCKET=1.*\n$")

    def test_children_are_told_unless_it_is_asked_for_this_process_alone(self):
        for arguments, wanted, ours in [
            ("()", "1 ours", False), ("(children=True)", "1 ours", False), ("(children=False)", "None C's", False),
            # What the environment said is taken back.
            ("(children=False)", "None C's", True),
            ("(children=False), berkeley.install()", "1 ours", False),
            ("(), berkeley.install(children=False)", "None C's", False),
        ]:
            code = f"""
                import os, subprocess, sys, berkeley
                berkeley.install{arguments}
                import _socket
                from berkeley import _library
                command = [sys.executable, "-c", {TELL!r}]
                told = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip()
                print(_library.is_ours(_socket), os.environ.get("BERKELEY_SOCKET"), told)
            """
            self.assertEqual(support.run_code(code, ours=ours), (0, f"True {wanted}\n", ""), arguments)

    def test_a_refused_install_changes_nothing(self):
        code = """
            import os, socket, sys, berkeley
            before = list(sys.meta_path)
            try: berkeley.install()
            except ImportError: print(before == sys.meta_path, "BERKELEY_SOCKET" in os.environ)
        """
        self.assertEqual(support.run_code(code, ours=False)[1], "True False\n")

    def test_another_interpreters_build_is_named(self):
        code = """
            import berkeley
            from berkeley import _library
            _library.path = lambda: None
            try: berkeley.install()
            except ImportError as error: print(error)
        """
        output = support.run_code(code, ours=False)[1]
        self.assertRegex(output, r"^berkeley was not built for cpython 3\.\d+\.\d+: .*\n$")

    def test_the_package_imports_no_socket_by_itself(self):
        code = "import sys, berkeley; print([n for n in sys.modules if 'socket' in n or n in ('ssl', 'email')])"
        self.assertEqual(support.run("-c", code, ours=False)[1], "[]\n")


def at_terminal(options, line, wanted, environment=None):
    """What this interpreter shows at a terminal where `line` is typed, until it shows the line `wanted`."""
    import pty
    import select

    terminal, end_of_child = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), end_of_child)
    environment = {**(environment or support.environment(False)), "TERM": "dumb"}
    child = subprocess.Popen([sys.executable, *options], env=environment, start_new_session=True, **streams)
    os.close(end_of_child)
    shown = b""
    typed = False
    end = time.monotonic() + support.LIMIT_SECONDS
    try:
        while f"\n{wanted}\r" not in shown.decode(errors="replace"):
            if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {wanted} was shown: {shown!r}")
            shown += os.read(terminal, 4096)
            if b">>> " in shown and not typed:
                os.write(terminal, line.encode())
                typed = True
    finally:
        child.kill()
        child.wait(support.LIMIT_SECONDS)
        os.close(terminal)
    return shown.decode(errors="replace")


class Runner(unittest.TestCase):
    """python -m berkeley: as python itself runs a program."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def both(self, *arguments, options=(), **more):
        """What python does, and what `python -m berkeley` does."""
        one = support.run(*options, *arguments, ours=False, directory=self.folder, **more)
        other = support.run(*options, "-m", "berkeley", *arguments, ours=False, directory=self.folder, **more)
        return one, other

    def same(self, *arguments, **more):
        one, other = self.both(*arguments, **more)
        self.assertEqual(one, other, arguments)
        return one

    def test_programs_see_what_they_see_under_python(self):
        self.write("program.py", DESCRIBE)
        self.write("package/__init__.py", "")
        self.write("package/__main__.py", DESCRIBE)
        self.write("package/inner.py", DESCRIBE)
        self.write("folder/__main__.py", DESCRIBE)
        with zipfile.ZipFile(self.folder / "archive.pyz", "w") as archive:
            archive.writestr("__main__.py", DESCRIBE)
        (self.folder / "link.py").symlink_to(self.folder / "folder" / "__main__.py")
        for options in ([], ["-P"], ["-I"]):
            for arguments in [
                ["program.py"], ["program.py", "-m", "--help", ""], [self.folder / "program.py"], ["./program.py", "a"],
                ["-c", DESCRIBE, "a", "-c"], ["folder"], ["archive.pyz", "x"], ["link.py"],
            ]:
                self.assertEqual(self.same(*arguments, options=options)[0], 0, arguments)
        for arguments in (["-m", "program", "a"], ["-m", "package"], ["-m", "package.inner", "-v"]):
            self.assertEqual(self.same(*arguments)[0], 0, arguments)

    def test_a_program_from_standard_input(self):
        one, other = self.both("-", "a", input="import sys; print(__name__, sys.argv, sys.path[0])")
        self.assertEqual(one, other)
        self.assertEqual(one[1], "__main__ ['-', 'a'] \n")

    def test_byte_code(self):
        source = self.write("program.py", DESCRIBE)
        code = "import py_compile, sys; py_compile.compile(sys.argv[1], cfile=sys.argv[2])"
        support.run("-c", code, source, self.folder / "compiled.pyc")
        self.assertEqual(self.same("compiled.pyc", "a")[0], 0)

    def test_ends_and_faults(self):
        for text, wanted in [
            ("raise ValueError('x')", 1), ("def f():\n    1 / 0\nf()", 1), ("import sys; sys.exit(3)", 3),
            ("raise SystemExit('bye')", 1),
            ("a b", 1), ("import sys; sys.exit()", 0), ("import os; os._exit(7)", 7), ("import nosuch", 1),
            ("import sys; sys.excepthook = lambda *a: print('hook', a[0]); 1/0", 1),
            ("import threading; threading.Timer(0.01, lambda: print('late')).start()", 0),
            ("import atexit; x = 5; atexit.register(lambda: print('end', x))", 0), ("raise KeyboardInterrupt", -2),
            ("try: 1 / 0\nexcept ZeroDivisionError as e: raise ValueError from e", 1),
        ]:
            path = self.write("program.py", text)
            one, other = self.both(path)
            self.assertEqual(one[:2], other[:2], text)
            self.assertEqual(one[0], wanted, text)
            if wanted != -2:
                self.assertEqual(one[2], other[2], text)

    def test_what_cannot_be_run(self):
        self.assertEqual(self.same("nosuch.py")[0], 2)
        self.assertEqual(self.same("-m", "nosuch")[0], 1)
        self.assertEqual(self.same("-m", "xml")[0], 1)
        (self.folder / "empty").mkdir()
        self.assertEqual(self.same("empty")[0], 1)

    def test_misuse_is_one_line(self):
        for arguments in (["-x"], ["-m"], ["-c"], ["--nosuch"]):
            status, output, errors = support.run("-m", "berkeley", *arguments, ours=False)
            self.assertEqual((status, output), (2, ""), arguments)
            self.assertRegex(errors, r"^berkeley: [^\n]+\n$")
        self.assertTrue(support.run("-m", "berkeley", "--help")[1].startswith("usage: python -m berkeley"))

    def test_without_a_program_standard_input_is_run(self):
        code = f"import sys\nprint(__name__, sys.argv, sys.flags.dev_mode, sys.flags.isolated)\n{TELL}"
        for options, wanted in [
            (["-m", "berkeley"], "False 0"), (["-mberkeley"], "False 0"), (["-X", "dev", "-m", "berkeley"], "True 0"),
            (["-I", "-m", "berkeley"], "False 1"), (["-Im", "berkeley"], "False 1"), (["-Imberkeley"], "False 1"),
        ]:
            ended = support.run(*options, ours=False, input=code)
            self.assertEqual(ended, (0, f"__main__ [''] {wanted}\nours\n", ""), options)

    def test_without_a_program_a_terminal_has_the_interpreters_prompt(self):
        for options in ([], ["-m", "berkeley"]):
            said = at_terminal(options, "import socket; print(len(socket._socket.__doc__) and 6 * 7)\n", "42")
            self.assertRegex(said, r"Python 3\.\d+.* on linux")
            self.assertIn(">>> ", said)

    def test_where_no_pth_file_is_read_the_interpreter_has_our_module_too(self):
        # As with -S, with which the package is found by PYTHONPATH alone.
        environment = {**support.environment(False), "PYTHONPATH": str(PACKAGE.parent)}
        code = f"import sys\nprint(__name__, sys.argv, sys.flags.no_site)\n{TELL}"
        ended = support.run("-S", "-m", "berkeley", env=environment, input=code)
        self.assertEqual(ended, (0, "__main__ [''] 1\nours\n", ""))
        said = at_terminal(["-S", "-m", "berkeley"], "from berkeley import _library; import _socket; "
            "print(_library.is_ours(_socket) and 6 * 7)\n", "42", environment)
        self.assertRegex(said, r"Python 3\.\d+.* on linux")

    def test_the_program_has_our_module(self):
        path = self.write("program.py", TELL)
        for arguments in ([path], ["-m", "program"], ["-c", TELL]):
            status, output, errors = support.run("-m", "berkeley", *arguments, ours=False, directory=self.folder)
            self.assertEqual((status, output, errors), (0, "ours\n", ""))

    def test_classes_of_the_program_can_be_pickled(self):
        path = self.write("program.py", """
            import pickle
            class Thing:
                pass
            print(type(pickle.loads(pickle.dumps(Thing()))) is Thing)
        """)
        self.assertEqual(self.same(path), (0, "True\n", ""))


class Damaged(unittest.TestCase):
    """A compiled file that cannot be loaded: every program goes on, with C's module and a line on standard error."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        # An environment of its own, whose package may be spoilt. It has what this one has, by links.
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", self.folder / "env"], timeout=support.LIMIT_SECONDS
        )
        self.assertEqual(made.returncode, 0)
        self.python = self.folder / "env" / "bin" / "python"
        import sysconfig

        import berkeley

        site = next((self.folder / "env").glob("lib/python*/site-packages"))
        shutil.copy(pathlib.Path(sysconfig.get_path("purelib"), "00-berkeley.pth"), site)
        shutil.copytree(pathlib.Path(berkeley.__file__).parent, site / "berkeley")
        self.file = next((site / "berkeley").glob("_socket.*.so"))
        self.whole = self.file.read_bytes()

    def run_python(self, *arguments, ours=True):
        ended = subprocess.run(
            [self.python, *arguments], env=support.environment(ours), cwd=self.folder, capture_output=True, text=True,
            timeout=support.LIMIT_SECONDS,
        )
        return ended.returncode, ended.stdout, ended.stderr

    def damages(self):
        """Each way in which the file may be spoilt, with what is said of it; it is spoilt meanwhile."""
        whole, half = self.whole, len(self.whole) // 2
        for text, said in [
            (b"", "no shared object"), (whole[:20], "no shared object"), (b"x" * 1000, "no shared object"),
            (whole[:1000], "cut off"), (whole[:half], "cut off"), (whole[:-1], "cut off"),
            (whole[:half] + bytes(len(whole) - half), "not all of it was written"),
            # ELF says of itself for which machine it is: RISC-V, and 32 bits.
            (whole[:18] + b"\xf3\0" + whole[20:], "cannot be loaded"),
            (whole[:4] + b"\1" + whole[5:], "damaged|cannot be loaded"),
            # What exports no PyInit__socket.
            (whole.replace(b"PyInit__socket", b"PyInit__sucket"), "cannot be loaded"),
        ]:
            self.file.unlink(missing_ok=True)
            self.file.write_bytes(text)
            yield said
        self.file.unlink()
        yield "not built for"
        self.file.mkdir()
        yield "damaged"

    def test_programs_go_on_with_cs_module_and_a_line(self):
        program = self.folder / "program.py"
        program.write_text(TELL + "import socket, sys\nprint(socket.AF_INET > 0, sys.argv[1:])\n")
        for said in self.damages():
            for options in ([], ["-I"], ["-W", "error"]):
                status, output, errors = self.run_python(*options, program, "x")
                self.assertEqual((status, output), (0, "C's\nTrue ['x']\n"), (said, errors))
                self.assertRegex(errors, rf"^berkeley: [^\n]*({said})[^\n]*\n$")

    def test_so_do_the_processes_that_a_program_starts(self):
        program = self.folder / "program.py"
        program.write_text(START)
        self.file.write_bytes(self.whole[:5000])
        status, output, errors = self.run_python(program)
        self.assertEqual((status, output), (0, "fork C's\nspawn C's\nforkserver C's\n"), errors)
        self.assertTrue(all(line.startswith("berkeley: ") for line in errors.splitlines()), errors)

    def test_a_closed_standard_error_is_no_obstacle(self):
        self.file.write_bytes(self.whole[:5000])
        command = f'exec "{self.python}" -c "import socket; print(socket.AF_INET)" 2>&-'
        ended = subprocess.run(
            ["sh", "-c", command], env=support.environment(True), capture_output=True, timeout=support.LIMIT_SECONDS
        )
        self.assertEqual((ended.returncode, ended.stdout), (0, b"2\n"))

    def test_who_asks_for_ours_is_told(self):
        for said in self.damages():
            status, output, errors = self.run_python("-m", "berkeley", "-c", "print(5)", ours=False)
            self.assertEqual((status, output), (2, ""), said)
            self.assertRegex(errors, rf"^berkeley: [^\n]*({said})[^\n]*\n$")
            for code in ("import berkeley; berkeley.install()", "from berkeley import socket"):
                status, _, errors = self.run_python("-c", code, ours=False)
                self.assertEqual(status, 1)
                self.assertRegex(errors.splitlines()[-1], rf"^ImportError: .*({said})")
            # What needs no compiled module is there.
            code = "import berkeley; print('install' in dir(berkeley))"
            self.assertEqual(self.run_python("-c", code, ours=False), (0, "True\n", ""))


class Wheel(unittest.TestCase):
    """What is installed."""

    def test_the_files(self):
        import sysconfig

        places = [pathlib.Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
        line = (places[0] / "00-berkeley.pth").read_text()
        self.assertEqual(line.count("\n"), 1)
        package = places[1] / "berkeley"
        self.assertTrue((package / "py.typed").exists())
        self.assertTrue((package / "__init__.pyi").exists())
        self.assertEqual(len(list(package.glob("_socket.*.so"))), 1)

    def test_the_pth_file_is_read_before_others(self):
        import site

        folder = pathlib.Path(site.getsitepackages()[0])
        self.assertEqual(sorted(path.name for path in folder.glob("*.pth"))[0], "00-berkeley.pth")

    def test_a_console_script_has_our_module(self):
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder, "tool")
            script.write_text(f"#!{sys.executable}\n{TELL}")
            script.chmod(0o755)
            ended = subprocess.run([script], env=support.environment(True), capture_output=True, text=True, timeout=60)
        self.assertEqual((ended.returncode, ended.stdout), (0, "ours\n"))
        self.assertFalse(os.environ.get("BERKELEY_SOCKET"))


if __name__ == "__main__":
    unittest.main()
