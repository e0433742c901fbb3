# The standard library's own source over another `_socket`: what its stubs say holds for both.
from socket import *
from socket import __all__ as __all__
