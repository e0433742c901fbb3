//! How TLS is set up: the options of TLS that an endpoint may have, as flags.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::endpoint::{Endpoint, ParseError, tls_flags};

/// How the TLS of the endpoint is set up, of the end that listens or of the one that connects.
#[derive(Debug, Default)]
pub struct TlsArgs<const LISTENS: bool>(Vec<(&'static str, Option<String>)>);

impl<const LISTENS: bool> TlsArgs<LISTENS> {
    /// Sets them on the endpoint.
    ///
    /// # Errors
    ///
    /// Fails where the endpoint has no TLS, or the option already.
    pub fn set_on(&self, endpoint: &mut Endpoint) -> Result<(), ParseError> {
        self.0.iter().try_for_each(|(name, value)| endpoint.set_tls(name, value.as_deref(), LISTENS))
    }

    /// Whether any was given.
    pub fn is_given(&self) -> bool {
        !self.0.is_empty()
    }
}

impl<const LISTENS: bool> Args for TlsArgs<LISTENS> {
    fn augment_args(command: Command) -> Command {
        command.args(tls_flags(LISTENS).map(|flag| {
            let help = sentence(flag.meaning);
            let arg = Arg::new(flag.name).long(flag.name).help(help).hide_short_help(true);
            let arg = arg.help_heading("TLS");
            match flag.value {
                Some(value) => arg.value_name(value),
                None => arg.action(ArgAction::SetTrue),
            }
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl<const LISTENS: bool> FromArgMatches for TlsArgs<LISTENS> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = tls_flags(LISTENS).filter_map(|flag| match flag.value {
            Some(_) => Some((flag.name, Some(matches.get_one::<String>(flag.name)?.clone()))),
            None => matches.get_flag(flag.name).then_some((flag.name, None)),
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
