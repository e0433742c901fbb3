//! The texts of the tour: a file a language, included in the program.
//!
//! A file is `[key]` lines, and behind each its text, up to the next one. An empty line begins a paragraph; the other
//! ends of lines are of no meaning. `{name}` is filled in by [`Texts::fill`].

use std::collections::HashMap;
use std::fmt::Display;

use unicode_width::UnicodeWidthChar as _;

use crate::cli::Language;

const ENGLISH: &str = include_str!("texts/en.txt");
const CHINESE: &str = include_str!("texts/zh.txt");

/// The texts of a language.
pub(super) struct Texts {
    texts: HashMap<&'static str, String>,
}

/// What is filled in: a name and its value.
pub(super) type Values<'v> = &'v [(&'v str, &'v dyn Display)];

impl Texts {
    pub(super) fn of(language: Language) -> Self {
        Self::read(match language {
            Language::English => ENGLISH,
            Language::Chinese => CHINESE,
        })
    }

    fn read(file: &'static str) -> Self {
        let mut texts: HashMap<&str, String> = HashMap::new();
        let mut key = None;
        for line in file.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                key = Some(name);
                texts.insert(name, String::new());
            } else if let Some(text) = key.and_then(|key| texts.get_mut(key)) {
                push(text, line);
            }
        }
        for text in texts.values_mut() {
            text.truncate(text.trim_end().len());
        }
        Self { texts }
    }

    /// The text of this key; a test holds that each key that is used is there.
    pub(super) fn get<'t>(&'t self, key: &'t str) -> &'t str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The text with these values in it.
    pub(super) fn fill(&self, key: &str, values: Values<'_>) -> String {
        let mut text = String::new();
        let mut rest = self.get(key);
        // Piece by piece: a value with braces of its own is not filled in again.
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
        {
            text.push_str(before);
            match values.iter().find(|(it, _)| *it == name) {
                Some((_, value)) => text.push_str(&value.to_string()),
                None => text.push_str(name),
            }
            rest = after;
        }
        text + rest
    }
}

/// Appends a line. Between letters of two columns, as Chinese has them, there is no space.
fn push(text: &mut String, line: &str) {
    if line.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        return;
    }
    let is_wide = |letter: Option<char>| letter.is_some_and(|letter| letter.width() == Some(2));
    let begins = text.is_empty() || text.ends_with('\n');
    if !begins && !is_wide(text.chars().next_back()) && !is_wide(line.chars().next()) {
        text.push(' ');
    }
    // One that ends in a word and goes on in Chinese, or the other way round, has the space that stands around words.
    if !begins
        && is_wide(text.chars().next_back()) != is_wide(line.chars().next())
        && stands_apart(text, line)
    {
        text.push(' ');
    }
    text.push_str(line);
}

/// Whether a word in Latin letters meets a Chinese one here, and no punctuation.
fn stands_apart(text: &str, line: &str) -> bool {
    // What is filled in is a word, too.
    let is_of_word = |letter: char| letter.is_alphanumeric() || "{}()\"'".contains(letter);
    let is_letter = |letter: Option<char>| letter.is_some_and(is_of_word);
    is_letter(text.chars().next_back()) && is_letter(line.chars().next())
}

