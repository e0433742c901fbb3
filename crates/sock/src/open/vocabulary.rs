//! The library's option table, as the grammar's vocabulary.

use std::sync::LazyLock;

use berkeley::option::{self, Description, FindError, Level};

use crate::endpoint::{Meaning, Scheme, Vocabulary};

/// The options that can be set, by the names in the library's table (`tcp.nodelay`), each also by its last part
/// (`nodelay`) where that is one option's alone, and by its name in C.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketOptions;

/// The levels that the sockets of some scheme have: no endpoint is a CAN bus or a packet socket.
static LEVELS: LazyLock<Vec<Level>> = LazyLock::new(|| {
    let mut levels: Vec<Level> = Vec::new();
    for option in option::all() {
        let name = option.to_string();
        let is_some_schemes = Scheme::ALL.iter().any(|scheme| scheme.has_option(&name));
        if is_some_schemes && !levels.contains(&option.level) {
            levels.push(option.level);
        }
    }
    levels
});

/// Full names, with what they stand for.
static NAMES: LazyLock<Vec<(String, &'static Description)>> = LazyLock::new(|| {
    let settable = |option: &&Description| option.access.writes() && LEVELS.contains(&option.level);
    option::all().filter(settable).map(|option| (option.to_string(), option)).collect()
});

/// The options of those levels that can only be read.
static READ_ONLY: LazyLock<Vec<(String, &'static Description)>> = LazyLock::new(|| {
    let shown = |option: &&Description| !option.access.writes() && LEVELS.contains(&option.level);
    option::all().filter(shown).map(|option| (option.to_string(), option)).collect()
});

fn read_only(option: &Description) -> Meaning<'static> {
    let row = READ_ONLY.iter().find(|(_, known)| *known == option);
    row.map_or(Meaning::Unknown, |(name, _)| Meaning::ReadOnly(name))
}

fn full_name(option: &Description) -> Option<&'static str> {
    NAMES.iter().find(|(_, known)| *known == option).map(|(name, _)| name.as_str())
}

/// The option of that full name, if it can be set.
pub(super) fn by_full_name(name: &str) -> Option<&'static Description> {
    NAMES.iter().find(|(known, _)| known == name).map(|(_, option)| *option)
}

impl Vocabulary for SocketOptions {
    fn look_up(&self, word: &str) -> Meaning<'_> {
        match option::find_in(&LEVELS, word) {
            Ok(option) => match full_name(option) {
                Some(name) => Meaning::One(name),
                None => read_only(option),
            },
            Err(FindError::Ambiguous { options, .. }) => {
                match options.into_iter().filter_map(full_name).collect::<Vec<_>>()[..] {
                    [] => Meaning::Unknown,
                    [name] => Meaning::One(name),
                    ref names => Meaning::Several(names.to_vec()),
                }
            }
            Err(_) => Meaning::Unknown,
        }
    }

    fn names(&self) -> Vec<&str> {
        NAMES.iter().map(|(name, _)| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{Endpoint, Role};

    #[test]
    fn options_are_known_in_full_by_their_last_part_and_in_c() {
        for word in ["tcp.nodelay", "TCP_NODELAY"] {
            assert_eq!(SocketOptions.look_up(word), Meaning::One("tcp.nodelay"));
        }
        assert_eq!(SocketOptions.look_up("defer_accept"), Meaning::One("tcp.defer_accept"));
        assert_eq!(SocketOptions.look_up("nodelay"), Meaning::Several(vec!["tcp.nodelay", "sctp.nodelay"]));
        assert_eq!(SocketOptions.look_up("cork"), Meaning::Several(vec!["tcp.cork", "udp.cork"]));
        for word in ["acceptconn", "socket.acceptconn"] {
            assert_eq!(SocketOptions.look_up(word), Meaning::ReadOnly("socket.acceptconn"));
        }
        assert_eq!(SocketOptions.look_up("tcp.info"), Meaning::ReadOnly("tcp.info"));
    }

    #[test]
    fn options_that_no_scheme_can_have_are_unknown() {
        for option in option::all().filter(|option| !LEVELS.contains(&option.level)) {
            for word in [option.to_string(), option.c_name.to_owned()] {
                assert_eq!(SocketOptions.look_up(&word), Meaning::Unknown, "{word}");
            }
            assert!(!SocketOptions.names().contains(&option.to_string().as_str()), "{option}");
            for scheme in Scheme::ALL {
                assert!(!scheme.has_option(&option.to_string()), "{option}");
            }
        }
        assert_eq!(SocketOptions.look_up("pktinfo"), Meaning::One("ip.pktinfo"), "netlink has one too");
    }

    #[test]
    fn options_of_another_scheme_are_refused_where_they_stand() {
        let error =
            Endpoint::parse("udp://127.0.0.1:1?tcp.nodelay", &SocketOptions, Role::Connect).unwrap_err();
        assert_eq!(&error.text()[error.span()], "tcp.nodelay");
    }
}
