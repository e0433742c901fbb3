//! What a terminal shows, from what was written to it: as much of a terminal as `--browse` and live views need.

/// The lines of a screen of that size behind `bytes`, without the spaces at their ends.
pub(crate) fn screen(bytes: &[u8], columns: usize, lines: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut screen = Screen { cells: vec![vec![' '; columns]; lines], x: 0, y: 0 };
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' if letters.next_if_eq(&'[').is_some() => {
                let mut parameters = String::new();
                let last = loop {
                    match letters.next() {
                        Some(last @ '@'..='~') => break Some(last),
                        Some(letter) => parameters.push(letter),
                        None => break None,
                    }
                };
                screen.control(&parameters, last);
            }
            '\x1b' => (),
            '\r' => screen.x = 0,
            '\n' => screen.y += 1,
            letter => screen.put(letter),
        }
    }
    screen.cells.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

struct Screen {
    cells: Vec<Vec<char>>,
    x: usize,
    y: usize,
}

impl Screen {
    fn put(&mut self, letter: char) {
        if let Some(cell) = self.cells.get_mut(self.y).and_then(|line| line.get_mut(self.x)) {
            *cell = letter;
        }
        self.x += 1;
    }

    /// Clears a line from a column on.
    fn clear(&mut self, y: usize, x: usize) {
        let line = self.cells.get_mut(y).and_then(|line| line.get_mut(x..));
        line.into_iter().flatten().for_each(|cell| *cell = ' ');
    }

    fn control(&mut self, parameters: &str, last: Option<char>) {
        match last {
            Some('H') => {
                let mut numbers = parameters.split(';').map(|number| number.parse().unwrap_or(1));
                let mut next = || numbers.next().unwrap_or(1_usize).saturating_sub(1);
                (self.y, self.x) = (next(), next());
            }
            Some('A') => self.y = self.y.saturating_sub(parameters.parse().unwrap_or(1)),
            Some('B') => self.y += parameters.parse::<usize>().unwrap_or(1),
            Some('K') if parameters == "2" => self.clear(self.y, 0),
            Some('K') => self.clear(self.y, self.x),
            Some('J') if parameters.is_empty() => {
                self.clear(self.y, self.x);
                (self.y + 1..self.cells.len()).for_each(|y| self.clear(y, 0));
            }
            // Another screen is a cleared one, too.
            Some('J') => self.cells.iter_mut().for_each(|line| line.fill(' ')),
            Some('h') if parameters == "?1049" => self.cells.iter_mut().for_each(|line| line.fill(' ')),
            _ => (),
        }
    }
}
