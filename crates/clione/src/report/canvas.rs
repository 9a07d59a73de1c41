//! A sheet for drawing with characters: lines made of Braille dots, two by four to a character, and words on top.

/// Dots across a character and down it.
pub const DOTS: (usize, usize) = (2, 4);

/// The bit of each dot of a Braille character, row by row (Unicode 2800 to 28FF).
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Where a line goes on a [`Canvas`]: dots from the left, dots from the top.
pub type Dot = (usize, usize);

/// A sheet of characters.
///
/// ```
/// use clione::report::canvas::Canvas;
/// let mut canvas = Canvas::new(4, 1);
/// canvas.line((0, 3), (7, 0));
/// canvas.write(3, 0, "x");
/// assert_eq!(canvas.lines(), ["⣀⠤⠒x"]);
/// ```
#[derive(Clone, Debug)]
pub struct Canvas {
    columns: usize,
    dots: Vec<u8>,
    words: Vec<Option<char>>,
}

impl Canvas {
    /// An empty sheet of so many characters across and down; panics when it has none.
    pub fn new(columns: usize, rows: usize) -> Self {
        assert!(columns > 0 && rows > 0, "a canvas has at least one character");
        Canvas { columns, dots: vec![0; columns * rows], words: vec![None; columns * rows] }
    }

    /// Draws a straight line, both ends included; what lies outside of the sheet is left out.
    pub fn line(&mut self, from: Dot, to: Dot) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |from: usize, to: usize, step: usize| {
            let share = step as f64 / steps as f64;
            (from as f64 + (to as f64 - from as f64) * share).round() as usize
        };
        for step in 0..=steps {
            self.dot((between(from.0, to.0, step), between(from.1, to.1, step)));
        }
    }

    /// Draws one dot.
    pub fn dot(&mut self, (x, y): Dot) {
        let (column, row) = (x / DOTS.0, y / DOTS.1);
        if column < self.columns && row < self.dots.len() / self.columns {
            self.dots[row * self.columns + column] |= BITS[y % DOTS.1][x % DOTS.0];
        }
    }

    /// Writes words over what is drawn, from this character on; what goes beyond the line's end is left out.
    pub fn write(&mut self, column: usize, row: usize, words: &str) {
        for (column, letter) in (column..self.columns).zip(words.chars()) {
            self.words[row * self.columns + column] = Some(letter);
        }
    }

    /// The sheet, line by line; no line ends with a blank.
    pub fn lines(&self) -> Vec<String> {
        let letter = |(&dots, &word): (&u8, &Option<char>)| match (word, dots) {
            (Some(letter), _) => letter,
            (None, 0) => ' ',
            (None, dots) => char::from_u32(0x2800 + u32::from(dots)).expect("Braille has a character for every byte"),
        };
        let rows = self.dots.chunks(self.columns).zip(self.words.chunks(self.columns));
        rows.map(|(dots, words)| dots.iter().zip(words).map(letter).collect::<String>().trim_end().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dot_has_a_place_of_its_own() {
        let mut canvas = Canvas::new(1, 1);
        for x in 0..2 {
            for y in 0..4 {
                canvas.dot((x, y));
            }
        }
        assert_eq!(canvas.lines(), ["⣿"]);
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut canvas = Canvas::new(2, 1);
        canvas.line((0, 0), (9, 9));
        canvas.write(1, 0, "long");
        assert_eq!(canvas.lines(), ["⠑l"]);
    }
}
