//! What a call takes beside its bytes: `MSG_*`, `SHUT_*`, `SCM_*`, the backlog.

use berkeley::Flags;

use super::constants;

constants! {
    MSG_CONFIRM = Flags::CONFIRM.as_raw();
    MSG_CTRUNC = Flags::CTRUNC.as_raw();
    MSG_DONTROUTE = Flags::DONTROUTE.as_raw();
    MSG_DONTWAIT = Flags::DONTWAIT.as_raw();
    MSG_EOR = Flags::EOR.as_raw();
    MSG_ERRQUEUE = Flags::ERRQUEUE.as_raw();
    MSG_FASTOPEN = Flags::FASTOPEN.as_raw();
    MSG_MORE = Flags::MORE.as_raw();
    MSG_OOB = Flags::OOB.as_raw();
    MSG_PEEK = Flags::PEEK.as_raw();
    MSG_TRUNC = Flags::TRUNC.as_raw();
    MSG_WAITALL = Flags::WAITALL.as_raw();

    MSG_CMSG_CLOEXEC = 0x4000_0000;
    MSG_NOSIGNAL = 0x4000;

    SHUT_RD = 0;
    SHUT_RDWR = 2;
    SHUT_WR = 1;

    SCM_CREDENTIALS = 2;
    SCM_RIGHTS = 1;

    SOMAXCONN = 4096;
}
