//! The word that was probably meant.

use strsim::osa_distance;

/// Longer words than this are not typing slips, and comparing them costs time.
const LONGEST: usize = 40;

/// The known word nearest to `word` by edits (a swap of neighbours is one), if it is near enough to be meant: one edit
/// in short words, one in three letters of longer ones. Of `tcp.nodelay`, `nodelay` alone may be near too.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let most = (word.chars().count() / 3).max(1);
    let distances = known.into_iter().map(|name| (distance(&word, name), name));
    let (edits, name) = distances.min_by_key(|(edits, _)| *edits)?;
    (edits <= most).then_some(name)
}

fn distance(word: &str, name: &str) -> usize {
    let whole = osa_distance(word, name);
    match name.rsplit_once('.') {
        Some((_, last)) if !word.contains('.') => whole.min(osa_distance(word, last)),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_another_word_is_not() {
        let known = ["tcp", "udp", "unix-dgram", "tcp.nodelay", "timeout"];
        let rows = [
            ("tpc", Some("tcp")),
            ("TCP", Some("tcp")),
            ("tls", None),
            ("unix-dgarm", Some("unix-dgram")),
            ("nodelya", Some("tcp.nodelay")),
            ("tcp.nodely", Some("tcp.nodelay")),
            ("timout", Some("timeout")),
            ("", None),
        ];
        for (word, want) in rows {
            assert_eq!(nearest(word, known), want, "{word}");
        }
        assert_eq!(nearest(&"t".repeat(41), known), None);
    }
}
