//! Which options are shown: those of the socket's levels, those that `--only` names, or all.

use berkeley::option::{self, Description, FindError, Level};

use crate::cli::OptionsArgs;
use crate::endpoint::nearest::nearest;
use crate::exit::Failure;
use crate::report::escape::escape;

/// How many bytes of a word an error repeats.
const SHOWN: usize = 40;

/// The options to be shown, in the table's order, and how many are not.
pub(super) struct Selection {
    pub(super) options: Vec<&'static Description>,
    pub(super) hidden: usize,
    /// Whether the rest was left out by the user, who knows of it then.
    pub(super) asked: bool,
}

impl Selection {
    /// `levels` are those that the socket has.
    pub(super) fn new(levels: &[Level], args: &OptionsArgs) -> Result<Self, Failure> {
        let mut options: Vec<&'static Description> = Vec::new();
        for word in &args.only {
            for option in named(word, levels)? {
                // Two words may mean the same, or one a part of the other.
                if !options.contains(&option) {
                    options.push(option);
                }
            }
        }
        if args.only.is_empty() {
            options.extend(option::all().filter(|option| args.all || levels.contains(&option.level)));
        } else {
            options = option::all().filter(|option| options.contains(option)).collect();
        }
        let hidden = option::all().count() - options.len();
        Ok(Self { options, hidden, asked: !args.only.is_empty() })
    }
}

/// Whether each word names something.
pub(super) fn check(words: &[String]) -> Result<(), Failure> {
    words.iter().try_for_each(|word| named(word, &[]).map(drop))
}

/// All options of a level, or those called `word`: on these levels if there are any, else anywhere.
fn named(word: &str, levels: &[Level]) -> Result<Vec<&'static Description>, Failure> {
    if let Some(level) = Level::ALL.iter().find(|level| level.name().eq_ignore_ascii_case(word)) {
        return Ok(option::all().filter(|option| option.level == *level).collect());
    }
    match option::find_in(levels, word).or_else(|_| option::find(word)) {
        Ok(option) => Ok(vec![option]),
        // Who asks for some means all that have the name.
        Err(FindError::Ambiguous { options, .. }) => Ok(options),
        Err(_) => Err(unknown(word)),
    }
}

fn unknown(word: &str) -> Failure {
    let near = nearest_name(word).map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
    let shown = escape(word.as_bytes(), SHOWN);
    let levels: Vec<&str> = Level::ALL.iter().map(|level| level.name()).collect();
    Failure::misuse(format_args!("--only: no option and no level is called \"{shown}\"{near}"))
        .hint(format!("the levels are {}", levels.join(", ")))
}

/// The level or the option, by its own name or by that in C, which was probably meant.
fn nearest_name(word: &str) -> Option<String> {
    let full: Vec<String> = option::all().map(ToString::to_string).collect();
    let known = Level::ALL.iter().map(|level| level.name()).chain(full.iter().map(String::as_str));
    if let Some(name) = nearest(word, known) {
        return Some(name.to_owned());
    }
    let in_c: Vec<String> = option::all().map(|option| option.c_name.to_ascii_lowercase()).collect();
    nearest(word, in_c.iter().map(String::as_str)).map(str::to_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str, levels: &[Level]) -> Vec<String> {
        named(word, levels).expect("a known word").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_are_levels_options_and_bare_names() {
        assert_eq!(names("tcp", &[]).len(), option::all().filter(|one| one.level == Level::TCP).count());
        for word in ["tcp.nodelay", "nodelay", "TCP_NODELAY"] {
            assert_eq!(names(word, &[]), ["tcp.nodelay"], "{word}");
        }
        assert_eq!(names("nodelay", &[Level::SOCKET, Level::TIPC]), ["tipc.nodelay"]);
        assert_eq!(names("cork", &[]), ["tcp.cork", "udp.cork"]);
        assert_eq!(names("cork", &[Level::SOCKET, Level::UDP]), ["udp.cork"]);
    }

    #[test]
    fn an_unknown_word_has_its_nearest() {
        for (word, near) in [
            ("tpc", "\"tcp\"?"),
            ("nodelya", "\"tcp.nodelay\"?"),
            ("TCP_NODELY", "\"tcp.nodelay\"?"),
            ("SO_KEEPALIV", "\"SO_KEEPALIVE\"?"),
        ] {
            let message = named(word, &[]).expect_err("no such word").message;
            assert!(message.ends_with(near), "{message}");
        }
        let message = named("nope", &[]).expect_err("no such word").message;
        assert!(message.ends_with("\"nope\""), "nothing is near: {message}");
        let message = named("\u{1b}[2J", &[]).expect_err("no such word").message;
        assert_eq!(message, "--only: no option and no level is called \"\\x1b[2J\"");
    }
}
