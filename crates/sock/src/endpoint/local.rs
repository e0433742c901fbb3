//! The options of what is no socket: of programs, terminals and files.

use std::path::PathBuf;

use super::own::{Context, OwnRow, fails_unless};
use super::percent::{Encoded, decode_text};
use super::piece::{Fault, Piece};
use super::shape::Shape;
use super::source::Written;

/// What is said of a program, a terminal or a file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Local {
    /// `pty`: the program gets a terminal.
    pub pty: bool,
    /// `link=PATH`: a name for the new terminal.
    pub link: Option<PathBuf>,
    /// `append`: written at its end, and not read.
    pub append: bool,
    /// `create`: made, and written.
    pub create: bool,
    /// `speed=115200`: of a serial line, in bits a second.
    pub speed: Option<u32>,
}

/// The rows, in the order in which they are printed.
pub(super) const ROWS: &[OwnRow] = &[
    OwnRow {
        name: "pty",
        example: "pty",
        meaning: "give the program a terminal",
        has_value: false,
        fits: |context| fails_unless(is_program(context), "belongs to exec and sh"),
        read: |own, name, _| Ok(flag(&mut own.local.pty, name)),
        print: |own| own.local.pty.then(|| "pty".to_owned()),
    },
    OwnRow {
        name: "link",
        example: "link=PATH",
        meaning: "a link to the new terminal",
        has_value: true,
        fits: |context| fails_unless(context.scheme.row().shape == Shape::Alone, "belongs to pty"),
        read: |own, value, _| {
            own.local.link = Some(PathBuf::from(decode_text(value)?));
            Ok(Written::whole(value))
        },
        print: |own| {
            let link = own.local.link.as_ref()?;
            Some(format!("link={}", Encoded(link.to_string_lossy().as_bytes())))
        },
    },
    OwnRow {
        name: "append",
        example: "append",
        meaning: "write at the file's end",
        has_value: false,
        fits: of_a_file,
        read: |own, name, _| Ok(flag(&mut own.local.append, name)),
        print: |own| own.local.append.then(|| "append".to_owned()),
    },
    OwnRow {
        name: "create",
        example: "create",
        meaning: "make the file, and write it",
        has_value: false,
        fits: of_a_file,
        read: |own, name, _| Ok(flag(&mut own.local.create, name)),
        print: |own| own.local.create.then(|| "create".to_owned()),
    },
    OwnRow {
        name: "speed",
        example: "speed=115200",
        meaning: "a serial line's bits a second",
        has_value: true,
        fits: of_a_file,
        read: |own, value, _| {
            own.local.speed = Some(speed(value)?);
            Ok(Written::whole(value))
        },
        print: |own| own.local.speed.map(|speed| format!("speed={speed}")),
    },
];

fn flag(slot: &mut bool, name: Piece<'_>) -> Written {
    *slot = true;
    Written::whole(name)
}

fn is_program(context: Context<'_>) -> bool {
    matches!(context.scheme.row().shape, Shape::Words | Shape::Line)
}

fn of_a_file(context: Context<'_>) -> Result<(), &'static str> {
    fails_unless(context.scheme.row().shape == Shape::File, "belongs to file")
}

fn speed(value: Piece<'_>) -> Result<u32, Fault> {
    let speed = value.text().parse().ok().filter(|speed| *speed > 0);
    let shown = value.shown();
    speed.ok_or_else(|| {
        value.fault(format_args!("wants bits a second, as in speed=115200; found \"{shown}\""))
    })
}
