//! The tour as sentences, which a screen reader reads well: nothing is said by a place on the screen.

use berkeley_packet::stream::Side;

use super::call::{Call, Done, Gave, time};
use super::drawing::{WIDTH, failed, names};
use super::packets::{Packets, Seen};
use super::teller::{LayerTold, Teller, Waited};
use super::texts::{Texts, Values};
use crate::report::table::wrap;

/// Tells in sentences.
pub(super) struct Plain<'t> {
    texts: &'t Texts,
    out: String,
}

impl<'t> Plain<'t> {
    pub(super) fn new(texts: &'t Texts) -> Self {
        Self { texts, out: String::new() }
    }

    fn name(&self, side: Side) -> &'t str {
        match side {
            Side::Client => self.texts.get("client"),
            Side::Server => self.texts.get("server"),
        }
    }

    fn says_line(&mut self, text: &str) {
        for line in text.lines().flat_map(|line| wrap(line, WIDTH - 1)) {
            self.out.push_str(&line);
            self.out.push('\n');
        }
    }
}

impl Teller for Plain<'_> {
    fn scene(&mut self, _: &'static str, title: &str) {
        self.out.push('\n');
        self.says_line(title);
        self.out.push('\n');
    }

    fn part(&mut self, title: &str) {
        self.out.push('\n');
        self.says_line(title);
    }

    fn says(&mut self, text: &str) {
        self.says_line(text);
        self.out.push('\n');
    }

    fn opens(&mut self) {}

    fn closes(&mut self) {
        self.out.push('\n');
    }

    fn waits(&mut self, call: &Call, meaning: &str) {
        let values: Values<'_> =
            &[("side", &self.name(call.side)), ("call", &call.text()), ("meaning", &meaning)];
        let sentence = self.texts.fill("plain.waits", values);
        self.says_line(&sentence);
    }

    fn done(&mut self, done: &Done, meaning: &str) {
        let mut gave = match &done.gave {
            Gave::Returned(value, with) if with.is_empty() => value.to_string(),
            Gave::Returned(value, with) => format!("{value}, {with}"),
            Gave::Failed { errno, .. } => format!("-1 {}", failed(*errno)),
        };
        if done.waited {
            gave += &self.texts.fill("plain.after", &[("took", &time(done.took))]);
        }
        let values: Values<'_> = &[
            ("side", &self.name(done.call.side)),
            ("call", &done.call.text()),
            ("gave", &gave),
            ("meaning", &meaning),
        ];
        let sentence = self.texts.fill("plain.done", values);
        self.says_line(&sentence);
    }

    fn travels(&mut self, from: Side, what: &str) {
        let to = if from == Side::Client { Side::Server } else { Side::Client };
        let values: Values<'_> = &[("from", &self.name(from)), ("to", &self.name(to)), ("what", &what)];
        let sentence = self.texts.fill("plain.travels", values);
        self.says_line(&sentence);
    }

    fn packets(&mut self, _: &Packets, meaning: &str) {
        self.says(meaning);
    }

    fn packet(&mut self, seen: &Seen<'_>, meaning: Option<&str>) {
        let layers = names(seen).join(", ");
        let values: Values<'_> = &[
            ("number", &seen.number),
            ("from", &self.name(seen.from)),
            ("layers", &layers),
            ("words", &seen.words),
            ("meaning", &meaning.unwrap_or_default()),
        ];
        let sentence = self.texts.fill("plain.packet", values);
        self.says_line(&sentence);
    }

    fn layers(&mut self, layers: &[LayerTold]) {
        for layer in layers {
            let values: Values<'_> = &[("head", &layer.head), ("meaning", &layer.meaning)];
            let sentence = self.texts.fill("plain.layer", values);
            self.says_line(&sentence);
        }
        self.out.push('\n');
    }

    fn timings(&mut self, waited: &[(&str, Waited)]) {
        for (scene, it) in waited {
            let (took, side) = (time(it.took), self.name(it.call.side));
            let values: Values<'_> =
                &[("took", &took), ("scene", scene), ("side", &side), ("call", &it.call.name)];
            let sentence = self.texts.fill("plain.timing", values);
            self.says_line(&sentence);
        }
        self.out.push('\n');
    }

    fn commands(&mut self, rows: &[(&str, &str)]) {
        for (command, meaning) in rows {
            let sentence = self.texts.fill("plain.command", &[("command", command), ("meaning", meaning)]);
            self.says_line(&sentence);
        }
    }

    fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Language;

    #[test]
    fn who_does_what_is_said_in_words() {
        let texts = Texts::of(Language::English);
        let mut plain = Plain::new(&texts);
        let call = Call { side: Side::Server, ..Call::client("accept", "4") };
        plain.waits(&call, "Nobody is there.");
        plain.travels(Side::Client, "SYN");
        let took = std::time::Duration::from_micros(20);
        plain.done(&Done { call, gave: Gave::Returned(6, String::new()), took, waited: true }, "One came.");
        let want = "\
server: accept(4) waits. Nobody is there.
From client to server: SYN.
server: accept(4) = 6, after 20 µs. One came.
";
        assert_eq!(plain.take(), want);
        assert!(!want.contains(['│', '─', '▶']));
    }
}
