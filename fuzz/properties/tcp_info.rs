//! What must hold for any bytes given to the decoder of `TCP_INFO`. The fuzz target and the replay share it.

use berkeley::option::TcpInfo;

/// Decodes: bytes that end before what every kernel gives are refused, a field is there exactly where its bytes are,
/// and whatever was decoded prints on one line. Gives what was decoded.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> Option<TcpInfo> {
    let info = TcpInfo::decode(bytes);
    assert_eq!(info.is_some(), bytes.len() >= 104);
    let info = info?;
    assert_eq!(info.pacing_rate.is_some(), bytes.len() >= 112);
    assert_eq!(info.bytes_received.is_some(), bytes.len() >= 136);
    assert_eq!(info.snd_wnd.is_some(), bytes.len() >= 232);
    assert_eq!(info.total_rto_time.is_some(), bytes.len() >= 248);
    assert!(info.min_rtt.is_none() || bytes.len() >= 152);
    assert!(info.snd_wscale < 16 && info.rcv_wscale < 16 && info.fastopen_client_fail < 4);
    assert!(!info.to_string().contains(char::is_control));
    Some(info)
}
