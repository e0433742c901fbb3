//! The words that stand after `?` besides the endpoint's own: the socket options, which the parser is told of.

/// What a word after `?` stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning<'a> {
    /// The option of this full name.
    One(&'a str),
    /// Any of these; the writer must say which.
    Several(Vec<&'a str>),
    /// The option of this full name, which can only be read.
    ReadOnly(&'a str),
    /// Nothing.
    Unknown,
}

/// A table of socket options, as the parser sees it.
pub trait Vocabulary {
    /// The option that a word stands for; a full name stands for itself.
    fn look_up(&self, word: &str) -> Meaning<'_>;

    /// Every full name, for suggestions.
    fn names(&self) -> Vec<&str>;
}

/// A fixed list of full names, each also known by what follows its last dot where that is one option's alone.
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
}
