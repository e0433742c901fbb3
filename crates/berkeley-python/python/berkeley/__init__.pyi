import builtins
import os
import sys
from collections.abc import Iterable
from typing import Any, Final, Protocol, Self, final

from typing_extensions import Buffer

from berkeley import socket

class _Socket(Protocol):
    def fileno(self) -> int: ...
    def gettimeout(self) -> float | None: ...

__version__: str

def install(*, children: bool = True) -> None: ...
def create_connection(
    address: tuple[str | bytes | None, str | bytes | int | None],
    timeout: float | None = ...,
    source_address: tuple[Any, ...] | None = None,
    *,
    all_errors: bool = False,
) -> socket.socket: ...
def send_many(
    sock: _Socket,
    datagrams: Iterable[Buffer | tuple[Buffer, Any]],
    address: tuple[Any, ...] | str | bytes | None = None,
    *,
    flags: int = 0,
) -> int: ...
def recv_many(
    sock: _Socket, messages: int = 32, size: int = 65535, *, gro: bool = False, flags: int = 0
) -> list[tuple[bytes, Any]]: ...
def recv_timestamped(sock: _Socket, size: int = 65535, *, flags: int = 0) -> tuple[bytes, Any, int | None]: ...
def tcp_info(sock: _Socket) -> TcpInfo: ...
def decode(data: Buffer, link: str | int | None = None, *, length: int | None = None) -> Packet: ...
def craft(text: str) -> bytes: ...
def pcap(path: str | os.PathLike[str]) -> Pcap: ...
def capture(
    interface: str | None = None, *, filter: str | None = None, snap: int = 262144, buffer: int = 16777216
) -> Capture: ...

@final
class Packet:
    @property
    def length(self) -> int: ...
    @property
    def layers(self) -> list[Layer]: ...
    @property
    def bytes(self) -> builtins.bytes: ...
    @property
    def time(self) -> float | None: ...
    @property
    def time_ns(self) -> int | None: ...
    @property
    def interface(self) -> str | None: ...
    @property
    def link(self) -> int: ...
    @property
    def problem(self) -> str | None: ...
    def __getitem__(self, name: str, /) -> Any: ...
    def __contains__(self, name: str, /) -> bool: ...
    def __len__(self) -> int: ...
    def __bytes__(self) -> builtins.bytes: ...
    def get(self, name: str, default: Any = None, /) -> Any: ...
    def all(self, name: str, /) -> list[Any]: ...
    def craft(self) -> str: ...
    def boxes(self, width: int = 100) -> str: ...
    def json(self) -> str: ...

@final
class Layer:
    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def fields(self) -> dict[str, Any]: ...
    @property
    def header(self) -> bytes: ...
    @property
    def payload(self) -> bytes: ...
    def __getitem__(self, name: str, /) -> Any: ...

@final
class Pcap:
    def __iter__(self) -> Pcap: ...
    def __next__(self) -> Packet: ...

