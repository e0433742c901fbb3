//! Options of ISO-TP, messages longer than a frame of CAN: `SOL_CAN_ISOTP` (ISO 15765-2, `linux/can/isotp.h`).

use super::options;
use super::record::record;

options! {
    ISOTP, "Documentation/networking/iso15765-2.rst";

    /// The frames that carry the messages: their size and their flags.
    LL_OPTS: IsotpLinkLayer, IsotpLinkLayer, "ll_opts", CAN_ISOTP_LL_OPTS, "CAN_ISOTP_LL_OPTS", ReadWrite, BeforeBind;
    /// How messages are laid out in frames: addresses, padding, timing.
    OPTS: IsotpOptions, IsotpOptions, "opts", CAN_ISOTP_OPTS, "CAN_ISOTP_OPTS", ReadWrite, BeforeBind;
    /// What this end asks of a sender.
    RECV_FC: IsotpFlowControl, IsotpFlowControl, "recv_fc", CAN_ISOTP_RECV_FC, "CAN_ISOTP_RECV_FC", ReadWrite, BeforeBind;
    /// Drops frames that come sooner than this after the last, in nanoseconds, where `CAN_ISOTP_OPTS` says so.
    RX_STMIN: u32, Unsigned, "rx_stmin", CAN_ISOTP_RX_STMIN, "CAN_ISOTP_RX_STMIN", ReadWrite, BeforeBind;
    /// The pause between two frames sent, in nanoseconds, whatever the receiver asks, where `CAN_ISOTP_OPTS` says so.
    TX_STMIN: u32, Unsigned, "tx_stmin", CAN_ISOTP_TX_STMIN, "CAN_ISOTP_TX_STMIN", ReadWrite, BeforeBind;
}

record! {
    /// How messages are laid out in frames (`CAN_ISOTP_OPTS`).
    #[doc(alias = "can_isotp_options")]
    IsotpOptions, 12, "numbers such as 6:50000:1:204:204:2";
    /// In bits, `CAN_ISOTP_*`.
    ///
    /// 1 to listen only, 2 with an extended address, 4 and 8 with padding sent and received, 0x80 and 0x100 for the
    /// pauses of `CAN_ISOTP_TX_STMIN` and `CAN_ISOTP_RX_STMIN`, ...
    flags: u32 = 0;
    /// The time that a frame takes, in nanoseconds.
    frame_time: u32 = 4;
    /// The extended address that is sent to.
    address: u8 = 8;
    /// What fills frames that are sent.
    send_padding: u8 = 9;
    /// What fills frames that are received.
    receive_padding: u8 = 10;
    /// The extended address that is received from.
    receive_address: u8 = 11;
}

record! {
    /// What a receiver asks of the sender (`CAN_ISOTP_RECV_FC`).
    #[doc(alias = "can_isotp_fc_options")]
    IsotpFlowControl, 3, "numbers such as 8:32:2";
    /// How many frames at once; 0 for all.
    block_size: u8 = 0;
    /// The pause between two frames: to 0x7f in milliseconds, 0xf1 to 0xf9 for 100 to 900 microseconds.
    separation: u8 = 1;
    /// How many times the receiver may ask for patience.
    max_waits: u8 = 2;
}

record! {
    /// The frames that carry messages (`CAN_ISOTP_LL_OPTS`).
    #[doc(alias = "can_isotp_ll_options")]
    IsotpLinkLayer, 3, "numbers such as 72:64:1";
    /// The size of the kernel's frame in bytes: 16 for CAN, 72 for CAN FD.
    mtu: u8 = 0;
    /// The most data in a frame: 8, 12, 16, 20, 24, 32, 48 or 64 bytes.
    data_length: u8 = 1;
    /// The flags of frames of CAN FD.
    flags: u8 = 2;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_what_is_set() {
        let options = IsotpOptions {
            flags: 0x204,
            frame_time: 50_000,
            address: 1,
            send_padding: 0xcc,
            receive_padding: 0xdd,
            receive_address: 2,
        };
        assert_eq!(options.encode(), [4, 2, 0, 0, 0x50, 0xc3, 0, 0, 1, 0xcc, 0xdd, 2]);
        let asked = IsotpFlowControl { block_size: 8, separation: 0xf1, max_waits: 2 };
        assert_eq!(asked.encode(), [8, 0xf1, 2]);
        let frames = IsotpLinkLayer { mtu: 72, data_length: 64, flags: 1 };
        assert_eq!(frames.encode(), [72, 64, 1]);
    }
}
