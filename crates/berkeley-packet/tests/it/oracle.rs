//! Every field of every capture, held against tshark.
//!
//! tshark reads each file of `tests/captures` once. What we tell of a packet must be what tshark tells, field by field
//! and value by value; and of the protocols in [`HELD`], we must tell every field of a header that tshark tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use berkeley_packet::{Item, Kind, LinkType, Packet, Value, Visit};
use serde_json::Value as Json;

use crate::bounded::RunInTime;
use crate::skip;

mod exceptions;
mod time;

use exceptions::{EXTRA, HELD, OURS_ALONE, is_generated};

/// The values of each name, in the order of their text.
type Fields = BTreeMap<String, Vec<String>>;

#[test]
fn all_fields_of_all_captures_are_what_tshark_reads() {
    if !skip::need("oracle::all_fields_of_all_captures_are_what_tshark_reads", "tshark") {
        return;
    }
    let only = std::env::var("BERKELEY_CAPTURE").unwrap_or_default();
    let mut wrong = Vec::new();
    for file in captures().iter().filter(|file| file.to_string_lossy().contains(&only)) {
        compare(file, &mut wrong);
    }
    let shown = wrong.len().min(60);
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong[..shown].join("\n"));
}

/// The captures, by name.
fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "pcap"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn compare(file: &Path, wrong: &mut Vec<String>) {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let (link, records) = read(&fs::read(file).unwrap());
    let theirs = tshark(file);
    assert_eq!(theirs.len(), records.len(), "{name}: packets");
    for (number, ((bytes, length), theirs)) in records.iter().zip(&theirs).enumerate() {
        let packet = Packet::decode_cut(link, bytes, *length);
        let mut ours = Ours::default();
        packet.layers().for_each(|layer| layer.visit(&mut ours));
        for line in differences(&ours, theirs) {
            wrong.push(format!("{name} packet {}: {line}", number + 1));
        }
    }
}

/// What we tell of a packet: the values by name, how to compare them, and the parts that have fields of their own.
#[derive(Default)]
struct Ours {
    fields: Fields,
    kinds: BTreeMap<String, Kind>,
    parts: BTreeSet<String>,
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

fn differences(ours: &Ours, theirs: &Fields) -> Vec<String> {
    let mut wrong = Vec::new();
    let none = Vec::new();
    for (name, values) in
        ours.fields.iter().filter(|(name, _)| !OURS_ALONE.iter().any(|row| row.0 == name.as_str()))
    {
        let kind = ours.kinds[name];
        let mut values = values.clone();
        let mut wanted: Vec<_> =
            theirs.get(name).unwrap_or(&none).iter().map(|text| normal(kind, text)).collect();
        values.sort();
        wanted.sort();
        if values != wanted {
            wrong.push(format!("{name}: we tell {values:?}, tshark {wanted:?}"));
        }
    }
    for (name, values) in theirs {
        let told = ours.fields.contains_key(name) || ours.parts.contains(name);
        if is_held(name) && !told && !is_generated(name) {
            wrong.push(format!("{name}: we tell nothing, tshark {values:?}"));
        }
    }
    wrong
}

fn is_held(name: &str) -> bool {
    HELD.iter().any(|protocol| name.strip_prefix(protocol).is_some_and(|rest| rest.starts_with('.')))
}

/// The fields of each packet of a file, as tshark tells them.
fn tshark(file: &Path) -> Vec<Fields> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-T", "json", "-n", "--no-duplicate-keys"]);
    for preference in EXTRA {
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
