//! What the kernel knows of a TCP connection: `TCP_INFO` (tcp(7)), by `struct tcp_info` of `include/uapi/linux/tcp.h`.

use std::fmt;
use std::time::Duration;

use super::structure::structure;
use crate::kinds::named_integer;
use crate::sys::constants as c;

named_integer! {
    /// The state of a TCP connection (RFC 9293, section 3.3.2).
    TcpState;
    /// Open, both ways.
    ESTABLISHED = TCP_ESTABLISHED, "TCP_ESTABLISHED";
    /// Connecting: the SYN is out.
    SYN_SENT = TCP_SYN_SENT, "TCP_SYN_SENT";
    /// Being accepted: the SYN has come and was answered.
    SYN_RECV = TCP_SYN_RECV, "TCP_SYN_RECV";
    /// This side is done sending, its FIN not yet acknowledged.
    FIN_WAIT1 = TCP_FIN_WAIT1, "TCP_FIN_WAIT1";
    /// This side is done sending, the peer is not.
    FIN_WAIT2 = TCP_FIN_WAIT2, "TCP_FIN_WAIT2";
    /// Both are done; late segments are waited for.
    TIME_WAIT = TCP_TIME_WAIT, "TCP_TIME_WAIT";
    /// No connection: not yet, or no more.
    CLOSE = TCP_CLOSE, "TCP_CLOSE";
    /// The peer is done sending, this side is not.
    CLOSE_WAIT = TCP_CLOSE_WAIT, "TCP_CLOSE_WAIT";
    /// The peer is done, and this side's FIN is out.
    LAST_ACK = TCP_LAST_ACK, "TCP_LAST_ACK";
    /// Listening.
    LISTEN = TCP_LISTEN, "TCP_LISTEN";
    /// Both sides' FINs have crossed.
    CLOSING = TCP_CLOSING, "TCP_CLOSING";
}

named_integer! {
    /// What congestion control makes of the path (`enum tcp_ca_state`).
    CongestionState;
    /// All is well.
    OPEN = TCP_CA_OPEN, "TCP_CA_Open";
    /// Duplicate acknowledgements came: something may be lost.
    DISORDER = TCP_CA_DISORDER, "TCP_CA_Disorder";
    /// The window was reduced for a mark of congestion.
    CWR = TCP_CA_CWR, "TCP_CA_CWR";
    /// Segments were lost and are being resent.
    RECOVERY = TCP_CA_RECOVERY, "TCP_CA_Recovery";
    /// A resend ran out of time.
    LOSS = TCP_CA_LOSS, "TCP_CA_Loss";
}

/// The readers of this structure's own fields, beside the common ones.
mod read {
    use super::{CongestionState, TcpState};
    pub(super) use crate::option::structure::read::*;

    pub(super) fn state(bytes: &[u8], offset: usize) -> Option<TcpState> {
        byte(bytes, offset).map(|state| TcpState::from_raw(state.into()))
    }

    pub(super) fn congestion_state(bytes: &[u8], offset: usize) -> Option<CongestionState> {
        byte(bytes, offset).map(|state| CongestionState::from_raw(state.into()))
    }
}

