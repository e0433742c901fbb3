//! The names that have no item, by the reason; a name that gets an item is taken out here.

pub(super) const NAMES: &[(&str, &str)] = &[
    (
        "obsolete: the kernel has taken it out, ignores it, or never had it",
        "
        SO_BSDCOMPAT SO_SECURITY_AUTHENTICATION SO_SECURITY_ENCRYPTION_TRANSPORT
        SO_SECURITY_ENCRYPTION_NETWORK IPV6_NEXTHOP IPV6_AUTHHDR IPV6_USE_MIN_MTU PACKET_RECV_OUTPUT
        NETLINK_RX_RING NETLINK_TX_RING SO_VM_SOCKETS_PEER_HOST_VM_ID SO_VM_SOCKETS_TRUSTED
        SO_VM_SOCKETS_NONBLOCK_TXRX VM_SOCKETS_INVALID_VERSION DCCP_SOCKOPT_PACKET_SIZE
        DCCP_SOCKOPT_CHANGE_L DCCP_SOCKOPT_CHANGE_R SCTP_SOCKOPT_CONNECTX_OLD ALG_OP_SIGN ALG_OP_VERIFY
        ALG_SET_PUBKEY NETLINK_DNRTMSG NETLINK_FIREWALL NETLINK_IP6_FW PACKET_FASTROUTE PACKET_LOOPBACK
        IPV6_RTHDR_TYPE_0
        ",
    ),
    (
        "what RFC 3542 has replaced",
        "
        IPV6_2292PKTINFO IPV6_2292HOPOPTS IPV6_2292DSTOPTS IPV6_2292RTHDR IPV6_2292PKTOPTIONS
        IPV6_2292HOPLIMIT IP_PKTOPTIONS
        ",
    ),
    (
        "peer_address says the same",
        "
        SO_PEERNAME
        ",
    ),
    (
        "the value holds addresses of memory: raw, which is unsafe",
        "
        TCP_ZEROCOPY_RECEIVE XDP_UMEM_REG MPTCP_FULL_INFO SCTP_SOCKOPT_CONNECTX3 PACKET_FANOUT_DATA
        ",
    ),
    (
        "the value is a ring in shared memory: the room `ring`, which receives, or raw",
        "
        PACKET_TX_RING
        ",
    ),
    (
        "memory of a device, which has no safe owner yet: raw",
        "
        SO_DEVMEM_LINEAR SO_DEVMEM_DMABUF SO_DEVMEM_DONTNEED SCM_DEVMEM_LINEAR SCM_DEVMEM_DMABUF
        ",
    ),
    (
        "the value carries a question that the kernel reads before it answers: raw",
        "
        PACKET_HDRLEN MPTCP_TCPINFO MPTCP_SUBFLOW_ADDRS TCP_AO_GET_KEYS SCTP_PRIMARY_ADDR
        SCTP_PEER_ADDR_PARAMS SCTP_GET_PEER_ADDR_INFO SCTP_PEER_ADDR_THLDS SCTP_PEER_ADDR_THLDS_V2
        SCTP_REMOTE_UDP_ENCAPS_PORT SCTP_PLPMTUD_PROBE_INTERVAL SCTP_PR_ASSOC_STATUS SCTP_PR_STREAM_STATUS
        SCTP_GET_ASSOC_STATS
        ",
    ),
    (
        "the value is a descriptor beside a question: raw",
        "
        SCTP_SOCKOPT_PEELOFF SCTP_SOCKOPT_PEELOFF_FLAGS
        ",
    ),
    (
        "connect, join_source and their like do it step by step",
        "
        SCTP_SOCKOPT_CONNECTX SCTP_SENDMSG_CONNECT IP_MSFILTER MCAST_MSFILTER
        ",
    ),
    (
        "keys and policies with layouts of their own, which daemons of routing set: raw",
        "
        TCP_MD5SIG TCP_MD5SIG_EXT TCP_AO_ADD_KEY TCP_AO_DEL_KEY TCP_AO_INFO TCP_AO_REPAIR IP_IPSEC_POLICY
        IP_XFRM_POLICY IPV6_IPSEC_POLICY IPV6_XFRM_POLICY IPV6_FLOWLABEL_MGR SCTP_AUTH_KEY SCTP_AUTH_CHUNK
        SCTP_HMAC_IDENT SCTP_PEER_AUTH_CHUNKS SCTP_LOCAL_AUTH_CHUNKS
        ",
    ),
    (
        "DEFAULT_SNDINFO is its successor",
        "
        SCTP_DEFAULT_SEND_PARAM
        ",
    ),
    (
        "lists of SCTP that open with their length: raw",
        "
        SCTP_GET_ASSOC_ID_LIST SCTP_RESET_STREAMS SCTP_SET_PEER_PRIMARY_ADDR
        ",
    ),
    (
        "what one way of congestion control tells: raw",
        "
        DCCP_SOCKOPT_CCID_RX_INFO DCCP_SOCKOPT_CCID_TX_INFO
        ",
    ),
    (
        "control messages without a type of their own: ControlMessage::Other, control::raw",
        "
        SCM_TIMESTAMPING_OPT_STATS SCM_TS_OPT_ID SCM_J1939_DEST_ADDR SCM_J1939_DEST_NAME SCM_J1939_ERRQUEUE
        SCM_J1939_PRIO
        ",
    ),
    (
        "the kind of a control message of the error queue of packet sockets: ControlMessage::Other",
        "
        PACKET_TX_TIMESTAMP
        ",
    ),
    (
        "a setting of the whole program: here each socket has its own",
        "
        getdefaulttimeout setdefaulttimeout
        ",
    ),
    (
        "std has to_be and from_be",
        "
        htonl ntohl ntohs
        ",
    ),
    (
        "option::PROTOCOL and option::TYPE",
        "
        proto type
        ",
    ),
    (
        "std has them, as Ipv4Addr and as plain numbers",
        "
        INADDR_ALLHOSTS_GROUP INADDR_ANY INADDR_BROADCAST INADDR_LOOPBACK INADDR_MAX_LOCAL_GROUP INADDR_NONE
        INADDR_UNSPEC_GROUP IPPORT_RESERVED IPPORT_USERRESERVED NI_MAXHOST NI_MAXSERV
        ",
    ),
    (
        "defaults and limits of the kernel, which need no name to be met",
        "
        IP_DEFAULT_MULTICAST_LOOP IP_DEFAULT_MULTICAST_TTL IP_MAX_MEMBERSHIPS SOL_CAN_BASE J1939_FILTER_MAX
        ",
    ),
    (
        "another name of the families AF_*",
        "
        PF_CAN PF_PACKET PF_RDS
        ",
    ),
    (
        "an ioctl of /dev/vsock, not of a socket",
        "
        IOCTL_VM_SOCKETS_GET_LOCAL_CID
        ",
    ),
    (
        "within the bytes that are sent and received, which are the program's",
        "
        CAN_BCM_CAN_FD_FRAME CAN_BCM_RX_ANNOUNCE_RESUME CAN_BCM_RX_CHANGED CAN_BCM_RX_CHECK_DLC
        CAN_BCM_RX_DELETE CAN_BCM_RX_FILTER_ID CAN_BCM_RX_NO_AUTOTIMER CAN_BCM_RX_READ CAN_BCM_RX_RTR_FRAME
        CAN_BCM_RX_SETUP CAN_BCM_RX_STATUS CAN_BCM_RX_TIMEOUT CAN_BCM_SETTIMER CAN_BCM_STARTTIMER
        CAN_BCM_TX_ANNOUNCE CAN_BCM_TX_COUNTEVT CAN_BCM_TX_CP_CAN_ID CAN_BCM_TX_DELETE CAN_BCM_TX_EXPIRED
        CAN_BCM_TX_READ CAN_BCM_TX_RESET_MULTI_IDX CAN_BCM_TX_SEND CAN_BCM_TX_SETUP CAN_BCM_TX_STATUS
        CAN_EFF_FLAG CAN_EFF_MASK CAN_ERR_FLAG CAN_ERR_MASK CAN_RTR_FLAG CAN_SFF_MASK J1939_EE_INFO_NONE
        J1939_EE_INFO_TX_ABORT J1939_NLA_BYTES_ACKED J1939_NLA_PAD TIPC_CFG_SRV TIPC_PUBLISHED
        TIPC_SUBSCR_TIMEOUT TIPC_SUB_CANCEL TIPC_SUB_PORTS TIPC_SUB_SERVICE TIPC_TOP_SRV TIPC_WAIT_FOREVER
        TIPC_WITHDRAWN
        ",
    ),
    (
        "numbers that an address of J1939 or an option of TIPC may hold, told where they are",
        "
        J1939_IDLE_ADDR J1939_MAX_UNICAST_ADDR J1939_NO_ADDR J1939_NO_NAME J1939_NO_PGN
        J1939_PGN_ADDRESS_CLAIMED J1939_PGN_ADDRESS_COMMANDED J1939_PGN_MAX J1939_PGN_PDU1_MAX
        J1939_PGN_REQUEST TIPC_CRITICAL_IMPORTANCE TIPC_HIGH_IMPORTANCE TIPC_LOW_IMPORTANCE
        TIPC_MEDIUM_IMPORTANCE
        ",
    ),
];
