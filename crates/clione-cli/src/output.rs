//! What goes where: results to standard output, progress and hints to standard error, colour only where it is wanted.
//!
//! Names and cells come from files of strangers. Nothing hidden in them reaches a terminal: everything passes [`shown`], and
//! colours are marks until then, for which `shown` alone writes the escapes.

use clap::ValueEnum;
use clione::base::error::{Error, Result};
use clione::base::visible::visible;
use clione::base::width::width;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, io};

/// The widest that text is laid out, however wide the terminal is.
const WIDEST: usize = 100;

/// The width where there is no terminal.
const USUAL: usize = 80;

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    Auto,
    /// Even into a file or a pipe
    Always,
    /// Nowhere
    Never,
}

/// A kind of emphasis.
#[derive(Clone, Copy)]
pub enum Style {
    /// Headings.
    Bold,
    /// What may be overlooked.
    Faint,
    /// Something went wrong.
    Red,
    /// Something went well.
    Green,
    /// Curves and connections.
    Blue,
}

impl Style {
    /// Every style.
    const ALL: [Style; 5] = [Style::Bold, Style::Faint, Style::Red, Style::Green, Style::Blue];

    /// What stands in front of a text of this style until it is written: a character that no text has.
    fn mark(self) -> char {
        match self {
            Style::Bold => '\u{fdd0}',
            Style::Faint => '\u{fdd1}',
            Style::Red => '\u{fdd2}',
            Style::Green => '\u{fdd3}',
            Style::Blue => '\u{fdd4}',
        }
    }

    fn code(self) -> &'static str {
        match self {
            Style::Bold => "1",
            Style::Faint => "2",
            Style::Red => "1;31",
            Style::Green => "1;32",
            Style::Blue => "34",
        }
    }
}

/// What stands behind a text of any style until it is written.
const PLAIN: char = '\u{fdd5}';

/// Where the words of the command go, and how they look there.
pub struct Output {
    /// Without progress and hints.
    is_quiet: bool,
    /// Without warnings too.
    is_silent: bool,
    is_result_coloured: bool,
    is_hint_coloured: bool,
    has_progress: bool,
    /// Whether lines to standard error end at a blank where the terminal would break a word.
    is_folded: bool,
    /// Whether the reader of the result has closed it.
    has_lost_reader: AtomicBool,
}

impl Output {
    /// What the flags ask for, on the terminal or pipe that is there.
    pub fn new(color: ColorChoice, is_quiet: bool) -> Self {
        let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let is_wanted = |is_terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !is_set("NO_COLOR") && !is_dumb,
        };
        Output {
            is_quiet,
            is_silent: false,
            is_result_coloured: is_wanted(io::stdout().is_terminal()),
            is_hint_coloured: is_wanted(io::stderr().is_terminal()),
            has_progress: !is_quiet && !is_dumb && io::stderr().is_terminal(),
            is_folded: io::stderr().is_terminal(),
            has_lost_reader: AtomicBool::new(false),
        }
    }

    /// The same streams without progress, hints and warnings: for work that was told of before.
    pub fn silenced(&self) -> Output {
        let has_lost_reader = AtomicBool::new(self.has_lost_reader());
        Output { is_quiet: true, is_silent: true, has_progress: false, has_lost_reader, ..*self }
    }

    /// How many characters a line of the result may have.
    pub fn width(&self) -> usize {
        terminal_size::terminal_size().map_or(USUAL, |(width, _)| usize::from(width.0).clamp(40, WIDEST))
    }

    /// Writes a result for people.
    pub fn result(&self, text: &str) -> Result<()> {
        self.write(&shown(text, self.is_result_coloured))
    }

    /// Writes a result for programs, as CSV or source: with every character that it has, but on a terminal as it can be shown.
    pub fn data(&self, text: &str) -> Result<()> {
        if io::stdout().is_terminal() { self.result(text) } else { self.write(text) }
    }

    /// Writes to standard output; a reader that has seen enough (`| head`) is no error.
    fn write(&self, text: &str) -> Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.has_lost_reader.store(true, Ordering::Relaxed);
                Ok(())
            }
            written => written.map_err(|error| Error::io(format!("cannot write to standard output: {error}"))),
        }
    }

    /// Whether the reader of the result has seen enough, so that nobody misses the rest.
    pub fn has_lost_reader(&self) -> bool {
        self.has_lost_reader.load(Ordering::Relaxed)
    }

    /// Says something that is worth knowing but is not the result.
    pub fn hint(&self, text: &str) {
        if !self.is_quiet {
            self.to_stderr(text);
        }
    }

    fn to_stderr(&self, text: &str) {
        let text = if self.is_folded { folded(text, self.width()) } else { text.to_owned() };
        to_stderr(&shown(&text, self.is_hint_coloured));
    }

    /// Says what may be wrong though the work goes on: to those who want no hints too.
    pub fn warning(&self, text: &str) {
        if !self.is_silent {
            self.to_stderr(&format!("{}: {text}\n", self.paint_hint(Style::Bold, "warning")));
        }
    }

    /// Whether a person watches the progress.
    pub fn is_watched(&self) -> bool {
        self.has_progress
    }

    /// Says how far a long run is, on a line that the next one replaces; nothing where nobody watches.
    pub fn progress(&self, line: &str) {
        if self.has_progress {
            // A line that wraps cannot be replaced.
            let line: String = shown(line, false).chars().take(self.width() - 1).collect();
            to_stderr(&format!("\r{line}\x1b[K"));
        }
    }

    /// Takes the line of progress away.
    pub fn end_of_progress(&self) {
        self.progress("");
    }

    /// Says what went wrong.
    pub fn error(&self, error: &Error) {
        self.to_stderr(&format!("{}: {error}\n", paint(self.is_hint_coloured, Style::Red, "error")));
    }

    /// Text of the result in a style.
    pub fn paint(&self, style: Style, text: &str) -> String {
        paint(self.is_result_coloured, style, text)
    }

    /// Text of a hint in a style.
    pub fn paint_hint(&self, style: Style, text: &str) -> String {
        paint(self.is_hint_coloured, style, text)
    }

    /// A picture made of characters, its lines of dots (Braille) in a style.
    pub fn paint_dots(&self, style: Style, picture: &str) -> String {
        let is_dots = |c: char| ('\u{2801}'..='\u{28ff}').contains(&c);
        let mut painted = String::with_capacity(picture.len() * 2);
        let mut rest = picture;
        while let Some(start) = rest.find(is_dots) {
            let (before, dots) = rest.split_at(start);
            let (dots, after) = dots.split_at(dots.find(|c| !is_dots(c)).unwrap_or(dots.len()));
            painted.push_str(before);
            painted.push_str(&self.paint(style, dots));
            rest = after;
        }
        painted + rest
    }
}

