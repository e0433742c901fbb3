//! How TLS is set up: the options of TLS that an endpoint may have, as flags.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::endpoint::{Endpoint, Layer, ParseError, tls_flags};
use crate::exit::Failure;

/// How the TLS of the endpoint is set up, of the end that listens or of the one that connects.
#[derive(Debug, Default)]
pub struct TlsArgs<const LISTENS: bool>(Given);

/// The same, where it shows only by the endpoints which of the two it is.
#[derive(Debug, Default)]
pub struct EitherTlsArgs(Given);

/// The flag that puts TLS over the endpoint; all others are options of TLS.
const LAYER: &str = "tls";

/// The flags that are given, by the names of their options.
type Given = Vec<(&'static str, Option<String>)>;

impl<const LISTENS: bool> TlsArgs<LISTENS> {
    /// Sets them on the endpoint.
    ///
    /// # Errors
    ///
    /// Fails where the endpoint has no TLS, or the option already.
    pub fn set_on(&self, endpoint: &mut Endpoint) -> Result<(), ParseError> {
        set(&self.0, endpoint, LISTENS)
    }

    /// Whether any was given.
    pub fn is_given(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether TLS goes over the endpoint, however that is written.
    pub fn are_over(&self, endpoint: &Endpoint) -> bool {
        !endpoint.layers.is_empty() || self.0.iter().any(|(name, _)| *name == LAYER)
    }
}

impl EitherTlsArgs {
    /// Sets them on the one end that has TLS: that which listens, or that which connects, wherever it connects to.
    ///
    /// # Errors
    ///
    /// Fails where neither end has TLS, where both have, and where an endpoint has the option already or cannot act on
    /// it.
    pub fn set_on(&self, listens: Option<&mut Endpoint>, connects: &mut [Endpoint]) -> Result<(), Failure> {
        let has_tls = |endpoint: &Endpoint| endpoint.layers.contains(&Layer::Tls);
        let Some((flag, _)) = self.0.first() else { return Ok(()) };
        let mut connects: Vec<_> = connects.iter_mut().filter(|endpoint| has_tls(endpoint)).collect();
        match listens.filter(|endpoint| has_tls(endpoint)) {
            Some(_) if !connects.is_empty() => {
                let message = format!("--{flag} may be meant for either end, and both have TLS");
                let hint = format!("write it on the endpoint that it is for: tls://host:443?{flag}");
                Err(Failure::misuse(message).hint(hint))
            }
            Some(endpoint) => set(&self.0, endpoint, true).map_err(Failure::misuse),
            None if connects.is_empty() => {
                let message = format!("--{flag} cannot act: neither end has TLS");
                Err(Failure::misuse(message).hint("an end has it where it is written tls://host:443"))
            }
            None => connects
                .iter_mut()
                .try_for_each(|endpoint| set(&self.0, endpoint, false))
                .map_err(Failure::misuse),
        }
    }
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl EitherTlsArgs {
    /// As [`set_on`](Self::set_on), of two ends that connect.
    ///
    /// # Errors
    ///
    /// As that.
    pub fn set_on_either(&self, from: &mut Endpoint, to: &mut [Endpoint]) -> Result<(), Failure> {
        let is_from = from.layers.contains(&Layer::Tls);
        match (is_from, to.iter().any(|endpoint| endpoint.layers.contains(&Layer::Tls))) {
            (true, false) => self.set_on(None, std::slice::from_mut(from)),
            // Refused, as both have it.
            (true, true) => self.set_on(Some(from), to),
            (false, _) => self.set_on(None, to),
        }
    }
}

fn set(given: &Given, endpoint: &mut Endpoint, listens: bool) -> Result<(), ParseError> {
    given.iter().try_for_each(|(name, value)| match *name {
        LAYER => endpoint.put_tls(),
        name => endpoint.set_tls(name, value.as_deref(), listens),
    })
}

/// `--tls`, of the one endpoint of a command: of two ends it would not show which is meant.
fn layer() -> Arg {
    Arg::new(LAYER)
        .long(LAYER)
        .help("Put TLS over the endpoint, as tls:// does")
        .hide_short_help(true)
        .help_heading("TLS")
        .action(ArgAction::SetTrue)
}

fn augmented(command: Command, listens: Option<bool>) -> Command {
    let command = if listens.is_some() { command.arg(layer()) } else { command };
    command.args(tls_flags(listens).map(|flag| {
        let help = sentence(flag.meaning);
        let arg = Arg::new(flag.name).long(flag.name).help(help).hide_short_help(true);
        let arg = arg.help_heading("TLS");
        match flag.value {
            Some(value) => arg.value_name(value),
            None => arg.action(ArgAction::SetTrue),
        }
    }))
}

fn given(matches: &ArgMatches, listens: Option<bool>) -> Given {
    let given = tls_flags(listens).filter_map(|flag| match flag.value {
        Some(_) => Some((flag.name, Some(matches.get_one::<String>(flag.name)?.clone()))),
        None => matches.get_flag(flag.name).then_some((flag.name, None)),
    });
    let layer = listens.is_some() && matches.get_flag(LAYER);
    // First: the others need it.
    layer.then_some((LAYER, None)).into_iter().chain(given).collect()
}

/// Flags that clap has, though they are listed elsewhere.
macro_rules! flags {
    ([$($generics:tt)*] $Type:ty, $listens:expr) => {
        impl $($generics)* Args for $Type {
            fn augment_args(command: Command) -> Command {
                augmented(command, $listens)
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl $($generics)* FromArgMatches for $Type {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                Ok(Self(given(matches, $listens)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}

flags!([<const LISTENS: bool>] TlsArgs<LISTENS>, Some(LISTENS));
flags!([] EitherTlsArgs, None);
