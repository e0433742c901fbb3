//! Every field of every capture, held against tshark.
//!
//! tshark reads each file of `tests/captures` once. What we tell of a packet must be what tshark tells, field by field
//! and value by value; and of the protocols in [`HELD`], we must tell every field of a header that tshark tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use berkeley_packet::stream::Fragments;
use berkeley_packet::{Item, Kind, LinkType, Packet, Problem, Protocol, Value, Visit};
use serde_json::Value as Json;

use crate::bounded::RunInTime;
use crate::skip;

mod exceptions;
mod time;

use exceptions::{EXTRA, HELD, OURS_ALONE, is_generated};

/// The values of each name, in the order of their text.
type Fields = BTreeMap<String, Vec<String>>;

/// The captures of the layers up to the network's, by the beginnings of their names.
const LINK: &[&str] = &["arp", "ethernet", "loop", "null", "raw", "sll", "tunnels", "vlan"];
const NETWORK: &[&str] = &["icmp", "igmp", "ip"];

#[test]
fn fields_of_the_link_layer_are_what_tshark_reads() {
    compare_all("oracle::fields_of_the_link_layer_are_what_tshark_reads", |name| begins(name, LINK));
}

#[test]
fn fields_of_the_network_layer_are_what_tshark_reads() {
    compare_all("oracle::fields_of_the_network_layer_are_what_tshark_reads", |name| begins(name, NETWORK));
}

#[test]
fn fields_of_all_other_captures_are_what_tshark_reads() {
    compare_all("oracle::fields_of_all_other_captures_are_what_tshark_reads", |name| {
        !begins(name, LINK) && !begins(name, NETWORK)
    });
}

/// Whatever a packet is cut to, and whichever of its bytes is another: all of it is told, and nothing panics.
#[test]
fn no_cut_and_no_changed_byte_is_too_much() {
    for file in captures() {
        let (link, records) = read(&fs::read(file).unwrap());
        for (bytes, _) in &records {
            (0..bytes.len()).for_each(|end| tell_all(&Packet::decode(link, &bytes[..end])));
            (0..bytes.len()).for_each(|end| tell_all(&Packet::decode_cut(link, &bytes[..end], bytes.len())));
            let mut changed = bytes.clone();
            for at in 0..bytes.len() {
                for new in [0, 0xff, bytes[at] ^ 1] {
                    changed[at] = new;
                    tell_all(&Packet::decode(link, &changed));
                }
                changed[at] = bytes[at];
            }
        }
    }
}

/// What is put together of fragments has the fields that tshark reads from them.
#[test]
fn fragments_put_together_are_what_tshark_reads() {
    if !skip::need("oracle::fragments_put_together_are_what_tshark_reads", "tshark") {
        return;
    }
    let file = captures().into_iter().find(|file| file.ends_with("fragments.pcap")).unwrap();
    let (link, records) = read(&fs::read(&file).unwrap());
    let theirs = tshark(&file, &[]);
    let (mut fragments, mut count) = (Fragments::new(), 0);
    for (number, ((bytes, length), theirs)) in records.iter().zip(&theirs).enumerate() {
        let packet = Packet::decode_cut(link, bytes, *length);
        let whole = fragments.add(&packet, Duration::ZERO).unwrap();
        assert_eq!(whole.is_some(), theirs.contains_key("udp.srcport"), "packet {}", number + 1);
        let Some(whole) = whole else { continue };
        let mut ours = Ours::default();
        whole.packet().layer("udp").unwrap().visit(&mut ours);
        whole.packet().layer("data").unwrap().visit(&mut ours);
        assert_eq!(differences(&ours, &only_of(theirs, &["udp", "data"])), [], "packet {}", number + 1);
        count += 1;
    }
    assert_eq!((count, fragments.waiting()), (8, 1));
}

fn only_of(fields: &Fields, protocols: &[&str]) -> Fields {
    let is_wanted = |name: &str| name.split_once('.').is_some_and(|(first, _)| protocols.contains(&first));
    fields
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, values)| (name.clone(), values.clone()))
        .collect()
}

fn tell_all(packet: &Packet<'_>) {
    for layer in packet.layers() {
        layer.visit(&mut Told { at: layer.start()..packet.bytes().len(), protocol: layer.protocol() });
        assert!(layer.start() + layer.bytes().len() <= packet.bytes().len());
    }
}

/// Asks of every field that it stands in these bytes, and in a table of the protocol, by which it is found.
struct Told {
    at: Range<usize>,
    protocol: &'static Protocol,
}