fn paint(is_coloured: bool, style: Style, text: &str) -> String {
    if is_coloured { format!("{}{text}{PLAIN}", style.mark()) } else { text.to_owned() }
}

/// The text as it is written: hidden characters as escapes that can be read, and the marks of styles as escapes of colours.
fn shown(text: &str, is_coloured: bool) -> String {
    if !is_coloured {
        return visible(text).into_owned();
    }
    let mut written = String::with_capacity(text.len() + text.len() / 8);
    for part in text.split_inclusive(|letter| letter == PLAIN || Style::ALL.iter().any(|style| style.mark() == letter))
    {
        let mark = part.chars().next_back().unwrap_or_default();
        let code = match Style::ALL.iter().find(|style| style.mark() == mark) {
            Some(style) => style.code(),
            None if mark == PLAIN => "0",
            None => {
                written.push_str(&visible(part));
                continue;
            }
        };
        written.push_str(&visible(&part[..part.len() - mark.len_utf8()]));
        written.push_str(&format!("\x1b[{code}m"));
    }
    written
}

/// The text in lines of at most `columns`, parted at blanks; what goes on is indented by two more. Lines with a command to
/// copy stay whole, as do words that no line holds.
fn folded(text: &str, columns: usize) -> String {
    let mut written = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let mut used = 0;
        for (place, word) in line.split_inclusive(' ').enumerate() {
            let own = width(word.trim_end());
            if place > indent && used + own > columns && !line.contains("clione ") {
                written.truncate(written.trim_end_matches(' ').len());
                written.push('\n');
                written.push_str(&" ".repeat(indent + 2));
                used = indent + 2;
            }
            written.push_str(word);
            used += width(word.trim_end_matches('\n'));
        }
    }
    written
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Nobody is left to be told when standard error is closed.
fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_end_at_blanks_and_commands_stay_whole() {
        let text = "warning: one two three\n  note: four five six\n  try: clione train a.csv\n\nshort\n";
        let expected = "warning: one\n  two three\n  note: four\n    five six\n  try: clione train a.csv\n\nshort\n";
        assert_eq!(folded(text, 13), expected);
        assert_eq!(folded("大きさ 大きさ\n", 8), "大きさ\n  大きさ\n");
        assert_eq!(folded("a word_that_no_line_holds b", 10), "a\n  word_that_no_line_holds\n  b");
    }

    #[test]
    fn colours_are_written_and_escapes_from_elsewhere_are_not() {
        let name = "\x1b[31mred\x1b]0;PWN\x07\u{9b}2J\u{202e}";
        let text = format!("a {}\n{name}\n", paint(true, Style::Green, name));
        let expected = "\\u{1b}[31mred\\u{1b}]0;PWN\\u{7}\\u{9b}2J\\u{202e}";
        assert_eq!(shown(&text, true), format!("a \x1b[1;32m{expected}\x1b[0m\n{expected}\n"));
        assert_eq!(shown(&format!("{}\n", paint(false, Style::Green, name)), false), format!("{expected}\n"));
        for style in Style::ALL {
            assert_eq!(shown(&paint(true, style, "x"), true), format!("\x1b[{}mx\x1b[0m", style.code()));
            assert!(!shown(&paint(true, style, "x"), false).contains('\x1b'));
        }
    }
}
