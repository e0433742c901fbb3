//! Packets of many shapes for filters to be tried on, made of a few addresses and ports.

/// A small generator, the same on every run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.below(256)).unwrap()).collect()
    }
}

/// What an Ethernet header is followed by.
pub(crate) fn ethernet(chance: &mut Chance) -> Vec<u8> {
    let addresses: &[[u8; 6]] =
        &[[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 3], [0xff; 6], [1, 0, 0x5e, 0, 0, 1]];
    let mut frame = [chance.one(addresses), chance.one(addresses)].concat();
    frame.extend(behind_ethernet(chance, 0));
    frame
}

fn behind_ethernet(chance: &mut Chance, depth: usize) -> Vec<u8> {
    let with = |kind: u16, rest: Vec<u8>| [kind.to_be_bytes().to_vec(), rest].concat();
    match chance.below(if depth < 2 { 14 } else { 10 }) {
        0..4 => with(0x800, ipv4(chance)),
        4..7 => with(0x86dd, ipv6(chance)),
        7 => with(chance.one(&[0x806, 0x8035]), arp(chance)),
        8 => {
            let kinds =
                [0x6001, 0x6002, 0x6003, 0x6004, 0x6007, 0x8137, 0x809b, 0x80f3, 0x8863, 0x9000, 1501];
            with(chance.one(&kinds), chance.bytes(20))
        }
        9 => {
            let heads: &[&[u8]] = &[
                &[0x42, 0x42, 3],
                &[0xfe, 0xfe, 3, 0x81],
                &[0xfe, 0xfe, 3, 0x82],
                &[0xfe, 0xfe, 3, 0x83],
                &[0xf0, 0xf0, 3],
                &[0xe0, 0xe0, 3],
                &[0xff, 0xff, 3],
                &[0xaa, 0xaa, 3, 8, 0, 7, 0x80, 0x9b],
                &[0xaa, 0xaa, 3, 0, 0, 0, 0x80, 0xf3],
                &[0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0x37],
            ];
            let head = chance.one(heads).to_vec();
            with(chance.one(&[30, 1500, 1501]), [head, chance.bytes(20)].concat())
        }
        10..12 => {
            let tag = chance.one(&[5_u16, 6, 7, 100, 0x3005]).to_be_bytes().to_vec();
            let rest = [tag, behind_ethernet(chance, depth + 1)].concat();
            with(chance.one(&[0x8100, 0x88a8, 0x9100]), rest)
        }
        12 => {
            let mut rest = Vec::new();
            let labels = 1 + chance.below(2);
            for index in 0..labels {
                let label: u32 = chance.one(&[16, 17, 1_048_575]);
                rest.extend((label << 12 | u32::from(index + 1 == labels) << 8 | 64).to_be_bytes());
            }
            rest.extend(ip(chance));
            with(0x8847, rest)
        }
        _ => {
            let session = chance.one(&[3_u8, 4]);
            let (kind, rest) = if chance.below(2) == 0 { (0x21, ipv4(chance)) } else { (0x57, ipv6(chance)) };
            with(0x8864, [vec![0x11, 0, 0, session, 0, 40, 0, kind], rest].concat())
        }
    }
}

pub(crate) fn ip(chance: &mut Chance) -> Vec<u8> {
    if chance.below(2) == 0 { ipv4(chance) } else { ipv6(chance) }
}

fn arp(chance: &mut Chance) -> Vec<u8> {
    let [source, destination] = [ipv4_address(chance), ipv4_address(chance)];
    let head = [0, 1, 8, 0, 6, 4, 0, chance.one(&[1, 2, 3])];
    [&head[..], &[2, 0, 0, 0, 0, 1], &source, &[0; 6], &destination].concat()
}

fn ipv4_address(chance: &mut Chance) -> [u8; 4] {
    chance.one(&[
        [10, 0, 0, 1],
        [10, 0, 0, 2],
        [10, 0, 0, 3],
        [192, 168, 7, 9],
        [224, 0, 0, 1],
        [255; 4],
        [0; 4],
        [0, 0, 0, 10],
    ])
}

