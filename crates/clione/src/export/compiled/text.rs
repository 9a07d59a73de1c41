//! How the two languages write the same things: numbers, words, loops, conditions, tables.

use super::Syntax;
use crate::base::visible::is_hidden;
use crate::train::recipe::Precision;

/// The widest line.
const WIDEST: usize = 110;

/// A text that grows line by line.
pub(super) struct Text {
    pub language: Syntax,
    indent: usize,
    written: String,
}

impl Text {
    /// Nothing yet.
    pub(super) fn new(language: Syntax) -> Text {
        Text { language, indent: 0, written: String::new() }
    }

    /// What was written.
    pub(super) fn into_string(self) -> String {
        self.written
    }

    /// What was written so far.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// A line; one that ends with a brace that opens indents those that follow, until one begins with a brace that closes.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        let closes = line.starts_with(['}', ']']);
        self.indent -= usize::from(closes);
        if !line.is_empty() {
            self.written.push_str(&"    ".repeat(self.indent));
            self.written.push_str(line);
        }
        self.written.push('\n');
        self.indent += usize::from(line.ends_with(['{', '[']));
    }

    /// The line for C or the line for Rust.
    pub(super) fn either(&mut self, c: impl AsRef<str>, rust: impl AsRef<str>) {
        match self.language {
            Syntax::C => self.line(c),
            Syntax::Rust => self.line(rust),
        }
    }

    /// Lines as they are, or nothing between two blank lines.
    pub(super) fn block(&mut self, block: &str) {
        block.lines().for_each(|line| {
            self.written.push_str(line);
            self.written.push('\n');
        });
    }

    /// A comment on lines of its own.
    pub(super) fn comment(&mut self, comment: &str) {
        let comment = self.language.plain(comment);
        let room = WIDEST - 4 * self.indent - 6;
        let lines = wrapped(&comment, room);
        let last = lines.len() - 1;
        for (at, line) in lines.iter().enumerate() {
            match self.language {
                Syntax::C => {
                    let (start, end) = (if at == 0 { "/* " } else { "   " }, if at == last { " */" } else { "" });
                    self.line(format!("{start}{line}{end}"));
                }
                Syntax::Rust => self.line(format!("// {line}")),
            }
        }
    }

    /// A comment that documents what follows.
    pub(super) fn documentation(&mut self, comment: &str) {
        match self.language {
            Syntax::C => self.comment(comment),
            Syntax::Rust => {
                for line in wrapped(&self.language.plain(comment), WIDEST - 4 * self.indent - 4) {
                    self.line(format!("/// {line}"));
                }
            }
        }
    }

    /// The first line of a loop.
    pub(super) fn count(&mut self, index: &str, count: &str) {
        self.either(
            format!("for (size_t {index} = 0; {index} < {count}; {index}++) {{"),
            format!("for {index} in 0..{count} {{"),
        );
    }

    /// The first line of what is done under a condition.
    pub(super) fn condition(&mut self, condition: &str) {
        self.either(format!("if ({condition}) {{"), format!("if {condition} {{"));
    }

    /// Numbers that begin as zeros.
    pub(super) fn zeros(&mut self, precision: Precision, name: &str, count: usize) {
        let kind = kind(self.language, precision);
        let zero = literal(self.language, precision, 0.0);
        self.either(
            format!("{kind} {name}[{count}] = {{{zero}}};"),
            format!("let mut {name} = [0.0_{kind}; {count}];"),
        );
    }

    /// A table of constants with this many in each row, or one row of them where it is None.
    pub(super) fn table(&mut self, kind: &str, name: &str, items: &[String], columns: Option<usize>) {
        let (open, close) = match self.language {
            Syntax::C => ('{', '}'),
            Syntax::Rust => ('[', ']'),
        };
        let count = items.len();
        let start = match (self.language, columns) {
            (Syntax::C, None) => format!("static const {kind} {name}[{count}] = {{"),
            (Syntax::C, Some(columns)) => format!("static const {kind} {name}[{}][{columns}] = {{", count / columns),
            (Syntax::Rust, None) => format!("static {name}: [{kind}; {count}] = ["),
            (Syntax::Rust, Some(columns)) => {
                format!("static {name}: [[{kind}; {columns}]; {}] = [", count / columns)
            }
        };
        let short = format!("{start}{}{close};", items.join(", "));
        if columns.is_none() && short.len() <= WIDEST && !short.contains('\n') {
            return self.line(short);
        }
        self.line(start);
        match columns {
            None => self.items(items),
            Some(columns) => {
                for row in items.chunks(columns) {
                    let short = format!("{open}{}{close},", row.join(", "));
                    if short.len() + 4 <= WIDEST {
                        self.line(short);
                    } else {
                        self.line(open.to_string());
                        self.items(row);
                        self.line(format!("{close},"));
                    }
                }
            }
        }
        self.line(format!("{close};"));
    }

    /// A constant of several parts: on one line where there is room for it.
    pub(super) fn row(&mut self, open: &str, items: &[String], close: &str) {
        let blank = if self.language == Syntax::C { "" } else { " " };
        let short = format!("{open}{blank}{}{blank}{close}", items.join(", "));
        if short.len() + 4 * self.indent <= WIDEST {
            return self.line(short);
        }
        self.line(open);
        self.items(items);
        self.line(close);
    }

    /// Items behind each other, on as many lines as they need.
    fn items(&mut self, items: &[String]) {
        let room = WIDEST - 4 * self.indent;
        let mut line = String::new();
        for item in items {
            if !line.is_empty() && line.len() + item.len() + 2 > room {
                self.line(line.trim_end());
                line.clear();
            }
            line.push_str(item);
            line.push_str(", ");
        }
        self.line(line.trim_end());
    }

    /// The end of a function that gives no result, and why.
    pub(super) fn refuse(&mut self, why: &str) {
        let why = self.language.word(why);
        self.either(format!("return {why};"), format!("return Err({why});"));
    }
}