structure! {
    /// What the kernel knows of a TCP connection (`TCP_INFO`, tcp(7)).
    ///
    /// A field in an `Option` came to the kernel later than Linux 3.15: `None` where this one does not give it.
    #[doc(alias = "tcp_info")]
    TcpInfo, 512, "information";
    /// The state of the connection.
    state: TcpState = state 0;
    /// The state of congestion control.
    ca_state: CongestionState = congestion_state 1;
    /// Retransmission timeouts in a row without an acknowledgement.
    retransmits: u8 = byte 2;
    /// How many probes, of a closed window or of an idle peer, went unanswered.
    probes: u8 = byte 3;
    /// How often the retransmission timeout has been doubled.
    backoff: u8 = byte 4;
    /// What was agreed on, in bits: 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 data with the SYN.
    options: u8 = byte 5;
    /// The scale of the peer's window: bits to shift by.
    snd_wscale: u8 = first_nibble 6;
    /// The scale of our window: bits to shift by.
    rcv_wscale: u8 = second_nibble 6;
    /// Whether `delivery_rate` was bounded by what the program sent.
    delivery_rate_app_limited: bool = first_bit 7;
    /// Why fast open fell back: 0 unknown, 1 no cookie, 2 the data was not acknowledged, 3 no answer.
    fastopen_client_fail: u8 = next_two_bits 7;
    /// How long a resend waits.
    rto: Duration = micros 8;
    /// How long an acknowledgement may be held back.
    ato: Duration = micros 12;
    /// The largest segment that is sent, in bytes.
    snd_mss: u32 = octets 16;
    /// The largest segment that comes, in bytes, as far as is seen.
    rcv_mss: u32 = octets 20;
    /// Segments sent and not yet acknowledged; on a listener, connections that wait for accept.
    unacked: u32 = number 24;
    /// Segments acknowledged out of order; on a listener, how many connections may wait.
    sacked: u32 = number 28;
    /// Segments held for lost.
    lost: u32 = segments 32;
    /// Segments retransmitted and not yet acknowledged.
    retrans: u32 = segments 36;
    /// Always 0 since Linux 4.15.
    fackets: u32 = number 40;
    /// How long ago data was last sent.
    last_data_sent: Duration = millis 44;
    /// Zero: the kernel does not remember.
    last_ack_sent: Duration = millis 48;
    /// How long ago data last came.
    last_data_recv: Duration = millis 52;
    /// How long ago an acknowledgement last came.
    last_ack_recv: Duration = millis 56;
    /// The path's MTU, in bytes.
    pmtu: u32 = octets 60;
    /// Up to where our window grows at first, in bytes.
    rcv_ssthresh: u32 = octets 64;
    /// The round trip, smoothed.
    rtt: Duration = micros 68;
    /// By how much the round trip varies.
    rttvar: Duration = micros 72;
    /// Where slow start ends, in segments; 0x7fffffff before a first loss.
    snd_ssthresh: u32 = segments 76;
    /// The window of congestion control, in segments.
    snd_cwnd: u32 = segments 80;
    /// The largest segment that we announced, in bytes.
    advmss: u32 = octets 84;
    /// How far out of order segments come, in segments, as far as is seen.
    reordering: u32 = segments 88;
    /// The round trip as the receiver sees it; zero where it is not known.
    rcv_rtt: Duration = micros 92;
    /// How much is read in one round trip, in bytes: the window grows by it.
    rcv_space: u32 = octets 96;
    /// Segments retransmitted since the connection began.
    total_retrans: u32 = segments 100;
    => later;
    /// How fast is sent, in bytes per second (Linux 3.15).
    pacing_rate: u64 = wide_rate 104;
    /// How fast may be sent, in bytes per second; the largest number for no bound (Linux 3.15).
    max_pacing_rate: u64 = wide_rate 112;
    /// Bytes that the peer has acknowledged, the SYN and the FIN counted as one each (Linux 4.1).
    bytes_acked: u64 = wide_octets 120;
    /// Bytes received in order, the FIN counted as one (Linux 4.1).
    bytes_received: u64 = wide_octets 128;
    /// Segments sent (Linux 4.2).
    segs_out: u32 = segments 136;
    /// Segments received (Linux 4.2).
    segs_in: u32 = segments 140;
    /// Bytes that wait to be sent (Linux 4.6).
    notsent_bytes: u32 = octets 144;
    /// The shortest round trip of late; none where none was measured (Linux 4.6).
    min_rtt: Duration = known_micros 148;
    /// Segments received that carried data (Linux 4.6).
    data_segs_in: u32 = segments 152;
    /// Segments sent that carried data (Linux 4.6).
    data_segs_out: u32 = segments 156;
    /// How fast data arrives at the peer, in bytes per second (Linux 4.9).
    delivery_rate: u64 = wide_rate 160;
    /// How long there was data to be sent (Linux 4.10).
    busy_time: Duration = wide_micros 168;
    /// How long the peer's window held data back (Linux 4.10).
    rwnd_limited: Duration = wide_micros 176;
    /// How long the send buffer was too small (Linux 4.10).
    sndbuf_limited: Duration = wide_micros 184;
    /// Segments that arrived (Linux 4.18).
    delivered: u32 = segments 192;
    /// Segments that arrived with a mark of congestion (Linux 4.18).
    delivered_ce: u32 = segments 196;
    /// Bytes sent, those sent anew included (Linux 4.19).
    bytes_sent: u64 = wide_octets 200;
    /// Bytes sent anew (Linux 4.19).
    bytes_retrans: u64 = wide_octets 208;
    /// Segments that were sent anew and arrived twice (Linux 4.19).
    dsack_dups: u32 = segments 216;
    /// How often segments were seen to have been reordered (Linux 4.19).
    reord_seen: u32 = number 220;
    /// Segments that came out of order (Linux 5.4).
    rcv_ooopack: u32 = segments 224;
    /// The peer's window, in bytes (Linux 5.4).
    snd_wnd: u32 = octets 228;
    /// Our window, in bytes (Linux 6.2).
    rcv_wnd: u32 = octets 232;
    /// How often the path was chosen anew (Linux 6.2).
    rehash: u32 = number 236;
    /// How often a resend ran out of time (Linux 6.7).
    total_rto: u16 = short 240;
    /// How often the connection recovered from that (Linux 6.7).
    total_rto_recoveries: u16 = short 242;
    /// How long that took in all (Linux 6.7).
    total_rto_time: Duration = millis 244;
}

