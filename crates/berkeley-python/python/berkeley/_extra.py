"""What the standard `_socket` has not: the compiled module's second half, in the same file."""

import sys
from importlib.util import module_from_spec

from berkeley import _library

_library.check_interpreter()
_spec = _library.spec(__name__)
if _spec is None:
    raise ImportError(_library.problem(), name=__name__)
sys.modules[__name__] = _module = module_from_spec(_spec)
_spec.loader.exec_module(_module)
