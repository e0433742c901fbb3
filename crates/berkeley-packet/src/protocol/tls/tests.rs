use super::*;
use crate::layer::packet::Packet;
use crate::protocol::testing::{breaks, hex, holds, line, survives};

/// What OpenSSL 3 sends as a client that speaks version 1.2.
const CLIENT: &str = "
    16030100c7010000c3030397c44910a46f09f1a7a24fb86814a77cfed9ff365f22e21c2f20b0e5cb208c3800001ec02cc030
    c02bc02fcca9cca8c024c028c023c027009f009e006b006700ff0100007c00000014001200000f7777772e6578616d706c65
    2e636f6d000b000403000102000a000c000a001d0017001e00190018002300000010000e000c02683208687474702f312e31
    0016000000170000000d002a0028040305030603080708080809080a080b0804080508060401050106010303030103020402
    05020602";

/// Its answer in version 1.3, and the change of the cipher behind it.
const SERVER_1_3: &str = "
    160303007a020000760303eaa13afb86bc66181a16980a62a6be5dd5f56f50bebd4c0878a0a69d1e8a97b720cc56b1ff8568
    f4da6be0eccc18ee4de27314d63e866c6f99c9003c25a53f7834130200002e002b0002030400330024001d00208f45b34aef
    f7f247818054aec1c334da991e52b0a9f22b7986628bbc18b1cd7a140303000101";

/// Its answer in version 1.2: hello, certificate, key, and the end, a record each.
const SERVER_1_2: &str = "
    160303004a0200004603032f2cfb37076547020b7d784e5015abec5af11fdf3a443fa7c6d0e5a8ca2e168700c02c00001eff
    01000100000b0004030001020023000000100005000302683200170000160303018b0b0001870001840001813082017d3082
    0123a0030201020214322e9ea495de03a857e0974d9ee5a9b4dc05bf89300a06082a8648ce3d040302301431123010060355
    04030c096c6f63616c686f7374301e170d3236313133303137333133395a170d3236313233303137333133395a3014311230
    1006035504030c096c6f63616c686f73743059301306072a8648ce3d020106082a8648ce3d03010703420004194769823ee5
    30ca9cd3b85d6b44e0915b676e9a773dfbf3b58edea6a51936fa9618c1de9a8c6fd25117b4595d30d9fc9246580be40aa25d
    a8a2de3b5e277cf6a3533051301d0603551d0e04160414fc34af6b5a98694879aeaee12dd895a36fec79d3301f0603551d23
    041830168014fc34af6b5a98694879aeaee12dd895a36fec79d3300f0603551d130101ff040530030101ff300a06082a8648
    ce3d0403020348003045022100910c290e4ce08256309346e5803a419fd115fe725edd4dc9a16c708e70d2f2cc0220200519
    85d0a2fe28875db483092a5994696f0666eb47332b54e97d51f6664ff716030300740c00007003001d208a348006a7c52710
    e46c830e3248e3796604c8e8e8a925899da90e1ee8198d4e040300483046022100c2c245813f7f84228834ae449683d5d243
    9e71161ffb98194db033f6ed6deae3022100a8e9536cbbfd2805619e8f33443a93186181fa5e7dfdd72a72e1a001ecfdde27
    16030300040e000000";

/// The client's key, the change of the cipher, and what is encrypted then.
const CLIENT_KEY: &str = "
    16030300251000002120ded4844b8cd4be7ae277ded08d845f80d0c5be86c2941f470f99f28be3ef99491403030001011603
    030028b41b9b072f2ceb8843e0069866efe0e5729e01e4e609a9b2d5c6f27541ea69ee28a3554233ed44fc";

/// What changes where the bytes end earlier: data is told as far as it is there.
const MAY_CHANGE: &[&str] = &["tls.app_data"];

