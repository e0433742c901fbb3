//! The schemes, the layers and the options as the help lists them, out of their tables.

use std::fmt::Write as _;

use super::own::rows;
use super::scheme::{Layer, Scheme};

/// How wide the column of examples is.
const COLUMN: usize = 30;

/// A line for each scheme, layer and option, indented; of at most 72 columns, which neither clap nor a man page breaks.
pub fn help() -> String {
    let schemes = Scheme::ALL.iter().map(|scheme| (scheme.row().example, scheme.row().meaning));
    let layers = Layer::ALL.iter().map(|layer| (layer.row().example, layer.row().meaning));
    let mut lines = String::new();
    for (example, meaning) in schemes.chain(layers) {
        line(&mut lines, example, meaning);
    }
    for row in rows() {
        line(&mut lines, &format!("?{}", row.example), row.meaning);
    }
    line(&mut lines, "?nodelay&rcvbuf=64K", "any other option of the socket");
    lines
}

fn line(lines: &mut String, example: &str, meaning: &str) {
    // Writing to a String never fails.
    let _ = writeln!(lines, "  {example:COLUMN$}  {meaning}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_and_every_option_has_its_line_which_fits() {
        let help = help();
        let examples = Scheme::ALL.iter().map(|scheme| scheme.row().example);
        for example in examples.chain(rows().map(|row| row.example)) {
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
