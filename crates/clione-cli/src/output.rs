//! What goes where: results to standard output, progress and hints to standard error, colour only where it is wanted.

use clap::ValueEnum;
use clione::base::error::{Error, Result};
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

/// Where the words of the command go, and how they look there.
pub struct Output {
    /// Without progress and hints.
    is_quiet: bool,
    /// Without warnings too.
    is_silent: bool,
    is_result_coloured: bool,
    is_hint_coloured: bool,
    has_progress: bool,
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

    /// Writes the result; a reader that has seen enough (`| head`) is no error.
    pub fn result(&self, text: &str) -> Result<()> {
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
            to_stderr(text);
        }
    }

    /// Says what may be wrong though the work goes on: to those who want no hints too.
    pub fn warning(&self, text: &str) {
        if !self.is_silent {
            to_stderr(&format!("{}: {text}\n", self.paint_hint(Style::Bold, "warning")));
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
            let line: String = line.chars().take(self.width() - 1).collect();
            to_stderr(&format!("\r{line}\x1b[K"));
        }
    }

    /// Takes the line of progress away.
    pub fn end_of_progress(&self) {
        self.progress("");
    }

    /// Says what went wrong.
    pub fn error(&self, error: &Error) {
        to_stderr(&format!("{}: {error}\n", paint(self.is_hint_coloured, Style::Red, "error")));
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
    if is_coloured { format!("\x1b[{}m{text}\x1b[0m", style.code()) } else { text.to_owned() }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Nobody is left to be told when standard error is closed.
fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
