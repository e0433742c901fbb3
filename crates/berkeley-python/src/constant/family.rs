//! Families: `AF_*`, and those that C also has as `PF_*`.

use berkeley::Family;

use super::constants;

constants! {
    AF_ALG = Family::ALG.as_raw();
    AF_APPLETALK = Family::APPLETALK.as_raw();
    AF_ASH = Family::ASH.as_raw();
    AF_ATMPVC = Family::ATMPVC.as_raw();
    AF_ATMSVC = Family::ATMSVC.as_raw();
    AF_AX25 = Family::AX25.as_raw();
    #[cfg(bluetooth)]
    AF_BLUETOOTH = Family::BLUETOOTH.as_raw();
    AF_BRIDGE = Family::BRIDGE.as_raw();
    AF_CAN = Family::CAN.as_raw();
    AF_DECnet = Family::DECNET.as_raw();
    AF_ECONET = Family::ECONET.as_raw();
    AF_INET = Family::INET.as_raw();
    AF_INET6 = Family::INET6.as_raw();
    AF_IPX = Family::IPX.as_raw();
    AF_IRDA = Family::IRDA.as_raw();
    AF_KEY = Family::KEY.as_raw();
    AF_LLC = Family::LLC.as_raw();
    AF_NETBEUI = Family::NETBEUI.as_raw();
    AF_NETLINK = Family::NETLINK.as_raw();
    AF_NETROM = Family::NETROM.as_raw();
    AF_PACKET = Family::PACKET.as_raw();
    AF_PPPOX = Family::PPPOX.as_raw();
    AF_QIPCRTR = Family::QIPCRTR.as_raw();
    AF_RDS = Family::RDS.as_raw();
    AF_ROSE = Family::ROSE.as_raw();
    AF_SECURITY = Family::SECURITY.as_raw();
    AF_SNA = Family::SNA.as_raw();
    AF_TIPC = Family::TIPC.as_raw();
    AF_UNIX = Family::UNIX.as_raw();
    AF_UNSPEC = Family::UNSPECIFIED.as_raw();
    AF_VSOCK = Family::VSOCK.as_raw();
    AF_WANPIPE = Family::WANPIPE.as_raw();
    AF_X25 = Family::X25.as_raw();

    AF_ROUTE = Family::NETLINK.as_raw();

    PF_CAN = Family::CAN.as_raw();
    PF_PACKET = Family::PACKET.as_raw();
    PF_RDS = Family::RDS.as_raw();
}
