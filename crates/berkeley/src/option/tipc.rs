//! Options of TIPC: `SOL_TIPC` (`linux/tipc.h`).

use std::time::Duration;

use super::options;
use super::record::record;

options! {
    TIPC, "include/uapi/linux/tipc.h";

    /// How long connect waits for an answer.
    CONN_TIMEOUT: Duration, Milliseconds, "conn_timeout", TIPC_CONN_TIMEOUT, "TIPC_CONN_TIMEOUT", ReadWrite, BeforeConnect;
    /// Messages that cannot be delivered are dropped at their destination, not returned.
    DEST_DROPPABLE: bool, Flag, "dest_droppable", TIPC_DEST_DROPPABLE, "TIPC_DEST_DROPPABLE", ReadWrite, Any;
    /// Joins a group of sockets.
    GROUP_JOIN: TipcGroup, TipcGroup, "group_join", TIPC_GROUP_JOIN, "TIPC_GROUP_JOIN", Write, Any;
    /// Leaves the group.
    GROUP_LEAVE: (), Signal, "group_leave", TIPC_GROUP_LEAVE, "TIPC_GROUP_LEAVE", Write, Any;
    /// How hard the network tries to keep messages when it is overloaded: 0 low to 3 critical.
    IMPORTANCE: u32, Unsigned in 0..=3, "importance", TIPC_IMPORTANCE, "TIPC_IMPORTANCE", ReadWrite, Any;
    /// Sends multicast as broadcasts from now on.
    MCAST_BROADCAST: (), Signal, "mcast_broadcast", TIPC_MCAST_BROADCAST, "TIPC_MCAST_BROADCAST", Write, Any;
    /// Sends multicast as a copy to each receiver from now on.
    MCAST_REPLICAST: (), Signal, "mcast_replicast", TIPC_MCAST_REPLICAST, "TIPC_MCAST_REPLICAST", Write, Any;
    /// Sends at once, rather than gather small messages.
    NODELAY: bool, Flag, "nodelay", TIPC_NODELAY, "TIPC_NODELAY", ReadWrite, Any;
    /// How many messages wait on this node.
    NODE_RECVQ_DEPTH: u32, Unsigned, "node_recvq_depth", TIPC_NODE_RECVQ_DEPTH, "TIPC_NODE_RECVQ_DEPTH", Read, Any;
    /// How many messages wait on this socket.
    SOCK_RECVQ_DEPTH: u32, Unsigned, "sock_recvq_depth", TIPC_SOCK_RECVQ_DEPTH, "TIPC_SOCK_RECVQ_DEPTH", Read, Any;
    /// How much waits on this socket.
    SOCK_RECVQ_USED: u32, Bytes, "sock_recvq_used", TIPC_SOCK_RECVQ_USED, "TIPC_SOCK_RECVQ_USED", Read, Any;
    /// Messages may be dropped at their source when the network is overloaded, rather than make the sender wait.
    SRC_DROPPABLE: bool, Flag, "src_droppable", TIPC_SRC_DROPPABLE, "TIPC_SRC_DROPPABLE", ReadWrite, Any;
}

record! {
    /// A group of TIPC sockets, and what this one is in it (`TIPC_GROUP_JOIN`); `Display` prints
    /// `type:instance:scope:flags`.
    #[doc(alias = "tipc_group_req")]
    TipcGroup, 16, "a group such as 4711:1:2:0";
    /// The group's number.
    kind: u32 = 0;
    /// This member's number.
    instance: u32 = 4;
    /// How far the group reaches: 2 for the cluster, 3 for this node.
    scope: u32 = 8;
    /// In bits: 1 to receive one's own messages, 2 to be told of members that come and go.
    flags: u32 = 12;
}
