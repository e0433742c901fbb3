"""What the wheel's `.pth` file imports where BERKELEY_SOCKET is 1, before the first line of any program."""

from berkeley import _install, _library

_problem = _library.problem()
if _problem is None:
    _install.put_first()
elif not _library.in_sub_interpreter():
    # The interpreter goes on, with C's module: a line is all that can be done from here.
    _install.warn(_problem)
