//! Options of netlink: `SOL_NETLINK` (netlink(7)).

use super::options;

options! {
    NETLINK, "netlink(7)";

    /// Joins the multicast group of this number.
    ADD_MEMBERSHIP: u32, Unsigned, "add_membership", NETLINK_ADD_MEMBERSHIP, "NETLINK_ADD_MEMBERSHIP", Write, Any;
    /// Fails a send to a group when the message does not reach every member.
    BROADCAST_ERROR: bool, Flag, "broadcast_error", NETLINK_BROADCAST_ERROR, "NETLINK_BROADCAST_ERROR", ReadWrite, Any;
    /// Answers with the header of a request alone, not with all of it.
    CAP_ACK: bool, Flag, "cap_ack", NETLINK_CAP_ACK, "NETLINK_CAP_ACK", ReadWrite, Any;
    /// Leaves the multicast group of this number.
    DROP_MEMBERSHIP: u32, Unsigned, "drop_membership", NETLINK_DROP_MEMBERSHIP, "NETLINK_DROP_MEMBERSHIP", Write, Any;
    /// Says in answers what was wrong with a request, in words and with its place.
    EXT_ACK: bool, Flag, "ext_ack", NETLINK_EXT_ACK, "NETLINK_EXT_ACK", ReadWrite, Any;
    /// Refuses requests to list whose headers hold what the kernel would not look at.
    GET_STRICT_CHK: bool, Flag, "get_strict_chk", NETLINK_GET_STRICT_CHK, "NETLINK_GET_STRICT_CHK", ReadWrite, Any;
    /// The multicast groups that the socket is a member of, by number.
    LIST_MEMBERSHIPS: Vec<u32>, Memberships, "list_memberships", NETLINK_LIST_MEMBERSHIPS, "NETLINK_LIST_MEMBERSHIPS", Read, Any;
    /// Receives what is told to groups of every network namespace that this one knows.
    LISTEN_ALL_NSID: bool, Flag, "listen_all_nsid", NETLINK_LISTEN_ALL_NSID, "NETLINK_LISTEN_ALL_NSID", ReadWrite, Any;
    /// Loses messages without the error `ENOBUFS` when the buffer is full.
    NO_ENOBUFS: bool, Flag, "no_enobufs", NETLINK_NO_ENOBUFS, "NETLINK_NO_ENOBUFS", ReadWrite, Any;
    /// Receives with each message the group that it was told to.
    PKTINFO: bool, Flag, "pktinfo", NETLINK_PKTINFO, "NETLINK_PKTINFO", ReadWrite, Any;
}
