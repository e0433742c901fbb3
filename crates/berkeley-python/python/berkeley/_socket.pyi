# The names and types of C's module.
from _socket import *
