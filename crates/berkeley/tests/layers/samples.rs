//! Small texts that break each rule, or only seem to: the proof that the checks can fail.

use crate::rules::{HOUSES, House, LONGEST, WIDEST, too_long, too_wide, too_wide_comments, unsafe_words};
use crate::source::{references, tokens};

fn house(folder: &str) -> &'static House {
    HOUSES.iter().find(|house| house.folder == folder).expect("a house of that name")
}

#[test]
fn an_arrow_that_runs_back_is_found() {
    let rows: &[(&str, &str, &str)] = &[
        // The library: the file, its text, the line and the room that it must not name, or nothing.
        ("address/inet.rs", "use crate::socket::Socket;", "1: address may not name socket"),
        ("address/inet.rs", "\nuse crate::{error::Error, option};", "2: address may not name option"),
        ("address/inet.rs", "use crate::error::Error;\nuse crate::sys;", ""),
        ("address/inet.rs", "use super::super::socket::Socket;", "1: address may not name socket"),
        ("address/inet.rs", "use super::unix::Path;", ""),
        ("address/mod.rs", "use super::socket::Socket;", "1: address may not name socket"),
        ("address/mod.rs", "use super::error::Error;", ""),
        ("address/mod.rs", "mod tests {\n use super::super::socket::X;\n}", "2: address may not name socket"),
        ("address/mod.rs", "mod tests {\n use super::Address;\n}", ""),
        ("address/mod.rs", "mod tests { }\nuse super::socket::X;", "2: address may not name socket"),
        ("option/ip.rs", "use crate::address::Inet;", ""),
        ("control/ip.rs", "fn f() -> crate::address::Inet {}", ""),
        ("address/inet.rs", "fn f() -> crate::control::Ip {}", "1: address may not name control"),
        ("error.rs", "fn f() { for x in crate::option::ALL {} }", "1: error may not name option"),
        ("error.rs", "pub(in crate::option) fn f() {}\npub(crate) fn g(self) {}", ""),
        ("error.rs", "use crate::*;", "1: error may not name lib"),
        ("error.rs", "use crate::Socket;", "1: error may not name lib"),
        ("error.rs", "use crate as ours;", "1: error may not name lib"),
        ("error.rs", "use crate::{self as ours};", "1: error may not name lib"),
        ("error.rs", "use super as ours;", "1: error may not name lib"),
        ("error.rs", "use {std::io, crate::socket};", "1: error may not name socket"),
        ("error.rs", "use crate::{kinds::{Family, Type as T}, sys::{self, errno}};", ""),
        ("error.rs", "use crate::{kinds::{Family}, socket::{A}};", "1: error may not name socket"),
        ("error.rs", "macro_rules! m { () => { $crate::socket::X } }", "1: error may not name socket"),
        ("error.rs", "use crate::r#socket::X;", "1: error may not name socket"),
        ("error.rs", "// use crate::socket;\n/* crate::socket::X /* */ crate::socket::Y */", ""),
        ("error.rs", "const A: &str = \"crate::socket::X\"; const B: &str = r#\"\"crate::socket::X\"#;", ""),
        ("error.rs", "const C: char = '\"'; use crate::socket::X;", "1: error may not name socket"),
        ("error.rs", "fn f<'a>(x: &'a str, c: u8) { c == b'\\'' } // '\nuse crate::kinds;", ""),
        ("sys/fd.rs", "use crate::kinds::Family;", "1: sys may not name kinds"),
        ("sys/fd.rs", "use crate::sys::errno;\nuse self::x::y;", ""),
        ("connect.rs", "use crate::resolve::resolve;", ""),
        ("resolve/mod.rs", "use crate::connect::connect;", "1: resolve may not name connect"),
        ("lib.rs", "pub use socket::Socket;\npub use crate::tokio::AsyncSocket;", ""),
    ];
    check(house("berkeley"), rows);
}

#[test]
fn the_command_has_arrows_too() {
    let rows: &[(&str, &str, &str)] = &[
        ("command/serve.rs", "use crate::endpoint::Endpoint;\nuse berkeley::Socket;", ""),
        ("run.rs", "use crate::{cli, command, misuse};", ""),
        ("command/serve.rs", "use crate::cli::Arguments;", ""),
        ("cli.rs", "use crate::command::serve;", "1: cli may not name command"),
        ("command/serve.rs", "use crate::misuse;", "1: command may not name misuse"),
        ("relay/mod.rs", "use crate::cli::Arguments;", "1: relay may not name cli"),
        ("endpoint/mod.rs", "use crate::command::serve;", "1: endpoint may not name command"),
        ("endpoint/mod.rs", "use crate::{exit, quantity, report, reply};", ""),
        ("reply.rs", "use crate::endpoint::Endpoint;", "1: reply may not name endpoint"),
        ("quantity.rs", "use crate::exit::Code;", "1: quantity may not name exit"),
        ("report/text.rs", "use super::super::command;", "1: report may not name command"),
        ("report/text.rs", "use super::json::Line;", ""),
        ("command/serve.rs", "fn f() { unsafe { g() } }", "1: unsafe outside"),
        ("command/serve.rs", "fn f() { eprintln!(\"x\") }", "1: standard error outside"),
        ("command/serve.rs", "fn f() { std::io::stderr() }", "1: standard error outside"),
        (
            "command/serve.rs",
            "use std::io::{stdout, stderr};\nfn f() { stderr() }",
            "2: standard error outside",
        ),
        ("command/serve.rs", "use std::io::{stderr as e};", "1: standard error outside"),
        ("command/serve.rs", "fn f(c: Command) { c.stderr(g()) } // stderr()", ""),
        ("report/console.rs", "fn f() { std::io::stderr() }", ""),
    ];
    check(house("sock"), rows);
}

