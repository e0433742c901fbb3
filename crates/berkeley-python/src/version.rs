//! What depends on the interpreter's version, from one to the next of which C's module differs: the signatures that it
//! says, and, as [`SINCE_3_14`] and its like, what the rooms ask before they do as C of that version does.
//!
//! The names that a version has added stand in `constant/since.rs`; how it lays out memory, and which symbols it has,
//! in `ffi`. Nothing else asks `cfg(Py_3_12)` or its like, which build.rs sets.

/// Whether it is `CPython` 3.12 or later.
pub(crate) const SINCE_3_12: bool = cfg!(Py_3_12);

/// Whether it is `CPython` 3.13 or later, in which a generator parses the arguments of some functions (Argument
/// Clinic).
pub(crate) const SINCE_3_13: bool = cfg!(Py_3_13);

/// Whether it is `CPython` 3.14 or later.
pub(crate) const SINCE_3_14: bool = cfg!(Py_3_14);

/// Whether it is `CPython` 3.15 or later.
pub(crate) const SINCE_3_15: bool = cfg!(Py_3_15);

/// The docstrings of which a version says the signature otherwise; the words behind it are the same.
pub(crate) mod doc {
    use std::ffi::CStr;

    use super::{SINCE_3_13, SINCE_3_14, SINCE_3_15};

    /// `NAME: "words"; SINCE => "signature", ..., _ => "signature before";`, the latest version first.
    macro_rules! docs {
        ($($name:ident: $words:literal; $($since:ident => $signature:literal,)* _ => $oldest:literal;)*) => {$(
            pub(crate) const $name: &CStr = $(if $since {
                text(concat!($signature, "\n\n", $words, "\0"))
            } else)* {
                text(concat!($oldest, "\n\n", $words, "\0"))
            };
        )*};
    }

    // `--` behind a signature has `help` and `inspect.signature` read it.
    docs! {
        HTONS: "Turn an integer of 16 bits from the host's byte order into the network's.";
            SINCE_3_14 => "htons($module, integer, /)\n--",
            SINCE_3_13 => "htons($self, x, /)\n--",
            _ => "htons(integer) -> integer";
        NTOHS: "Turn an integer of 16 bits from the network's byte order into the host's.";
            SINCE_3_14 => "ntohs($module, integer, /)\n--",
            SINCE_3_13 => "ntohs($self, x, /)\n--",
            _ => "ntohs(integer) -> integer";
        HTONL: "Turn an integer of 32 bits from the host's byte order into the network's.";
            SINCE_3_14 => "htonl($module, integer, /)\n--",
            _ => "htonl(integer) -> integer";
        NTOHL: "Turn an integer of 32 bits from the network's byte order into the host's.";
            SINCE_3_14 => "ntohl($module, integer, /)\n--",
            _ => "ntohl(integer) -> integer";
        INET_ATON: "The four bytes of an IPv4 address in text: 123.45.67.89, and the older forms such as 127.1.";
            SINCE_3_14 => "inet_aton($module, ip_addr, /)\n--",
            SINCE_3_13 => "inet_aton($self, ip_addr, /)\n--",
            _ => "inet_aton(string) -> bytes";
        INET_NTOA: "The text of an IPv4 address of four bytes.";
            SINCE_3_14 => "inet_ntoa($module, packed_ip, /)\n--",
            SINCE_3_13 => "inet_ntoa($self, packed_ip, /)\n--",
            _ => "inet_ntoa(packed_ip) -> string";
        IF_NAMETOINDEX: "The index of the interface of this name.";
            SINCE_3_14 => "if_nametoindex($module, oname, /)\n--",
            SINCE_3_13 => "if_nametoindex($self, oname, /)\n--",
            _ => "if_nametoindex(if_name)";
        IF_INDEXTONAME: "The name of the interface of this index.";
            SINCE_3_14 => "if_indextoname($module, if_index, /)\n--",
            _ => "if_indextoname(if_index)";
        SEND: "Send bytes, and return how many were sent, which may be fewer than given where the socket has a \
             timeout.";
            SINCE_3_15 => "send($self, data, flags=0, /)\n--",
            _ => "send(data[, flags]) -> count";
        SENDALL: "Send all the bytes, however many calls it takes; the timeout bounds them together. After an \
             error nobody can say how much was sent.";
            SINCE_3_15 => "sendall($self, data, flags=0, /)\n--",
            _ => "sendall(data[, flags])";
        SENDMSG: "Send the bytes of several buffers as one message, and control messages beside them: an iterable \
             of (level, type, data).";
            SINCE_3_15 => "sendmsg($self, buffers, ancdata=(), flags=0, address=None, /)\n--",
            _ => "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count";
    }

    /// The text, of which the table above has put a NUL at the end, and none before.
    const fn text(with_nul: &'static str) -> &'static CStr {
        match CStr::from_bytes_with_nul(with_nul.as_bytes()) {
            Ok(text) => text,
            Err(_) => c"",
        }
    }
}