impl<'a> Visit<'a> for Told {
    fn field(&mut self, item: Item<'a>) -> bool {
        let at = item.bytes();
        assert!(
            self.at.start <= at.start && at.end <= self.at.end,
            "{}: {at:?} in {:?}",
            item.field.name,
            self.at
        );
        let mut known = self.protocol.fields.iter().chain(self.protocol.parts.iter().copied());
        assert!(
            known.any(|field| field == item.field),
            "{} is no field of {:?}",
            item.field.name,
            self.protocol
        );
        true
    }

    fn open(&mut self, part: Item<'a>) -> bool {
        self.field(part)
    }
}

fn begins(name: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// Compares the captures whose names `wanted` takes, or the one that `BERKELEY_CAPTURE` names a part of.
///
/// tshark takes long to start, so it reads all captures of one link type at once.
fn compare_all(test: &str, wanted: impl Fn(&str) -> bool) {
    if !skip::need(test, "tshark") {
        return;
    }
    let only = std::env::var("BERKELEY_CAPTURE").unwrap_or_default();
    let mut by_link: BTreeMap<u16, Vec<Row>> = BTreeMap::new();
    for file in captures() {
        let name = file.file_name().unwrap().to_string_lossy();
        if wanted(&name) && name.contains(&only) {
            let (link, records) = read(&fs::read(&file).unwrap());
            let rows = records.into_iter().enumerate();
            let rows = rows.map(|(at, (bytes, length))| Row { name: name.to_string(), at, bytes, length });
            by_link.entry(link.as_raw()).or_default().extend(rows);
        }
    }
    let mut wrong = BTreeMap::new();
    for (link, rows) in &by_link {
        compare(test, LinkType::from_raw(*link), rows, &mut wrong);
    }
    let lines: Vec<_> = wrong
        .iter()
        .map(|((file, name), rows)| format!("{file} {name}, {} packets: {}", rows.len(), rows[0]))
        .collect();
    assert!(wrong.is_empty(), "{} differences:\n{}", lines.len(), lines.join("\n"));
}

/// A packet of a capture: its place in the file, its bytes, and how long it was on the wire.
struct Row {
    name: String,
    at: usize,
    bytes: Vec<u8>,
    length: usize,
}

/// What differs: by file and field, a line for each packet.
type Wrong = BTreeMap<(String, String), Vec<String>>;

/// The captures, by name.
fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "pcap"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn compare(test: &str, link: LinkType, rows: &[Row], wrong: &mut Wrong) {
    let folder = std::env::temp_dir().join(format!("{}-{}", test.replace("::", "-"), std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("packets.pcap");
    fs::write(&file, written(link, rows)).unwrap();
    let theirs = tshark(&file, EXTRA);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(theirs.len(), rows.len(), "packets of {link:?}");
    for (row, theirs) in rows.iter().zip(&theirs) {
        let packet = Packet::decode_cut(link, &row.bytes, row.length);
        let mut ours = Ours::default();
        packet.layers().for_each(|layer| layer.visit(&mut ours));
        ours.broken |= packet.problem().is_some() || is_broken(theirs);
        for (field, line) in differences(&ours, theirs) {
            let lines = wrong.entry((row.name.clone(), field)).or_default();
            lines.push(format!("packet {}: {line}", row.at + 1));
        }
    }
}

/// A pcap file of these packets, a second apart.
fn written(link: LinkType, rows: &[Row]) -> Vec<u8> {
    let mut file = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0".to_vec();
    file.extend(u32::from(link.as_raw()).to_le_bytes());
    for (number, row) in rows.iter().enumerate() {
        let words = [1_700_000_000 + number, 0, row.bytes.len(), row.length];
        file.extend(words.iter().flat_map(|word| u32::try_from(*word).unwrap().to_le_bytes()));
        file.extend(&row.bytes);
    }
    file
}

/// Whether tshark says that the packet breaks, or is cut.
fn is_broken(theirs: &Fields) -> bool {
    theirs.keys().any(|name| name.starts_with("_ws.malformed") || name.starts_with("_ws.short"))
}

/// What we tell of a packet: the values by name, how to compare them, and the parts that have fields of their own.
#[derive(Default)]
struct Ours {
    fields: Fields,
    kinds: BTreeMap<String, Kind>,
    parts: BTreeSet<String>,
    broken: bool,
}

impl<'a> Visit<'a> for Ours {
    fn field(&mut self, item: Item<'a>) -> bool {
        self.kinds.insert(item.field.name.into(), item.field.kind);
        self.fields.entry(item.field.name.into()).or_default().push(text(&item.value));
        true
    }

    fn open(&mut self, part: Item<'a>) -> bool {
        self.parts.insert(part.field.name.into());
        true
    }

    fn problem(&mut self, _: Problem) {
        self.broken = true;
    }
}

/// A value as both sides are compared: a number in decimal, bytes in hexadecimal.
fn text(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Value::Time(seconds, nanoseconds) => format!("{seconds}.{nanoseconds:09}"),
        Value::Seconds(seconds) => format!("{seconds:.6}"),
        other => other.to_string(),
    }
}

/// The same of tshark's text, for a field of that kind.
fn normal(kind: Kind, theirs: &str) -> String {
    match kind {
        Kind::Decimal | Kind::Hex | Kind::Flag => number(theirs).unwrap_or_else(|| theirs.into()),
        Kind::Bytes => theirs.replace(':', ""),
        Kind::Seconds => {
            theirs.parse().map_or_else(|_| theirs.into(), |seconds: f64| format!("{seconds:.6}"))
        }
        Kind::Time => time::seconds(theirs).unwrap_or_else(|| theirs.into()),
        _ => theirs.into(),
    }
}

fn number(text: &str) -> Option<String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None if text == "True" => 1,
        None if text == "False" => 0,
        None => text.parse().ok()?,
    };
    Some(number.to_string())
}