#[test]
fn a_client_s_hello_is_told_with_its_extensions() {
    let bytes = hex(CLIENT);
    let fields = [
        "tls.record.content_type=22",
        "tls.record.version=769",
        "tls.record.length=199",
        "tls.handshake.type=1",
        "tls.handshake.length=195",
        "tls.handshake.version=771",
        "tls.handshake.session_id_length=0",
        "tls.handshake.cipher_suites_length=30",
        "tls.handshake.ciphersuite=49196",
        "tls.handshake.comp_method=0",
        "tls.handshake.extensions_length=124",
        "tls.handshake.extension.type=0",
        "tls.handshake.extensions_server_name=www.example.com",
        "tls.handshake.extensions_ec_point_format=2",
        "tls.handshake.extensions_supported_group=29",
        "tls.handshake.extension.data=",
        "tls.handshake.extensions_alpn_str=h2",
        "tls.handshake.extensions_alpn_str=http/1.1",
        "tls.handshake.sig_hash_alg=1027",
        "tls.handshake.sig_hash_hash=4",
        "tls.handshake.sig_hash_sig=3",
    ];
    holds(&TLS, &bytes, &fields);
    survives(&TLS, &bytes, MAY_CHANGE);
    let packet = Packet::decode_as(&TLS, &bytes, bytes.len());
    assert_eq!(line(&packet), "tls client hello www.example.com alpn h2");
}

#[test]
fn a_server_s_hello_of_version_1_3_has_a_share() {
    let bytes = hex(SERVER_1_3);
    let fields = [
        "tls.handshake.type=2",
        "tls.handshake.ciphersuite=4866",
        "tls.handshake.extensions.supported_version=772",
        "tls.handshake.extensions_key_share_group=29",
        "tls.handshake.extensions_key_share_key_exchange_length=32",
        "tls.record.content_type=20",
        "tls.change_cipher_spec=",
    ];
    holds(&TLS, &bytes, &fields);
    survives(&TLS, &bytes, MAY_CHANGE);
    let packet = Packet::decode_as(&TLS, &bytes, bytes.len());
    assert_eq!(packet.field("tls.handshake.random_time"), None, "version 1.3 has no time there");
}

#[test]
fn several_records_of_a_segment_are_told() {
    let bytes = hex(SERVER_1_2);
    let fields = [
        "tls.handshake.type=2",
        "tls.handshake.extensions_reneg_info_len=0",
        "tls.handshake.type=11",
        "tls.handshake.certificates_length=388",
        "tls.handshake.certificate_length=385",
        "tls.handshake.type=12",
        "tls.handshake.server_named_curve=29",
        "tls.handshake.server_point_len=32",
        "tls.handshake.sig_hash_alg=1027",
        "tls.handshake.sig_len=72",
        "tls.handshake.type=14",
        "tls.handshake.length=0",
    ];
    holds(&TLS, &bytes, &fields);
    survives(&TLS, &bytes, MAY_CHANGE);
    let packet = Packet::decode_as(&TLS, &bytes, bytes.len());
    let text = "tls server hello, certificate, server key exchange, server hello done alpn h2";
    assert_eq!(line(&packet), text);
}

#[test]
fn what_is_encrypted_has_no_fields() {
    let bytes = hex(CLIENT_KEY);
    let fields = [
        "tls.handshake.client_point_len=32",
        "tls.change_cipher_spec=",
        "tls.record.length=40",
        "tls.handshake=",
    ];
    holds(&TLS, &bytes, &fields);
    survives(&TLS, &bytes, MAY_CHANGE);
}

#[test]
fn several_messages_of_a_record_are_told() {
    let bytes = hex("16 0303 000c 0e 000000 00 000000 0e 000000");
    holds(&TLS, &bytes, &["tls.handshake.type=14", "tls.handshake.type=0", "tls.handshake.type=14"]);
    let bytes = hex("15 0303 0002 0228 17 0303 0003 616263");
    holds(&TLS, &bytes, &["tls.alert_message.level=2", "tls.alert_message.desc=40", "tls.app_data=616263"]);
}

#[test]
fn a_record_that_goes_on_in_the_next_segment_is_no_problem() {
    let bytes = hex(CLIENT);
    holds(&TLS, &bytes[..150], &["tls.handshake.extensions_server_name=www.example.com"]);
    assert!(begins_record(&bytes) && begins_hello(&bytes));
    assert!(!begins_record(b"HTTP/1.1 200 OK") && !begins_record(&[22, 3, 1, 0xff, 0xff, 1]));
}

#[test]
fn a_hello_breaks_where_it_breaks() {
    let mut bytes = hex(CLIENT);
    // The length of the cipher suites.
    bytes[44] = 0xff;
    breaks(&TLS, &bytes, "tls.handshake.cipher_suites_length");
    let mut bytes = hex(CLIENT);
    // The length of all extensions.
    bytes[78] = 0xff;
    breaks(&TLS, &bytes, "tls.handshake.extensions_length");
}