pub(crate) fn ipv4(chance: &mut Chance) -> Vec<u8> {
    let words = chance.one(&[5_u8, 5, 5, 6, 15]);
    let protocol = chance.one(&[6, 6, 17, 17, 1, 2, 132, 9, 47, 50, 51, 89, 103, 112]);
    let rest = transport(chance, protocol);
    let fragment = chance.one(&[0_u16, 0, 0, 0x4000, 0x2000, 0x2001, 185]).to_be_bytes();
    let length = u16::try_from(rest.len() + 4 * usize::from(words)).unwrap().to_be_bytes();
    let ttl = chance.one(&[1, 4, 5, 64, 255]);
    let head = [
        0x40 | words,
        chance.one(&[0, 16]),
        length[0],
        length[1],
        0,
        1,
        fragment[0],
        fragment[1],
        ttl,
        protocol,
    ];
    let mut packet = [&head[..], &[0, 0], &ipv4_address(chance), &ipv4_address(chance)].concat();
    packet.resize(4 * usize::from(words), 1);
    packet.extend(rest);
    packet
}

pub(crate) fn ipv6(chance: &mut Chance) -> Vec<u8> {
    let protocol = chance.one(&[6, 17, 58, 58, 132, 51, 103, 59]);
    let rest = transport(chance, protocol);
    let (next, between) = match chance.below(5) {
        0 => (44, vec![protocol, 0, 0, 1, 0, 0, 0, 1]),
        1 => (0, vec![protocol, 0, 1, 4, 0, 0, 0, 0]),
        _ => (protocol, Vec::new()),
    };
    let length = u16::try_from(rest.len() + between.len()).unwrap().to_be_bytes();
    let hops = chance.one(&[1, 64, 255]);
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next, hops];
    for _ in 0..2 {
        let addresses = ["2001:db8::1", "2001:db8::2", "2001:db8:8000::1", "fe80::1", "ff02::1", "::1", "::"];
        let address: std::net::Ipv6Addr = chance.one(&addresses).parse().unwrap();
        packet.extend(address.octets());
    }
    [packet, between, rest].concat()
}

fn transport(chance: &mut Chance, protocol: u8) -> Vec<u8> {
    let ports = [0_u16, 20, 21, 22, 53, 80, 123, 443, 1024, 6000, 65_535];
    let [source, destination] = [chance.one(&ports), chance.one(&ports)].map(u16::to_be_bytes);
    let count = chance.below(30);
    let payload = if chance.below(3) == 0 { b"GET / HTTP/1.1\r\n".to_vec() } else { chance.bytes(count) };
    match protocol {
        6 => {
            let words = chance.one(&[5_u8, 5, 6, 8]);
            let flags = chance.one(&[2, 0x12, 0x10, 0x18, 0x11, 4, 0x14, 0, 1, 0xff]);
            let mut segment =
                [&source[..], &destination, &[0, 0, 3, 232, 0, 0, 0, 0, words << 4, flags]].concat();
            segment.extend([0, chance.one(&[0, 1]), 0, 0, 0, 0]);
            segment.resize(4 * usize::from(words), 1);
            [segment, payload].concat()
        }
        17 => {
            let length = u16::try_from(payload.len() + 8).unwrap().to_be_bytes();
            [&source[..], &destination, &length, &[0, 0], &payload].concat()
        }
        1 => [&[chance.one(&[0, 3, 8, 11]), chance.one(&[0, 3])], &payload[..]].concat(),
        58 => [&[chance.one(&[1, 128, 129, 133, 135, 136, 143]), chance.one(&[0, 4])], &payload[..]].concat(),
        2 => [&[chance.one(&[0x11, 0x16, 0x22])], &payload[..]].concat(),
        _ => [&source[..], &destination, &[0; 8], &payload].concat(),
    }
}
