//! The words that stand after `?` besides the endpoint's own: the socket options, which the parser is told of.

use super::scheme::Scheme;

/// What a word after `?` stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning<'a> {
    /// The option of this full name.
    One(&'a str),
    /// Any of these; the writer must say which.
    Several(Vec<&'a str>),
    /// Nothing.
    Unknown,
}

/// A table of socket options, as the parser sees it.
pub trait Vocabulary {
    /// The option that a word stands for; a full name stands for itself.
    fn look_up(&self, word: &str) -> Meaning<'_>;

    /// Every full name, for suggestions.
    fn names(&self) -> Vec<&str>;

    /// Whether the option of this full name can be set on a socket of this scheme; by default, yes.
    fn applies(&self, name: &str, scheme: Scheme) -> bool {
        let _ = (name, scheme);
        true
    }
}

/// A fixed list of full names, each also known by what follows its last dot where that is one option's alone.
///
/// A name that starts with `tcp.` or `udp.` applies to that scheme alone, one with `ip.` or `ipv6.` to both.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a>(pub &'a [&'a str]);

impl Vocabulary for Words<'_> {
    fn look_up(&self, word: &str) -> Meaning<'_> {
        if let Some(name) = self.0.iter().find(|name| **name == word) {
            return Meaning::One(name);
        }
        let last_is = |name: &&str| name.rsplit_once('.').is_some_and(|(_, last)| last == word);
        let fits: Vec<&str> = self.0.iter().copied().filter(last_is).collect();
        match fits[..] {
            [] => Meaning::Unknown,
            [name] => Meaning::One(name),
            _ => Meaning::Several(fits),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.0.to_vec()
    }

    fn applies(&self, name: &str, scheme: Scheme) -> bool {
        match name.split_once('.').map_or("", |(level, _)| level) {
            "tcp" => scheme == Scheme::Tcp,
            "udp" => scheme == Scheme::Udp,
            "ip" | "ipv6" => !scheme.is_unix(),
            _ => true,
        }
    }
}