/// The fields that differ, with what each side tells.
///
/// Where the packet breaks, one side may tell more than the other; what both tell must still be the same.
fn differences(ours: &Ours, theirs: &Fields) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let none = Vec::new();
    for (name, values) in ours.fields.iter().filter(|(name, _)| !ours_alone(name, theirs)) {
        let kind = ours.kinds[name];
        let mut values = values.clone();
        let mut wanted: Vec<_> =
            theirs.get(name).unwrap_or(&none).iter().map(|text| normal(kind, text)).collect();
        values.sort();
        wanted.sort();
        let same = values == wanted || ours.broken && (within(&values, &wanted) || within(&wanted, &values));
        if !same {
            wrong.push((name.clone(), format!("we tell {values:?}, tshark {wanted:?}")));
        }
    }
    for (name, values) in theirs {
        let told = ours.fields.contains_key(name) || ours.parts.contains(name);
        if is_held(name) && !told && !is_generated(name) && !ours.broken {
            wrong.push((name.clone(), format!("we tell nothing, tshark {values:?}")));
        }
    }
    wrong
}

/// Whether all of `few`, which is in order, are in `many`.
fn within(few: &[String], many: &[String]) -> bool {
    let mut left = many.iter();
    few.iter().all(|value| left.any(|other| other == value))
}

/// Whether a field is not compared: those that tshark has not, and what it dissects further than we do.
fn ours_alone(name: &str, theirs: &Fields) -> bool {
    let is_data = name.starts_with("data.");
    OURS_ALONE.iter().any(|row| row.0 == name) || is_data && !theirs.contains_key("data.data")
}

fn is_held(name: &str) -> bool {
    HELD.iter().any(|protocol| name.strip_prefix(protocol).is_some_and(|rest| rest.starts_with('.')))
}

/// The fields of each packet of a file, as tshark tells them.
fn tshark(file: &Path, preferences: &[&str]) -> Vec<Fields> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-T", "json", "-n", "--no-duplicate-keys"]);
    for preference in preferences {
        command.args(["-o", preference]);
    }
    let output = command.output_in_time().unwrap();
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let all: Json = serde_json::from_slice(&output.stdout).unwrap();
    let packets = all.as_array().unwrap().iter();
    packets
        .map(|packet| {
            let mut fields = Fields::new();
            flatten(&packet["_source"]["layers"], "", &mut fields);
            fields
        })
        .collect()
}

/// All values below `json`, by the name above them.
fn flatten(json: &Json, name: &str, fields: &mut Fields) {
    match json {
        Json::Object(object) => object.iter().for_each(|(name, inner)| flatten(inner, name, fields)),
        Json::Array(array) => array.iter().for_each(|inner| flatten(inner, name, fields)),
        // tshark tells the version of IPv6 as IPv4's too.
        Json::String(text) if name == "ip.version" && text == "6" => (),
        Json::String(text) => fields.entry(name.into()).or_default().push(text.clone()),
        _ => (),
    }
}

/// The packets of a pcap file of this machine's order: their bytes, and how long they were on the wire.
fn read(file: &[u8]) -> (LinkType, Vec<(Vec<u8>, usize)>) {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert!(matches!(word(0), 0xa1b2_c3d4 | 0xa1b2_3c4d), "a pcap file in little-endian order");
    let link = LinkType::from_raw(u16::try_from(word(20)).unwrap());
    let (mut at, mut records) = (24, Vec::new());
    while at < file.len() {
        let (kept, length) = (word(at + 8) as usize, word(at + 12) as usize);
        records.push((file[at + 16..at + 16 + kept].to_vec(), length));
        at += 16 + kept;
    }
    (link, records)
}
