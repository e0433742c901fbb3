from typing import Any, final

from berkeley import (
    __version__ as __version__,
    recv_many as recv_many,
    recv_timestamped as recv_timestamped,
    send_many as send_many,
    tcp_info as tcp_info,
)

@final
class Lookup:
    def __new__(cls, host: str | bytes | None, port: str | bytes | int | None, /) -> Lookup: ...
    def fileno(self) -> int: ...
    def answers(self) -> list[tuple[int, int, int, str, tuple[Any, ...]]] | None: ...

@final
class Race:
    def __new__(cls, count: int, limit: float | None, /) -> Race: ...
    def next(self, now: float, /) -> tuple[str, Any]: ...
    @staticmethod
        def failed(self) -> None: ...

def nanoseconds(timeout: float | None, /) -> int | None: ...
