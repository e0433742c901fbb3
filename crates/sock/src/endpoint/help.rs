//! The schemes, the layers and the options as the help lists them, out of their tables.

use std::fmt::Write as _;

use super::own::{Context, OwnRow, rows};
use super::scheme::{Layer, Row, Scheme};
use super::{Host, Place, Port};

/// How wide the column of examples is.
const COLUMN: usize = 30;

/// What an endpoint may be where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// True if it listens, false if it connects, None if it may do either.
    pub listens: Option<bool>,
    /// Whether TLS may go over it.
    pub layers: bool,
    /// The options that have no place there all the same.
    pub without: &'static [&'static str],
}

impl Use {
    /// Whether an endpoint of that scheme may stand there. Where there are no layers, sockets alone may.
    fn has(self, row: &Row) -> bool {
        let acts = match self.listens {
            Some(true) => row.listening.is_some(),
            Some(false) => row.connects,
            None => true,
        };
        acts && (self.layers || row.socket.is_some())
    }

    fn takes(self, row: &OwnRow) -> bool {
        let layers: &[Layer] = &goes_over(self.layers).copied().collect::<Vec<_>>();
        let places = [Place::Inet { host: Host::Every, port: Port::Number(1) }, Place::Path(b"/s".to_vec())];
        let fits = |scheme, layers, place| {
            (row.fits)(Context { scheme, layers, place, listens: self.listens }).is_ok()
        };
        !self.without.contains(&row.name)
            && Scheme::ALL.iter().filter(|scheme| self.has(scheme.row())).any(|&scheme| {
                places.iter().any(|place| fits(scheme, &[], place) || fits(scheme, layers, place))
            })
    }
}

/// A line for each scheme, layer and option that may stand there, indented; of at most 72 columns, which neither clap
/// nor a man page breaks.
pub fn help(of: Use) -> String {
    let schemes = Scheme::ALL
        .iter()
        .map(|scheme| scheme.row())
        .filter(|row| of.has(row))
        .map(|row| (row.example, row.meaning));
    let layers = goes_over(of.layers).map(|layer| (layer.row().example, layer.row().meaning));
    let mut lines = String::new();
    for (example, meaning) in schemes.chain(layers) {
        line(&mut lines, example, meaning);
    }
    for row in rows().filter(|row| of.takes(row)) {
        line(&mut lines, &format!("?{}", row.example), row.meaning);
    }
    line(&mut lines, "?nodelay&rcvbuf=64K", "any other option of the socket");
    lines
}

/// How an endpoint begins: the name of each scheme and layer, with what stands before the place.
pub fn beginnings() -> impl Iterator<Item = String> {
    let schemes = Scheme::ALL.iter().flat_map(|scheme| {
        let row = scheme.row();
        let connects = row.connects.then_some(row.name);
        connects.into_iter().chain(row.listening).map(|name| format!("{name}{}", row.shape.separator()))
    });
    schemes.chain(goes_over(true).map(|layer| format!("{}://", layer.name())))
}

/// The layers over the stream of an endpoint, which is no proxy.
fn goes_over(layers: bool) -> impl Iterator<Item = &'static Layer> {
    Layer::ALL.iter().filter(move |layer| layers && !layer.row().proxy)
}

fn line(lines: &mut String, example: &str, meaning: &str) {
    // Writing to a String never fails.
    let _ = writeln!(lines, "  {example:COLUMN$}  {meaning}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_act_where_it_stands_is_not_listed() {
        let of = |listens, layers, without| help(Use { listens: Some(listens), layers, without });
        let rows: [(String, &[&str], &[&str]); 3] = [
            (of(false, true, &[]), &["?retry=", "?ca=", "?insecure", "tls:"], &["?self-signed=", "?mode="]),
            (of(true, true, &[]), &["?mode=", "?self-signed=", "?ca="], &["?retry=", "?bind=", "?insecure"]),
            (of(false, false, &["retry"]), &["?timeout="], &["?retry=", "?ca=", "tls:"]),
        ];
        for (help, has, lacks) in rows {
            assert!(has.iter().all(|it| help.contains(it)), "{has:?} are wanted:\n{help}");
            assert!(!lacks.iter().any(|it| help.contains(it)), "none of {lacks:?} is wanted:\n{help}");
        }
    }

    #[test]
    fn every_scheme_and_every_option_has_its_line_which_fits() {
        let help = help(Use { listens: None, layers: true, without: &[] });
        let examples = Scheme::ALL.iter().map(|scheme| scheme.row().example);
        for example in examples.chain(rows().filter(|row| !row.is_of_proxies()).map(|row| row.example)) {
            assert!(help.contains(example), "{example}");
        }
        for line in help.lines() {
            assert!(
                line.len() <= 72 && line.split("  ").filter(|part| !part.is_empty()).count() == 2,
                "{line}"
            );
        }
    }
}
