//! How many columns of a terminal a text takes: two for wide letters and emoji, none for marks on other letters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a text takes.
///
/// ```
/// use clione::base::width::width;
/// assert_eq!((width("size"), width("大きさ"), width("e\u{301}")), (4, 6, 1));
/// ```
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text that takes at most so many columns; a longer one is cut, and `…` says so.
///
/// ```
/// use clione::base::width::cut;
/// assert_eq!((cut("size", 4), cut("height", 4), cut("大きさ", 4)), ("size".to_owned(), "hei…".to_owned(), "大…".to_owned()));
/// ```
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |letter: &char| {
        used += letter.width().unwrap_or(0);
        used < columns
    };
    let start: String = text.chars().take_while(fits).collect();
    start.trim_end().to_owned() + "…"
}

/// A text with blanks behind it, or before it, so that it takes so many columns.
pub fn padded(text: &str, columns: usize, is_right: bool) -> String {
    let blanks = " ".repeat(columns.saturating_sub(width(text)));
    if is_right { blanks + text } else { text.to_owned() + &blanks }
}