/// The state and the quantities that one looks for first, each with its unit.
impl fmt::Display for TcpInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} rtt {:?} rttvar {:?} rto {:?}", self.state, self.rtt, self.rttvar, self.rto)?;
        write!(f, " mss {} cwnd {} retransmitted {}", self.snd_mss, self.snd_cwnd, self.total_retrans)?;
        if let (Some(acked), Some(received)) = (self.bytes_acked, self.bytes_received) {
            write!(f, " acked {acked} received {received}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection over loopback as Linux 5.10 told of it: 232 bytes, of which the fields tested here are filled.
    fn captured() -> Vec<u8> {
        let mut bytes = vec![0; 232];
        let mut put =
            |offset: usize, field: &[u8]| bytes[offset..offset + field.len()].copy_from_slice(field);
        put(0, &[1, 0, 0, 0, 0, 7]);
        put(8, &204_000_u32.to_ne_bytes());
        put(68, &31_u32.to_ne_bytes());
        put(80, &10_u32.to_ne_bytes());
        put(120, &4_097_u64.to_ne_bytes());
        put(148, &u32::MAX.to_ne_bytes());
        put(168, &1_500_u64.to_ne_bytes());
        put(228, &65_536_u32.to_ne_bytes());
        bytes
    }

    #[test]
    fn fields_stand_at_their_offsets_in_their_units() {
        let info = TcpInfo::decode(&captured()).unwrap();
        assert_eq!(
            (info.state, info.ca_state, info.options),
            (TcpState::ESTABLISHED, CongestionState::OPEN, 7)
        );
        assert_eq!(info.rto, Duration::from_millis(204));
        assert_eq!((info.rtt, info.snd_cwnd), (Duration::from_micros(31), 10));
        assert_eq!((info.bytes_acked, info.bytes_received), (Some(4_097), Some(0)));
        assert_eq!(info.min_rtt, None, "none was measured");
        assert_eq!(info.busy_time, Some(Duration::from_micros(1_500)));
        assert_eq!(
            (info.snd_wnd, info.rcv_wnd),
            (Some(65_536), None),
            "the last field of 5.10, the next one"
        );
        let text = "TCP_ESTABLISHED rtt 31µs rttvar 0ns rto 204ms mss 0 cwnd 10 retransmitted 0 acked 4097 received 0";
        assert_eq!(info.to_string(), text);
    }

    #[test]
    fn a_shorter_kernel_gives_what_it_has() {
        let bytes = captured();
        let oldest = TcpInfo::decode(&bytes[..104]).unwrap();
        assert_eq!((oldest.rtt, oldest.pacing_rate), (Duration::from_micros(31), None));
        let half_a_field = TcpInfo::decode(&bytes[..127]).unwrap();
        assert_eq!((half_a_field.max_pacing_rate, half_a_field.bytes_acked), (Some(0), None));
        for length in 0..104 {
            assert_eq!(TcpInfo::decode(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn bit_fields_are_told_apart() {
        let mut bytes = captured();
        bytes[6] = 0xa7;
        bytes[7] = 0b101;
        let info = TcpInfo::decode(&bytes).unwrap();
        assert_eq!((info.snd_wscale, info.rcv_wscale), (7, 10));
        assert_eq!((info.delivery_rate_app_limited, info.fastopen_client_fail), (true, 2));
    }
}
