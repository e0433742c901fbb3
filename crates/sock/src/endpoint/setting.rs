//! What stands after `?`: the endpoint's own options, read to typed values, and the socket's, left to their table.

use std::fmt;
use std::ops::Range;

use super::nearest::nearest;
use super::own::{self, Context, Own, OwnRow};
use super::percent::{Encoded, decode_text};
use super::piece::{Fault, Piece};
use super::scheme::Scheme;
use super::source::Written;
use super::vocabulary::{Meaning, Vocabulary};

/// All that stands after `?`.
#[derive(Default)]
pub(super) struct Options {
    pub(super) own: Own,
    /// Where the values of the own ones stand.
    pub(super) written: Vec<(&'static str, Written)>,
    pub(super) settings: Vec<Setting>,
}

/// A socket option as written: its full name, and its value before the option's type is known.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The full name, as the vocabulary has it.
    pub name: String,
    /// What stands after `=`; None for a flag, `?tcp.nodelay`.
    pub value: Option<String>,
    /// The bytes of the endpoint's text that it was read from; no part of what makes two settings equal.
    pub span: Range<usize>,
}

impl Setting {
    /// A setting that was not read from a text.
    pub fn new(name: impl Into<String>, value: Option<String>) -> Self {
        Self { name: name.into(), value, span: 0..0 }
    }
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Eq for Setting {}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={}", Encoded(value.as_bytes())))
    }
}

/// Reads what stands after `?`.
pub(super) fn settings(
    options: Piece<'_>,
    context: Context<'_>,
    vocabulary: &dyn Vocabulary,
) -> Result<Options, Fault> {
    let Options { mut own, mut written, mut settings } = Options::default();
    let mut rest = Some(options);
    while let Some(piece) = rest {
        let (option, tail) = piece.split_once('&').map_or((piece, None), |(head, tail)| (head, Some(tail)));
        rest = tail;
        let (name, value) =
            option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        match own::row(name.text()) {
            Some(row) if written.iter().any(|(known, _)| *known == row.name) => return Err(twice(name)),
            Some(row) => written.push((row.name, read_one(row, &mut own, (option, name, value), context)?)),
            None => settings.push(setting(option, name, value, &settings, context.scheme, vocabulary)?),
        }
    }
    Ok(Options { own, written, settings })
}

/// Reads an option of ours: the option, its name, its value.
pub(super) fn read_one(
    row: &OwnRow,
    own: &mut Own,
    (option, name, value): (Piece<'_>, Piece<'_>, Option<Piece<'_>>),
    context: Context<'_>,
) -> Result<Written, Fault> {
    own::refuse_unfit(row, name, context)?;
    let value = match value.filter(|value| !value.is_empty()) {
        Some(value) if row.has_value => value,
        None if !row.has_value && option == name => name,
        None if row.has_value => {
            return Err(option.fault(format_args!("wants a value, as in {}", row.example)));
        }
        _ => return Err(option.fault(format_args!("takes no value, as in {}", row.example))),
    };
    (row.read)(own, value, context)
}

/// Reads a socket option.
fn setting(
    option: Piece<'_>,
    name: Piece<'_>,
    value: Option<Piece<'_>>,
    before: &[Setting],
    scheme: Scheme,
    vocabulary: &dyn Vocabulary,
) -> Result<Setting, Fault> {
    let full = match vocabulary.look_up(name.text()) {
        Meaning::One(full) => full,
        Meaning::Several(names) => one_of(&names, name, scheme)?,
        Meaning::ReadOnly(full) => {
            let message = format!("option \"{full}\" can only be read; `sock options` shows it");
            return Err(name.fault(message));
        }
        Meaning::Unknown => return Err(unknown(name, vocabulary)),
    };
    if !scheme.has_option(full) {
        return Err(name.fault(format_args!("option \"{full}\" does not apply to {scheme}")));
    }
    if before.iter().any(|setting| setting.name == full) {
        return Err(twice(name));
    }
    let value = value.map(decode_text).transpose()?;
    Ok(Setting { name: full.to_owned(), value, span: option.span() })
}

/// The one of several options that the scheme has; of none, the first, which is said to be another's.
fn one_of<'a>(names: &[&'a str], name: Piece<'_>, scheme: Scheme) -> Result<&'a str, Fault> {
    let fits: Vec<&'a str> = names.iter().copied().filter(|full| scheme.has_option(full)).collect();
    match (&fits[..], names) {
        ([full], _) | ([], [full, ..]) => Ok(full),
        _ => {
            let message =
                format!("option \"{}\" could be {}; write one in full", name.shown(), fits.join(" and "));
            Err(name.fault(message))
        }
    }
}

fn unknown(name: Piece<'_>, vocabulary: &dyn Vocabulary) -> Fault {
    if name.is_empty() {
        return name.fault("wants an option's name here");
    }
    if let Some(sign) = name.find_char(|c| matches!(c, ',' | ';' | ' ')) {
        return sign.fault(format_args!("options are joined by \"&\"; found \"{}\"", sign.text()));
    }
    let known = own::rows().map(|row| row.name).chain(vocabulary.names());
    let fault = name.fault(format_args!("unknown option \"{}\"", name.shown()));
    fault.suggest_nearest(nearest(name.text(), known))
}

fn twice(name: Piece<'_>) -> Fault {
    name.fault(format_args!("option \"{}\" stands here twice", name.shown()))
}