#[test]
fn a_room_without_a_floor_is_found() {
    check(house("berkeley"), &[("attic/box.rs", "", "no floor for the room attic")]);
    check(house("sock"), &[("bin/other.rs", "", "no floor for the room bin")]);
}

#[test]
fn a_crate_named_in_the_wrong_room_is_found() {
    let rows: &[(&str, &str, &str)] = &[
        ("kinds.rs", "const A: i32 =\n libc::AF_INET;", "2: kinds may not name the crate libc"),
        ("kinds.rs", "use libc;", "1: kinds may not name the crate libc"),
        ("kinds.rs", "use {std::io, ::libc::AF_INET};", "1: kinds may not name the crate libc"),
        ("kinds.rs", "use crate::sys::libc::X;", ""),
        ("kinds.rs", "/// As libc says.\n#[doc(alias = \"libc::AF_INET\")]\nstruct A;", ""),
        ("sys/fd.rs", "use libc::c_int;", ""),
        ("sys/fd.rs", "fn f() { tokio::spawn() }", "1: sys may not name the crate tokio"),
        ("socket/mod.rs", "use tokio::io;", "1: socket may not name the crate tokio"),
        ("tokio.rs", "use tokio::io;", ""),
    ];
    check(house("berkeley"), rows);
}

#[test]
fn unsafe_is_found_outside_its_rooms() {
    let rows: &[(&str, &str, &str)] = &[
        ("socket/mod.rs", "fn f() {\n  unsafe { g() }\n}", "2: unsafe outside"),
        ("socket/mod.rs", "unsafe impl Send for A {}", "1: unsafe outside"),
        ("socket/mod.rs", "#![forbid(unsafe_code)] // unsafe\nconst A: &[u8] = b\"unsafe\";", ""),
        ("socket/mod.rs", "#![allow(unsafe_code, reason = \"\")]", "1: unsafe outside"),
        ("socket/mod.rs", "#[expect(unsafe_code)]\nfn f() {}", "1: unsafe outside"),
        ("sys/fd.rs", "unsafe { g() }", ""),
    ];
    check(house("berkeley"), rows);
    let rows: &[(&str, &str, &str)] = &[
        ("ffi/fd.rs", "#![allow(unsafe_code)]\nfn f() { unsafe { g() } }", ""),
        ("buffer.rs", "", "no floor for the room buffer"),
        ("socket/mod.rs", "fn f() { unsafe { g() } }", "1: unsafe outside"),
        ("wait.rs", "#![allow(unsafe_code)]", "1: unsafe outside"),
        ("ffi/fd.rs", "use crate::error::os_error;", "1: ffi may not name error"),
        ("gil.rs", "use crate::ffi::clock;", ""),
    ];
    check(house("berkeley-python"), rows);
    assert_eq!(unsafe_words(&tokens("fn main() {\n\n unsafe {} }")).len(), 1);
}

#[test]
fn a_dependency_without_rooms_is_found() {
    let manifest =
        "[features]\na = []\n[dependencies]\n# why\nlibc.workspace = true\nnix = \"1\"\n\n[lints]\nb = 1";
    assert_eq!(house("berkeley").unknown_dependencies(manifest), ["nix"]);
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(too_long(&"x\n".repeat(LONGEST)), None);
    assert!(too_long(&"x\n".repeat(LONGEST + 1)).is_some());
}

#[test]
fn a_line_is_too_wide_by_its_letters_not_its_bytes() {
    assert!(too_wide(&"é".repeat(WIDEST)).is_empty());
    let found = too_wide(&format!("short\n// {}\n", "é".repeat(WIDEST)));
    assert_eq!(found, ["line 2: 123 columns, 120 at most: wrap it"]);
}

#[test]
fn a_wide_comment_is_found_and_a_wide_row_is_left() {
    let wide = "x".repeat(WIDEST);
    let text = format!("row!({wide});\n    /// {wide}\n//! {wide}\n/// short\nlet it = \"// {wide}\";\n");
    let found = too_wide_comments(&text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("line 2: 128 columns") && found[1].starts_with("line 3: 124 columns"));
}

#[test]
fn paths_are_resolved_from_the_root() {
    let module = ["address".to_owned(), "inet".to_owned()];
    let text =
        "use crate::{a, b::{self, c::D as E}, f::*};\nfn g() { self::h(); super::i::<u8>(); self.j() }";
    let found = references(&tokens(text), &module);
    let found: Vec<_> = found.iter().map(|it| format!("{} {}", it.line, it.path.join("::"))).collect();
    assert_eq!(found, ["1 a", "1 b", "1 b::c::D", "1 f::*", "2 address::inet::h", "2 address::i"]);
}

/// Checks rows of (file, text, what its one fault says, or nothing where there must be none).
fn check(house: &House, rows: &[(&str, &str, &str)]) {
    for (path, text, want) in rows {
        let faults = house.faults(path, text);
        let right = match faults.as_slice() {
            [] => want.is_empty(),
            [fault] => !want.is_empty() && fault.contains(want),
            _ => false,
        };
        assert!(right, "{path}: {text:?}: wanted {want:?}, got {faults:?}");
    }
}
