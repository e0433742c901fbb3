"""What the standard `_socket` does not have: the compiled module's second half, in the same file."""

import sys

from berkeley import _library

_library.check_interpreter()
_library.load(__name__)
sys.modules[__name__] = _library.loaded(__name__)
