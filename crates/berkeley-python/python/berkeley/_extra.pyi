from typing import Any

from berkeley import (
    recv_many as recv_many,
    recv_timestamped as recv_timestamped,
    send_many as send_many,
    tcp_info as tcp_info,
)

def connect(host: str, port: int, timeout: float | None = None, source: Any = None, /) -> int: ...
