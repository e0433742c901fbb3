from collections.abc import Iterable
from typing import Any, Protocol

from typing_extensions import Buffer

from berkeley import socket

__all__ = ["install", "create_connection", "recv_many", "recv_timestamped", "send_many", "tcp_info"]

class _Socket(Protocol):
    def fileno(self) -> int: ...
    def gettimeout(self) -> float | None: ...

def install() -> None: ...
def create_connection(
    address: tuple[str, int], timeout: float | None = ..., source_address: tuple[str, int] | None = None
) -> socket.socket: ...
def send_many(
    sock: _Socket,
    datagrams: Iterable[Buffer],
    address: tuple[Any, ...] | str | bytes | None = None,
    /,
    *,
    flags: int = 0,
) -> int: ...
def recv_many(
    sock: _Socket, messages: int = 32, /, *, size: int = 65535, gro: bool = False, flags: int = 0
) -> list[tuple[bytes, Any]]: ...
def recv_timestamped(sock: _Socket, size: int = 65535, /, *, flags: int = 0) -> tuple[bytes, Any, int | None]: ...
def tcp_info(sock: _Socket, /) -> dict[str, Any]: ...
# The constants: every option and level that the library knows, by its C name.
def __getattr__(name: str) -> int: ...