class Capture:
    def __init__(
        self, interface: str | None = None, *, filter: str | None = None, snap: int = 262144, buffer: int = 16777216
    ) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Packet: ...
    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> Packet: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def next(self, timeout: float | None = None) -> Packet | None: ...
    @property
    def received(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...
    def __del__(self) -> None: ...

# What follows is written by tests/stubs.py.

__all__ = [
    "ALG_SET_AEAD_AUTHSIZE", "ALG_SET_DRBG_ENTROPY", "ALG_SET_KEY", "ALG_SET_KEY_BY_KEY_SERIAL", "CAN_ISOTP_LL_OPTS",
    "CAN_ISOTP_OPTS", "CAN_ISOTP_RECV_FC", "CAN_ISOTP_RX_STMIN", "CAN_ISOTP_TX_STMIN", "CAN_RAW_ERR_FILTER",
    "CAN_RAW_FD_FRAMES", "CAN_RAW_FILTER", "CAN_RAW_JOIN_FILTERS", "CAN_RAW_LOOPBACK", "CAN_RAW_RECV_OWN_MSGS",
    "CAN_RAW_XL_FRAMES", "CAN_RAW_XL_VCID_OPTS", "Capture", "DCCP_SOCKOPT_AVAILABLE_CCIDS", "DCCP_SOCKOPT_CCID",
    "DCCP_SOCKOPT_GET_CUR_MPS", "DCCP_SOCKOPT_QPOLICY_ID", "DCCP_SOCKOPT_QPOLICY_TXQLEN", "DCCP_SOCKOPT_RECV_CSCOV",
    "DCCP_SOCKOPT_RX_CCID", "DCCP_SOCKOPT_SEND_CSCOV", "DCCP_SOCKOPT_SERVER_TIMEWAIT", "DCCP_SOCKOPT_SERVICE",
    "DCCP_SOCKOPT_TX_CCID", "ICMPV6_FILTER", "ICMP_FILTER", "IPV6_ADDRFORM", "IPV6_ADDR_PREFERENCES",
    "IPV6_AUTOFLOWLABEL", "IPV6_CHECKSUM", "IPV6_DONTFRAG", "IPV6_DSTOPTS", "IPV6_FLOWINFO", "IPV6_FLOWINFO_SEND",
    "IPV6_FREEBIND", "IPV6_HDRINCL", "IPV6_HOPOPTS", "IPV6_MINHOPCOUNT", "IPV6_MTU", "IPV6_MTU_DISCOVER",
    "IPV6_MULTICAST_ALL", "IPV6_MULTICAST_HOPS", "IPV6_MULTICAST_IF", "IPV6_MULTICAST_LOOP", "IPV6_PATHMTU",
    "IPV6_RECVDSTOPTS", "IPV6_RECVERR", "IPV6_RECVERR_RFC4884", "IPV6_RECVFRAGSIZE", "IPV6_RECVHOPLIMIT",
    "IPV6_RECVHOPOPTS", "IPV6_RECVORIGDSTADDR", "IPV6_RECVPATHMTU", "IPV6_RECVPKTINFO", "IPV6_RECVRTHDR",
    "IPV6_RECVTCLASS", "IPV6_ROUTER_ALERT", "IPV6_ROUTER_ALERT_ISOLATE", "IPV6_RTHDR", "IPV6_RTHDRDSTOPTS",
    "IPV6_TCLASS", "IPV6_TRANSPARENT", "IPV6_UNICAST_HOPS", "IPV6_UNICAST_IF", "IPV6_V6ONLY",
    "IP_BIND_ADDRESS_NO_PORT", "IP_CHECKSUM", "IP_FREEBIND", "IP_HDRINCL", "IP_LOCAL_PORT_RANGE", "IP_MINTTL",
    "IP_MTU", "IP_MTU_DISCOVER", "IP_MULTICAST_ALL", "IP_MULTICAST_IF", "IP_MULTICAST_LOOP", "IP_MULTICAST_TTL",
    "IP_NODEFRAG", "IP_OPTIONS", "IP_PASSSEC", "IP_PKTINFO", "IP_PROTOCOL", "IP_RECVERR", "IP_RECVERR_RFC4884",
    "IP_RECVFRAGSIZE", "IP_RECVOPTS", "IP_RECVORIGDSTADDR", "IP_RECVTOS", "IP_RECVTTL", "IP_RETOPTS",
    "IP_ROUTER_ALERT", "IP_TOS", "IP_TRANSPARENT", "IP_TTL", "IP_UNICAST_IF", "Layer", "MPTCP_INFO", "MSG_ZEROCOPY",
    "NETLINK_ADD_MEMBERSHIP", "NETLINK_BROADCAST_ERROR", "NETLINK_CAP_ACK", "NETLINK_DROP_MEMBERSHIP",
    "NETLINK_EXT_ACK", "NETLINK_GET_STRICT_CHK", "NETLINK_LISTEN_ALL_NSID", "NETLINK_LIST_MEMBERSHIPS",
    "NETLINK_NO_ENOBUFS", "NETLINK_PKTINFO", "PACKET_AUXDATA", "PACKET_COPY_THRESH", "PACKET_FANOUT",
    "PACKET_IGNORE_OUTGOING", "PACKET_LOSS", "PACKET_ORIGDEV", "PACKET_QDISC_BYPASS", "PACKET_RESERVE",
    "PACKET_ROLLOVER_STATS", "PACKET_STATISTICS", "PACKET_TIMESTAMP", "PACKET_TX_HAS_OFF", "PACKET_VERSION",
    "PACKET_VNET_HDR", "PACKET_VNET_HDR_SZ", "Packet", "Pcap", "SCTP_ADAPTATION_LAYER", "SCTP_ADD_STREAMS",
    "SCTP_ASCONF_SUPPORTED", "SCTP_ASSOCINFO", "SCTP_AUTH_ACTIVE_KEY", "SCTP_AUTH_DEACTIVATE_KEY",
    "SCTP_AUTH_DELETE_KEY", "SCTP_AUTH_SUPPORTED", "SCTP_AUTOCLOSE", "SCTP_AUTO_ASCONF", "SCTP_CONTEXT",
    "SCTP_DEFAULT_PRINFO", "SCTP_DEFAULT_SNDINFO", "SCTP_DELAYED_SACK", "SCTP_DISABLE_FRAGMENTS",
    "SCTP_ECN_SUPPORTED", "SCTP_ENABLE_STREAM_RESET", "SCTP_EVENT", "SCTP_EVENTS",
    "SCTP_EXPOSE_POTENTIALLY_FAILED_STATE", "SCTP_FRAGMENT_INTERLEAVE", "SCTP_GET_ASSOC_NUMBER",
    "SCTP_GET_LOCAL_ADDRS", "SCTP_GET_PEER_ADDRS", "SCTP_INITMSG", "SCTP_INTERLEAVING_SUPPORTED",
    "SCTP_I_WANT_MAPPED_V4_ADDR", "SCTP_MAXSEG", "SCTP_MAX_BURST", "SCTP_NODELAY", "SCTP_PARTIAL_DELIVERY_POINT",
    "SCTP_PR_SUPPORTED", "SCTP_RECONFIG_SUPPORTED", "SCTP_RECVNXTINFO", "SCTP_RECVRCVINFO", "SCTP_RESET_ASSOC",
    "SCTP_REUSE_PORT", "SCTP_RTOINFO", "SCTP_SOCKOPT_BINDX_ADD", "SCTP_SOCKOPT_BINDX_REM", "SCTP_STATUS",
    "SCTP_STREAM_SCHEDULER", "SCTP_STREAM_SCHEDULER_VALUE", "SOL_ALG", "SOL_CAN_ISOTP", "SOL_CAN_J1939",
    "SOL_CAN_RAW", "SOL_DCCP", "SOL_ICMPV6", "SOL_IP", "SOL_IPV6", "SOL_MPTCP", "SOL_NETLINK", "SOL_PACKET",
    "SOL_RAW", "SOL_SCTP", "SOL_SOCKET", "SOL_TCP", "SOL_TIPC", "SOL_UDP", "SOL_UDPLITE", "SOL_VSOCK", "SOL_XDP",
    "SO_ACCEPTCONN", "SO_BINDTODEVICE", "SO_BINDTOIFINDEX", "SO_BPF_EXTENSIONS", "SO_BROADCAST", "SO_BUF_LOCK",
    "SO_BUSY_POLL", "SO_BUSY_POLL_BUDGET", "SO_CNX_ADVICE", "SO_COOKIE", "SO_DEBUG", "SO_DOMAIN", "SO_DONTROUTE",
    "SO_ERROR", "SO_INCOMING_CPU", "SO_INCOMING_NAPI_ID", "SO_INQ", "SO_J1939_ERRQUEUE", "SO_J1939_FILTER",
    "SO_J1939_PROMISC", "SO_J1939_SEND_PRIO", "SO_KEEPALIVE", "SO_LINGER", "SO_LOCK_FILTER", "SO_MARK",
    "SO_MAX_PACING_RATE", "SO_MEMINFO", "SO_NETNS_COOKIE", "SO_NOFCS", "SO_NO_CHECK", "SO_OOBINLINE", "SO_PASSCRED",
    "SO_PASSPIDFD", "SO_PASSRIGHTS", "SO_PASSSEC", "SO_PEEK_OFF", "SO_PEERCRED", "SO_PEERGROUPS", "SO_PEERSEC",
    "SO_PREFER_BUSY_POLL", "SO_PRIORITY", "SO_PROTOCOL", "SO_RCVBUF", "SO_RCVBUFFORCE", "SO_RCVLOWAT", "SO_RCVMARK",
    "SO_RCVPRIORITY", "SO_RCVTIMEO", "SO_RESERVE_MEM", "SO_REUSEADDR", "SO_REUSEPORT", "SO_RXQ_OVFL",
    "SO_SELECT_ERR_QUEUE", "SO_SNDBUF", "SO_SNDBUFFORCE", "SO_SNDLOWAT", "SO_SNDTIMEO", "SO_TIMESTAMP",
    "SO_TIMESTAMPING", "SO_TIMESTAMPNS", "SO_TXREHASH", "SO_TXTIME", "SO_TYPE", "SO_VM_SOCKETS_BUFFER_MAX_SIZE",
    "SO_VM_SOCKETS_BUFFER_MIN_SIZE", "SO_VM_SOCKETS_BUFFER_SIZE", "SO_VM_SOCKETS_CONNECT_TIMEOUT", "SO_WIFI_STATUS",
    "SO_ZEROCOPY", "TCP_CC_INFO", "TCP_CONGESTION", "TCP_CORK", "TCP_DEFER_ACCEPT", "TCP_DELACK_MAX_US",
    "TCP_FASTOPEN", "TCP_FASTOPEN_CONNECT", "TCP_FASTOPEN_KEY", "TCP_FASTOPEN_NO_COOKIE", "TCP_INFO", "TCP_INQ",
    "TCP_IS_MPTCP", "TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_LINGER2", "TCP_MAXSEG", "TCP_NODELAY",
    "TCP_NOTSENT_LOWAT", "TCP_QUEUE_SEQ", "TCP_QUICKACK", "TCP_REPAIR", "TCP_REPAIR_OPTIONS", "TCP_REPAIR_QUEUE",
    "TCP_REPAIR_WINDOW", "TCP_RTO_MAX_MS", "TCP_RTO_MIN_US", "TCP_SAVED_SYN", "TCP_SAVE_SYN", "TCP_SYNCNT",
    "TCP_THIN_DUPACK", "TCP_THIN_LINEAR_TIMEOUTS", "TCP_TIMESTAMP", "TCP_TX_DELAY", "TCP_ULP", "TCP_USER_TIMEOUT",
    "TCP_WINDOW_CLAMP", "TIPC_CONN_TIMEOUT", "TIPC_DEST_DROPPABLE", "TIPC_GROUP_JOIN", "TIPC_GROUP_LEAVE",
    "TIPC_IMPORTANCE", "TIPC_MCAST_BROADCAST", "TIPC_MCAST_REPLICAST", "TIPC_NODELAY", "TIPC_NODE_RECVQ_DEPTH",
    "TIPC_SOCK_RECVQ_DEPTH", "TIPC_SOCK_RECVQ_USED", "TIPC_SRC_DROPPABLE", "TcpInfo", "UDPLITE_RECV_CSCOV",
    "UDPLITE_SEND_CSCOV", "UDP_CORK", "UDP_ENCAP", "UDP_GRO", "UDP_NO_CHECK6_RX", "UDP_NO_CHECK6_TX", "UDP_SEGMENT",
    "XDP_MAX_TX_SKB_BUDGET", "XDP_MMAP_OFFSETS", "XDP_OPTIONS", "XDP_RX_RING", "XDP_STATISTICS", "XDP_TX_RING",
    "XDP_UMEM_COMPLETION_RING", "XDP_UMEM_FILL_RING", "__version__", "capture", "craft", "create_connection",
    "decode", "install", "pcap", "recv_many", "recv_timestamped", "send_many", "tcp_info",
]

@final
class TcpInfo(tuple[Any, ...]):
    n_fields: Final[int]
    n_sequence_fields: Final[int]
    n_unnamed_fields: Final[int]
    __match_args__: Final[tuple[str, ...]]
    if sys.version_info >= (3, 13):
        def __replace__(self, **changes: Any) -> TcpInfo: ...

    @property
    def state(self) -> str:
        """The state of the connection."""
    @property
    def ca_state(self) -> str:
        """The state of congestion control."""
    @property
    def retransmits(self) -> int:
        """Retransmission timeouts in a row without an acknowledgement."""
    @property
    def probes(self) -> int:
        """How many probes, of a closed window or of an idle peer, went unanswered."""
    @property
    def backoff(self) -> int:
        """How often the retransmission timeout has been doubled."""
    @property
    def options(self) -> int:
        """What was agreed on, in bits: 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 data with the
        SYN."""
    @property
    def snd_wscale(self) -> int:
        """The scale of the peer's window: bits to shift by."""
    @property
    def rcv_wscale(self) -> int:
        """The scale of our window: bits to shift by."""
    @property
    def delivery_rate_app_limited(self) -> bool:
        """Whether `delivery_rate` was bounded by what the program sent."""
    @property
    def fastopen_client_fail(self) -> int:
        """Why fast open fell back: 0 unknown, 1 no cookie, 2 the data was not acknowledged, 3 no answer."""
    @property
    def rto(self) -> float:
        """How long a resend waits. In seconds."""
    @property
    def ato(self) -> float:
        """How long an acknowledgement may be held back. In seconds."""
    @property
    def snd_mss(self) -> int:
        """The largest segment that is sent, in bytes."""
    @property
    def rcv_mss(self) -> int:
        """The largest segment that comes, in bytes, as far as is seen."""
    @property
    def unacked(self) -> int:
        """Segments sent and not yet acknowledged; on a listener, connections that wait for accept."""
    @property
    def sacked(self) -> int:
        """Segments acknowledged out of order; on a listener, how many connections may wait."""
    @property
    def lost(self) -> int:
        """Segments held for lost."""
    @property
    def retrans(self) -> int:
        """Segments retransmitted and not yet acknowledged."""
    @property
    def fackets(self) -> int:
        """Always 0 since Linux 4.15."""
    @property
    def last_data_sent(self) -> float:
        """How long ago data was last sent. In seconds."""
    @property
    def last_ack_sent(self) -> float:
        """Zero: the kernel does not remember. In seconds."""
    @property
    def last_data_recv(self) -> float:
        """How long ago data last came. In seconds."""
    @property
    def last_ack_recv(self) -> float:
        """How long ago an acknowledgement last came. In seconds."""
    @property
    def pmtu(self) -> int:
        """The path's MTU, in bytes."""
    @property
    def rcv_ssthresh(self) -> int:
        """Up to where our window grows at first, in bytes."""
    @property
    def rtt(self) -> float:
        """The round trip, smoothed. In seconds."""
    @property
    def rttvar(self) -> float:
        """By how much the round trip varies. In seconds."""
    @property
    def snd_ssthresh(self) -> int:
        """Where slow start ends, in segments; 0x7fffffff before a first loss."""
    @property
    def snd_cwnd(self) -> int:
        """The window of congestion control, in segments."""
    @property
    def advmss(self) -> int:
        """The largest segment that we announced, in bytes."""
    @property
    def reordering(self) -> int:
        """How far out of order segments come, in segments, as far as is seen."""
    @property
    def rcv_rtt(self) -> float:
        """The round trip as the receiver sees it; zero where it is not known. In seconds."""
    @property
    def rcv_space(self) -> int:
        """How much is read in one round trip, in bytes: the window grows by it."""
    @property
    def total_retrans(self) -> int:
        """Segments retransmitted since the connection began."""
    @property
    def pacing_rate(self) -> int | None:
        """How fast is sent, in bytes per second (Linux 3.15)."""
    @property
    def max_pacing_rate(self) -> int | None:
        """How fast may be sent, in bytes per second; the largest number for no bound (Linux 3.15)."""
    @property
    def bytes_acked(self) -> int | None:
        """Bytes that the peer has acknowledged, the SYN and the FIN counted as one each (Linux 4.1)."""
    @property
    def bytes_received(self) -> int | None:
        """Bytes received in order, the FIN counted as one (Linux 4.1)."""
    @property
    def segs_out(self) -> int | None:
        """Segments sent (Linux 4.2)."""
    @property
    def segs_in(self) -> int | None:
        """Segments received (Linux 4.2)."""
    @property
    def notsent_bytes(self) -> int | None:
        """Bytes that wait to be sent (Linux 4.6)."""
    @property
    def min_rtt(self) -> float | None:
        """The shortest round trip of late; none where none was measured (Linux 4.6). In seconds."""
    @property
    def data_segs_in(self) -> int | None:
        """Segments received that carried data (Linux 4.6)."""
    @property
    def data_segs_out(self) -> int | None:
        """Segments sent that carried data (Linux 4.6)."""
    @property
    def delivery_rate(self) -> int | None:
        """How fast data arrives at the peer, in bytes per second (Linux 4.9)."""
    @property
    def busy_time(self) -> float | None:
        """How long there was data to be sent (Linux 4.10). In seconds."""
    @property
    def rwnd_limited(self) -> float | None:
        """How long the peer's window held data back (Linux 4.10). In seconds."""
    @property
    def sndbuf_limited(self) -> float | None:
        """How long the send buffer was too small (Linux 4.10). In seconds."""
    @property
    def delivered(self) -> int | None:
        """Segments that arrived (Linux 4.18)."""
    @property
    def delivered_ce(self) -> int | None:
        """Segments that arrived with a mark of congestion (Linux 4.18)."""
    @property
    def bytes_sent(self) -> int | None:
        """Bytes sent, those sent anew included (Linux 4.19)."""
    @property
    def bytes_retrans(self) -> int | None:
        """Bytes sent anew (Linux 4.19)."""
    @property
    def dsack_dups(self) -> int | None:
        """Segments that were sent anew and arrived twice (Linux 4.19)."""
    @property
    def reord_seen(self) -> int | None:
        """How often segments were seen to have been reordered (Linux 4.19)."""
    @property
    def rcv_ooopack(self) -> int | None:
        """Segments that came out of order (Linux 5.4)."""
    @property
    def snd_wnd(self) -> int | None:
        """The peer's window, in bytes (Linux 5.4)."""
    @property
    def rcv_wnd(self) -> int | None:
        """Our window, in bytes (Linux 6.2)."""
    @property
    def rehash(self) -> int | None:
        """How often the path was chosen anew (Linux 6.2)."""
    @property
    def total_rto(self) -> int | None:
        """How often a resend ran out of time (Linux 6.7)."""
    @property
    def total_rto_recoveries(self) -> int | None:
        """How often the connection recovered from that (Linux 6.7)."""
    @property
    def total_rto_time(self) -> float | None:
        """How long that took in all (Linux 6.7). In seconds."""

ALG_SET_AEAD_AUTHSIZE: int
ALG_SET_DRBG_ENTROPY: int
ALG_SET_KEY: int
ALG_SET_KEY_BY_KEY_SERIAL: int
CAN_ISOTP_LL_OPTS: int
CAN_ISOTP_OPTS: int
CAN_ISOTP_RECV_FC: int
CAN_ISOTP_RX_STMIN: int
CAN_ISOTP_TX_STMIN: int
CAN_RAW_ERR_FILTER: int
CAN_RAW_FD_FRAMES: int
CAN_RAW_FILTER: int
CAN_RAW_JOIN_FILTERS: int
CAN_RAW_LOOPBACK: int
CAN_RAW_RECV_OWN_MSGS: int
CAN_RAW_XL_FRAMES: int
CAN_RAW_XL_VCID_OPTS: int
DCCP_SOCKOPT_AVAILABLE_CCIDS: int
DCCP_SOCKOPT_CCID: int
DCCP_SOCKOPT_GET_CUR_MPS: int
DCCP_SOCKOPT_QPOLICY_ID: int
DCCP_SOCKOPT_QPOLICY_TXQLEN: int
DCCP_SOCKOPT_RECV_CSCOV: int
DCCP_SOCKOPT_RX_CCID: int
DCCP_SOCKOPT_SEND_CSCOV: int
DCCP_SOCKOPT_SERVER_TIMEWAIT: int
DCCP_SOCKOPT_SERVICE: int
DCCP_SOCKOPT_TX_CCID: int
ICMPV6_FILTER: int
ICMP_FILTER: int
IPV6_ADDRFORM: int
IPV6_ADDR_PREFERENCES: int
IPV6_AUTOFLOWLABEL: int
IPV6_CHECKSUM: int
IPV6_DONTFRAG: int
IPV6_DSTOPTS: int
IPV6_FLOWINFO: int
IPV6_FLOWINFO_SEND: int
IPV6_FREEBIND: int
IPV6_HDRINCL: int
IPV6_HOPOPTS: int
IPV6_MINHOPCOUNT: int
IPV6_MTU: int
IPV6_MTU_DISCOVER: int
IPV6_MULTICAST_ALL: int
IPV6_MULTICAST_HOPS: int
IPV6_MULTICAST_IF: int
IPV6_MULTICAST_LOOP: int
IPV6_PATHMTU: int
IPV6_RECVDSTOPTS: int
IPV6_RECVERR: int
IPV6_RECVERR_RFC4884: int
IPV6_RECVFRAGSIZE: int
IPV6_RECVHOPLIMIT: int
IPV6_RECVHOPOPTS: int
IPV6_RECVORIGDSTADDR: int
IPV6_RECVPATHMTU: int
IPV6_RECVPKTINFO: int
IPV6_RECVRTHDR: int
IPV6_RECVTCLASS: int
IPV6_ROUTER_ALERT: int
IPV6_ROUTER_ALERT_ISOLATE: int
IPV6_RTHDR: int
IPV6_RTHDRDSTOPTS: int
IPV6_TCLASS: int
IPV6_TRANSPARENT: int
IPV6_UNICAST_HOPS: int
IPV6_UNICAST_IF: int
IPV6_V6ONLY: int
IP_BIND_ADDRESS_NO_PORT: int
IP_CHECKSUM: int
IP_FREEBIND: int
IP_HDRINCL: int
IP_LOCAL_PORT_RANGE: int
IP_MINTTL: int
IP_MTU: int
IP_MTU_DISCOVER: int
IP_MULTICAST_ALL: int
IP_MULTICAST_IF: int
IP_MULTICAST_LOOP: int
IP_MULTICAST_TTL: int
IP_NODEFRAG: int
IP_OPTIONS: int
IP_PASSSEC: int
IP_PKTINFO: int
IP_PROTOCOL: int
IP_RECVERR: int
IP_RECVERR_RFC4884: int
IP_RECVFRAGSIZE: int
IP_RECVOPTS: int
IP_RECVORIGDSTADDR: int
IP_RECVTOS: int
IP_RECVTTL: int
IP_RETOPTS: int
IP_ROUTER_ALERT: int
IP_TOS: int
IP_TRANSPARENT: int
IP_TTL: int
IP_UNICAST_IF: int
MPTCP_INFO: int
MSG_ZEROCOPY: int
NETLINK_ADD_MEMBERSHIP: int
NETLINK_BROADCAST_ERROR: int
NETLINK_CAP_ACK: int
NETLINK_DROP_MEMBERSHIP: int
NETLINK_EXT_ACK: int
NETLINK_GET_STRICT_CHK: int
NETLINK_LISTEN_ALL_NSID: int
NETLINK_LIST_MEMBERSHIPS: int
NETLINK_NO_ENOBUFS: int
NETLINK_PKTINFO: int
PACKET_AUXDATA: int
PACKET_COPY_THRESH: int
PACKET_FANOUT: int
PACKET_IGNORE_OUTGOING: int
PACKET_LOSS: int
PACKET_ORIGDEV: int
PACKET_QDISC_BYPASS: int
PACKET_RESERVE: int
PACKET_ROLLOVER_STATS: int
PACKET_STATISTICS: int
PACKET_TIMESTAMP: int
PACKET_TX_HAS_OFF: int
PACKET_VERSION: int
PACKET_VNET_HDR: int
PACKET_VNET_HDR_SZ: int
SCTP_ADAPTATION_LAYER: int
SCTP_ADD_STREAMS: int
SCTP_ASCONF_SUPPORTED: int
SCTP_ASSOCINFO: int
SCTP_AUTH_ACTIVE_KEY: int
SCTP_AUTH_DEACTIVATE_KEY: int
SCTP_AUTH_DELETE_KEY: int
SCTP_AUTH_SUPPORTED: int
SCTP_AUTOCLOSE: int
SCTP_AUTO_ASCONF: int
SCTP_CONTEXT: int
SCTP_DEFAULT_PRINFO: int
SCTP_DEFAULT_SNDINFO: int
SCTP_DELAYED_SACK: int
SCTP_DISABLE_FRAGMENTS: int
SCTP_ECN_SUPPORTED: int
SCTP_ENABLE_STREAM_RESET: int
SCTP_EVENT: int
SCTP_EVENTS: int
SCTP_EXPOSE_POTENTIALLY_FAILED_STATE: int
SCTP_FRAGMENT_INTERLEAVE: int
SCTP_GET_ASSOC_NUMBER: int
SCTP_GET_LOCAL_ADDRS: int
SCTP_GET_PEER_ADDRS: int
SCTP_INITMSG: int
SCTP_INTERLEAVING_SUPPORTED: int
SCTP_I_WANT_MAPPED_V4_ADDR: int
SCTP_MAXSEG: int
SCTP_MAX_BURST: int
SCTP_NODELAY: int
SCTP_PARTIAL_DELIVERY_POINT: int
SCTP_PR_SUPPORTED: int
SCTP_RECONFIG_SUPPORTED: int
SCTP_RECVNXTINFO: int
SCTP_RECVRCVINFO: int
SCTP_RESET_ASSOC: int
SCTP_REUSE_PORT: int
SCTP_RTOINFO: int
SCTP_SOCKOPT_BINDX_ADD: int
SCTP_SOCKOPT_BINDX_REM: int
SCTP_STATUS: int
SCTP_STREAM_SCHEDULER: int
SCTP_STREAM_SCHEDULER_VALUE: int
SOL_ALG: int
SOL_CAN_ISOTP: int
SOL_CAN_J1939: int
SOL_CAN_RAW: int
SOL_DCCP: int
SOL_ICMPV6: int
SOL_IP: int
SOL_IPV6: int
SOL_MPTCP: int
SOL_NETLINK: int
SOL_PACKET: int
SOL_RAW: int
SOL_SCTP: int
SOL_SOCKET: int
SOL_TCP: int
SOL_TIPC: int
SOL_UDP: int
SOL_UDPLITE: int
SOL_VSOCK: int
SOL_XDP: int
SO_ACCEPTCONN: int
SO_BINDTODEVICE: int
SO_BINDTOIFINDEX: int
SO_BPF_EXTENSIONS: int
SO_BROADCAST: int
SO_BUF_LOCK: int
SO_BUSY_POLL: int
SO_BUSY_POLL_BUDGET: int
SO_CNX_ADVICE: int
SO_COOKIE: int
SO_DEBUG: int
SO_DOMAIN: int
SO_DONTROUTE: int
SO_ERROR: int
SO_INCOMING_CPU: int
SO_INCOMING_NAPI_ID: int
SO_INQ: int
SO_J1939_ERRQUEUE: int
SO_J1939_FILTER: int
SO_J1939_PROMISC: int
SO_J1939_SEND_PRIO: int
SO_KEEPALIVE: int
SO_LINGER: int
SO_LOCK_FILTER: int
SO_MARK: int
SO_MAX_PACING_RATE: int
SO_MEMINFO: int
SO_NETNS_COOKIE: int
SO_NOFCS: int
SO_NO_CHECK: int
SO_OOBINLINE: int
SO_PASSCRED: int
SO_PASSPIDFD: int
SO_PASSRIGHTS: int
SO_PASSSEC: int
SO_PEEK_OFF: int
SO_PEERCRED: int
SO_PEERGROUPS: int
SO_PEERSEC: int
SO_PREFER_BUSY_POLL: int
SO_PRIORITY: int
SO_PROTOCOL: int
SO_RCVBUF: int
SO_RCVBUFFORCE: int
SO_RCVLOWAT: int
SO_RCVMARK: int
SO_RCVPRIORITY: int
SO_RCVTIMEO: int
SO_RESERVE_MEM: int
SO_REUSEADDR: int
SO_REUSEPORT: int
SO_RXQ_OVFL: int
SO_SELECT_ERR_QUEUE: int
SO_SNDBUF: int
SO_SNDBUFFORCE: int
SO_SNDLOWAT: int
SO_SNDTIMEO: int
SO_TIMESTAMP: int
SO_TIMESTAMPING: int
SO_TIMESTAMPNS: int
SO_TXREHASH: int
SO_TXTIME: int
SO_TYPE: int
SO_VM_SOCKETS_BUFFER_MAX_SIZE: int
SO_VM_SOCKETS_BUFFER_MIN_SIZE: int
SO_VM_SOCKETS_BUFFER_SIZE: int
SO_VM_SOCKETS_CONNECT_TIMEOUT: int
SO_WIFI_STATUS: int
SO_ZEROCOPY: int
TCP_CC_INFO: int
TCP_CONGESTION: int
TCP_CORK: int
TCP_DEFER_ACCEPT: int
TCP_DELACK_MAX_US: int
TCP_FASTOPEN: int
TCP_FASTOPEN_CONNECT: int
TCP_FASTOPEN_KEY: int
TCP_FASTOPEN_NO_COOKIE: int
TCP_INFO: int
TCP_INQ: int
TCP_IS_MPTCP: int
TCP_KEEPCNT: int
TCP_KEEPIDLE: int
TCP_KEEPINTVL: int
TCP_LINGER2: int
TCP_MAXSEG: int
TCP_NODELAY: int
TCP_NOTSENT_LOWAT: int
TCP_QUEUE_SEQ: int
TCP_QUICKACK: int
TCP_REPAIR: int
TCP_REPAIR_OPTIONS: int
TCP_REPAIR_QUEUE: int
TCP_REPAIR_WINDOW: int
TCP_RTO_MAX_MS: int
TCP_RTO_MIN_US: int
TCP_SAVED_SYN: int
TCP_SAVE_SYN: int
TCP_SYNCNT: int
TCP_THIN_DUPACK: int
TCP_THIN_LINEAR_TIMEOUTS: int
TCP_TIMESTAMP: int
TCP_TX_DELAY: int
TCP_ULP: int
TCP_USER_TIMEOUT: int
TCP_WINDOW_CLAMP: int
TIPC_CONN_TIMEOUT: int
TIPC_DEST_DROPPABLE: int
TIPC_GROUP_JOIN: int
TIPC_GROUP_LEAVE: int
TIPC_IMPORTANCE: int
TIPC_MCAST_BROADCAST: int
TIPC_MCAST_REPLICAST: int
TIPC_NODELAY: int
TIPC_NODE_RECVQ_DEPTH: int
TIPC_SOCK_RECVQ_DEPTH: int
TIPC_SOCK_RECVQ_USED: int
TIPC_SRC_DROPPABLE: int
UDPLITE_RECV_CSCOV: int
UDPLITE_SEND_CSCOV: int
UDP_CORK: int
UDP_ENCAP: int
UDP_GRO: int
UDP_NO_CHECK6_RX: int
UDP_NO_CHECK6_TX: int
UDP_SEGMENT: int
XDP_MAX_TX_SKB_BUDGET: int
XDP_MMAP_OFFSETS: int
XDP_OPTIONS: int
XDP_RX_RING: int
XDP_STATISTICS: int
XDP_TX_RING: int
XDP_UMEM_COMPLETION_RING: int
XDP_UMEM_FILL_RING: int