/// The language that the environment asks for, as setlocale(3) reads it for messages.
pub(super) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default();
    let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("zh") { Language::Chinese } else { Language::English }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    fn keys(file: &str) -> Vec<&str> {
        file.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).collect()
    }

    fn names(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn each_language_has_the_same_keys_in_the_same_order_and_the_same_names() {
        let (english, chinese) = (keys(ENGLISH), keys(CHINESE));
        assert_eq!(english, chinese);
        assert_eq!(english.iter().collect::<BTreeSet<_>>().len(), english.len(), "a key is there twice");
        let (english, chinese) = (Texts::read(ENGLISH), Texts::read(CHINESE));
        for (key, text) in &english.texts {
            assert_eq!(names(text), names(chinese.get(key)), "{key}");
            assert!(!text.is_empty() && !chinese.get(key).is_empty(), "{key} is empty");
        }
    }

    #[test]
    fn the_lines_of_the_files_fit_a_terminal() {
        for line in ENGLISH.lines().chain(CHINESE.lines()) {
            assert!(line.width() <= 120, "{line}");
            assert_eq!(line.trim_end(), line, "spaces at the end");
        }
    }

    /// What stands between quotes in the source of the tour and looks like a key of the texts.
    fn used() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command/tour");
        let mut files = Vec::new();
        for folder in [folder.join("scene"), folder] {
            let entries = std::fs::read_dir(folder).expect("a folder");
            // The fields of packets have names of that form, too.
            let tells = |file: &PathBuf| file.is_file() && !file.ends_with("packets.rs");
            files.extend(entries.map(|entry| entry.expect("an entry").path()).filter(tells));
        }
        let sources = files.iter().map(|file| std::fs::read_to_string(file).expect("text"));
        let mut used = BTreeSet::new();
        for source in sources {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            let mut before = "";
            for piece in code.split('"') {
                if !before.ends_with("field(") {
                    used.insert(piece.to_owned());
                }
                before = piece;
            }
        }
        used
    }

    #[test]
    #[cfg_attr(miri, ignore = "a system call")]
    fn each_key_is_used_and_each_that_is_used_is_there() {
        let (there, used) = (Texts::read(ENGLISH), used());
        let looks_like_one = |it: &&String| {
            it.contains('.')
                && it.chars().all(|letter| letter.is_ascii_lowercase() || "._".contains(letter))
                && it.split('.').all(|part| !part.is_empty())
        };
        let families: BTreeSet<&str> =
            there.texts.keys().filter_map(|key| Some(key.split_once('.')?.0)).collect();
        for key in used.iter().filter(looks_like_one) {
            let family = key.split('.').next().unwrap_or_default();
            assert!(
                !families.contains(family) || there.texts.contains_key(key.as_str()),
                "no text for {key}"
            );
        }
        for key in there.texts.keys() {
            assert!(used.contains(*key), "{key} is not used");
        }
    }

    #[test]
    fn lines_are_joined_as_the_language_wants() {
        let rows = [
            ("[a]\none\ntwo\n", "one two"),
            ("[a]\n一，\n二\n", "一，二"),
            ("[a]\n一\n二\n", "一二"),
            ("[a]\n用\naccept\n等\n", "用 accept 等"),
            ("[a]\n用 accept，\n等\n\n", "用 accept，等"),
            ("[a]\n编号\n{fd}\n。用 f()\n来，\n{x}", "编号 {fd}。用 f() 来，{x}"),
            ("[a]\none\n\ntwo\n\n[b]\nx", "one\ntwo"),
        ];
        for (file, want) in rows {
            assert_eq!(Texts::read(file).get("a"), want, "{file:?}");
        }
    }

    #[test]
    fn values_are_filled_in_once() {
        let texts = Texts::read("[a]\n{x} of {y}, {z}");
        assert_eq!(texts.fill("a", &[("x", &"{y}"), ("y", &2)]), "{y} of 2, z");
    }

    #[test]
    fn the_language_is_that_of_the_first_variable_that_is_set() {
        let rows: [(&[(&str, &str)], Language); 7] = [
            (&[], Language::English),
            (&[("LANG", "zh_CN.UTF-8")], Language::Chinese),
            (&[("LANG", "zh")], Language::Chinese),
            (&[("LANG", "zhx_CN")], Language::English),
            (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")], Language::English),
            (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")], Language::Chinese),
            (&[("LANG", "de_DE"), ("LC_MESSAGES", "zh_TW")], Language::Chinese),
        ];
        for (environment, want) in rows {
            let environment: BTreeMap<_, _> = environment.iter().copied().collect();
            let variable = |name: &str| environment.get(name).map(|value| (*value).to_owned());
            assert_eq!(of_environment(variable), want, "{environment:?}");
        }
    }
}