/// The type of a number.
pub(super) fn kind(language: Syntax, precision: Precision) -> &'static str {
    match (language, precision) {
        (Syntax::C, Precision::F32) => "float",
        (Syntax::C, Precision::F64) => "double",
        (Syntax::Rust, precision) => precision.name(),
    }
}

/// A number with as many digits as tell it from all others.
pub(super) fn literal(language: Syntax, precision: Precision, number: f64) -> String {
    match (language, precision) {
        (Syntax::C, Precision::F32) => format!("{:?}f", number as f32),
        (Syntax::Rust, Precision::F32) => format!("{:?}", number as f32),
        (Syntax::C | Syntax::Rust, Precision::F64) => format!("{number:?}"),
    }
}

impl Syntax {
    /// A number of 64 bits.
    pub(super) fn double(self, number: f64) -> String {
        literal(self, Precision::F64, number)
    }

    /// What is taken off a value, with the sign that it has: `- 3.5`, `+ 2.0`.
    pub(super) fn less(self, number: f64) -> String {
        if number.is_sign_negative() {
            format!("+ {}", self.double(-number))
        } else {
            format!("- {}", self.double(number))
        }
    }

    /// A word in quotes.
    pub(super) fn word(self, word: &str) -> String {
        let mut text = String::from("\"");
        for sign in word.chars() {
            match (sign, self) {
                ('"' | '\\', _) => text.extend(['\\', sign]),
                // Two of them might begin a trigraph.
                ('?', Syntax::C) => text.push_str("\\?"),
                (sign, _) if !is_odd(sign) => text.push(sign),
                (sign, Syntax::Rust) => text.push_str(&format!("\\u{{{:x}}}", u32::from(sign))),
                (sign, Syntax::C) => {
                    let bytes = sign.to_string().into_bytes();
                    bytes.iter().for_each(|byte| text.push_str(&format!("\\{byte:03o}")));
                }
            }
        }
        text + "\""
    }

    /// Words that can stand in a comment.
    pub(super) fn plain(self, comment: &str) -> String {
        let plain: String = comment.chars().map(|sign| if is_odd(sign) { ' ' } else { sign }).collect();
        match self {
            Syntax::C => plain.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?"),
            Syntax::Rust => plain,
        }
    }
}

/// Signs that nobody sees, or that turn the direction of a text.
fn is_odd(sign: char) -> bool {
    is_hidden(sign) || matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{202f}')
}

/// A text as lines that are no longer than they may be, where words allow it.
fn wrapped(text: &str, widest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > widest {
            lines.push(word.to_owned());
        } else {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(word);
        }
    }
    lines
}

/// Code without what stands in quotes and in comments.
pub(super) fn without_words(code: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(code.len()), code);
    while let Some(at) = rest.find(['"', '/']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|end| end + 2)
        } else if let Some(word) = rest.strip_prefix('"') {
            let mut is_escaped = false;
            let end = word.find(|sign| {
                let is_end = sign == '"' && !is_escaped;
                is_escaped = sign == '\\' && !is_escaped;
                is_end
            });
            end.map(|end| end + 2)
        } else {
            Some(1)
        };
        rest = &rest[length.unwrap_or(rest.len())..];
        plain.push(' ');
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_comments_are_left_out_of_code() {
        let code = "a(\"x \\\" y\", b); // c \"d\n/* e */ f / g";
        assert_eq!(without_words(code).split_whitespace().collect::<Vec<_>>(), ["a(", ",", "b);", "f", "g"]);
    }

    #[test]
    fn words_are_safe_in_quotes_and_comments() {
        assert_eq!(Syntax::C.word("a\"b\\?\n"), r#""a\"b\\\?\012""#);
        assert_eq!(Syntax::Rust.word("a\u{202e}b?"), "\"a\\u{202e}b?\"");
        assert_eq!(Syntax::C.plain("a */ b"), "a * / b");
    }
}
