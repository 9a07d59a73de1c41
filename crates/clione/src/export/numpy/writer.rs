//! Python source that grows line by line, no line longer than a reader likes.

use crate::base::visible::{is_hidden, on_one_line};

/// The longest line.
const WIDTH: usize = 100;

/// A source as far as it is written.
#[derive(Default)]
pub(super) struct Writer {
    /// The lines so far.
    pub text: String,
}

impl Writer {
    /// A line so many levels in.
    pub(super) fn line(&mut self, level: usize, line: &str) {
        self.text.push_str(&"    ".repeat(level));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// `start` and an expression, in parentheses on lines of its own where it is long.
    pub(super) fn statement(&mut self, level: usize, start: &str, expression: &str) {
        let line = format!("{start}{expression}");
        if fits(level, &line) {
            return self.line(level, &line);
        }
        self.line(level, &format!("{start}("));
        // A text in quotes must stay in one piece.
        let is_whole = expression.contains('"');
        let width = if is_whole { usize::MAX } else { WIDTH - 4 * (level + 1) };
        wrapped(expression, width).iter().for_each(|line| self.line(level + 1, line));
        self.line(level, ")");
    }

    /// Items between `open` and `close`, on as many lines as they need.
    pub(super) fn list(&mut self, level: usize, open: &str, items: &[String], close: &str) {
        let line = format!("{open}{}{close}", items.join(", "));
        if fits(level, &line) {
            return self.line(level, &line);
        }
        self.line(level, open.trim_end());
        let mut line = String::new();
        for item in items {
            if !line.is_empty() && !fits(level + 1, &format!("{line} {item},")) {
                self.line(level + 1, &line);
                line.clear();
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(item);
            line.push(',');
        }
        if !line.is_empty() {
            self.line(level + 1, &line);
        }
        self.line(level, close);
    }

    /// A comment, on as many lines as it needs.
    pub(super) fn comment(&mut self, level: usize, text: &str) {
        for (number, line) in wrapped(&on_one_line(text), WIDTH - 4 * level - 4).iter().enumerate() {
            self.line(level, &format!("#{}{line}", if number == 0 { " " } else { "   " }));
        }
    }

    /// What a function does, in three quotes.
    pub(super) fn docstring(&mut self, level: usize, text: &str) {
        let text = on_one_line(text).replace('\\', "\\\\").replace("\"\"\"", "'''");
        // A quote at the end would be read as the first of the three that end the text.
        let text = if text.ends_with('"') { text + " " } else { text };
        let lines = wrapped(&text, WIDTH - 4 * level - 6);
        match lines.as_slice() {
            [only] => self.line(level, &format!("\"\"\"{only}\"\"\"")),
            [first, rest @ ..] => {
                self.line(level, &format!("\"\"\"{first}"));
                rest.iter().for_each(|line| self.line(level, line));
                self.line(level, "\"\"\"");
            }
            [] => {}
        }
    }
}

fn fits(level: usize, line: &str) -> bool {
    4 * level + line.chars().count() <= WIDTH
}

/// A text in lines of at most so many signs, where its words allow that.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A text as Python writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if is_hidden(sign) => match u32::from(sign) {
                code @ ..=0xffff => quoted.push_str(&format!("\\u{code:04x}")),
                code => quoted.push_str(&format!("\\U{code:08x}")),
            },
            _ => quoted.push(sign),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_and_comments_are_broken_between_their_parts() {
        let mut out = Writer::default();
        out.list(1, "return [", &["one".to_owned(), "two".to_owned()], "]");
        let long: Vec<String> = (0..30).map(|number| format!("number{number}")).collect();
        out.list(0, "LONG = [", &long, "]");
        out.comment(1, &"word ".repeat(40));
        out.docstring(0, &"word ".repeat(40));
        assert!(out.text.starts_with("    return [one, two]\nLONG = [\n    number0, number1,"));
        assert!(out.text.lines().all(|line| line.chars().count() <= WIDTH), "{}", out.text);
    }

    #[test]
    fn texts_keep_their_signs_and_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b\\c\n\u{7}é"), "\"a\\\"b\\\\c\\n\\u0007é\"");
        assert_eq!(quoted("\0\u{202e}\u{e0041}"), "\"\\u0000\\u202e\\U000e0041\"");
    }

    #[test]
    fn no_word_ends_a_comment_or_a_docstring() {
        let mut out = Writer::default();
        out.comment(0, "a\nimport os\r\0");
        out.docstring(0, "a\"\"\"\nimport os");
        out.docstring(0, "the \"name\"");
        let expected = "# a\\nimport os\\r\\0\n\"\"\"a'''\\\\nimport os\"\"\"\n\"\"\"the \"name\" \"\"\"\n";
        assert_eq!(out.text, expected);
    }
}
