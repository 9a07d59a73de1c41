//! How numbers and formulas stand on the page: digits that a calculator can follow, and equations under each other.

use crate::output::{Output, Style};
use clione::report::text::digits;
use clione::see::explain::expression::{Expression, Part};

/// How far the text stands from the left.
pub const INDENT: &str = "  ";

/// Ten digits: enough to repeat a calculation with a pocket calculator.
const DIGITS: usize = 10;

/// A number with ten digits that count, without zeros at its end.
pub fn exact(number: f64) -> String {
    digits(number, DIGITS)
}

/// A number with six digits that count.
pub fn rough(number: f64) -> String {
    digits(number, 6)
}

/// A number behind an equals sign: the minus takes the place of a blank, so that digits stand under digits.
pub fn signed(number: f64) -> String {
    let text = exact(number);
    if text.starts_with('-') { text } else { format!(" {text}") }
}

/// A number within a formula: a negative one in parentheses.
pub fn inner(number: f64) -> String {
    if number < 0.0 { format!("({})", exact(number)) } else { exact(number) }
}

/// How many places a text takes: a letter and the hat on it take one.
fn width_of(text: &str) -> usize {
    text.chars().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).count()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(width_of(text))))
}

/// Equations that stand under each other: what is worked out, its formula with names, and below it with numbers.
#[derive(Default)]
pub struct Equations {
    lines: Vec<Equation>,
}

struct Equation {
    left: String,
    middle: String,
    value: Option<f64>,
    remark: String,
    is_result: bool,
}

impl Equations {
    /// left = formula, and = numbers = value in the next line where the formula is not that number itself.
    pub fn formula(&mut self, left: &str, formula: &Expression, value: f64, remark: &str) {
        let mut line = |left: &str, middle: String, value: Option<f64>, remark: &str| {
            let (left, remark) = (left.to_owned(), remark.to_owned());
            self.lines.push(Equation { left, middle, value, remark, is_result: false });
        };
        let is_number = matches!(formula.parts.as_slice(), [Part::Value { .. }]) || !formula.has_values();
        if is_number {
            line(left, formula.names(), Some(value), remark);
        } else {
            line(left, formula.names(), None, remark);
            line("", formula.numbers(&exact), Some(value), "");
        }
    }

    /// What the equations above come to.
    pub fn result(&mut self, left: &str, middle: &str, value: f64) {
        let (left, middle) = (left.to_owned(), middle.to_owned());
        self.lines.push(Equation { left, middle, value: Some(value), remark: String::new(), is_result: true });
    }

    /// The lines; a remark stands behind its line where it fits.
    pub fn text(&self, indent: &str, output: &Output) -> String {
        let widest = output.width();
        let left = self.lines.iter().map(|line| width_of(&line.left)).max().unwrap_or(0);
        let of_value = |line: &Equation| line.value.map_or(0, |value| width_of(&signed(value)) + 3);
        let values = self.lines.iter().map(of_value).max().unwrap_or(0);
        let room = widest.saturating_sub(indent.len() + left + 3 + values);
        // A formula that is too long keeps its own value behind it; the others need not make way for it.
        let fitting = self.lines.iter().filter(|line| line.value.is_some()).map(|line| width_of(&line.middle));
        let middle = fitting.filter(|&length| length <= room).max().unwrap_or(0);
        let remarks = indent.len() + left + 3 + middle + 3;
        let mut text = String::new();
        for line in &self.lines {
            let mut plain = format!("{indent}{} = ", padded(&line.left, left));
            text += &plain;
            match line.value {
                None => {
                    text += &line.middle;
                    plain += &line.middle;
                }
                Some(value) => {
                    let behind = format!("{} = ", padded(&line.middle, middle));
                    let shown = signed(value);
                    text += &behind;
                    text += &if line.is_result { output.paint(Style::Bold, &shown) } else { shown.clone() };
                    plain = plain + &behind + &shown;
                }
            }
            let start = remarks.max(width_of(&plain) + 2);
            if !line.remark.is_empty() && start + width_of(&line.remark) <= widest {
                text += &" ".repeat(start - width_of(&plain));
                text += &output.paint(Style::Faint, &line.remark);
            }
            text.push('\n');
        }
        text
    }
}

/// The terms of a sum under each other, each with names, with numbers, and with its value.
#[derive(Default)]
pub struct Terms {
    lines: Vec<(String, String, f64)>,
}

impl Terms {
    /// One more term.
    pub fn term(&mut self, names: String, numbers: String, value: f64) {
        self.lines.push((names, numbers, value));
    }

    /// The terms, then their sum; two lines for each where one would be too long.
    pub fn text(&self, indent: &str, sum: (&str, f64), output: &Output) -> String {
        let widest = |of: &dyn Fn(&(String, String, f64)) -> usize| self.lines.iter().map(of).max().unwrap_or(0);
        let names = widest(&|line| width_of(&line.0)).max(width_of(sum.0));
        let numbers = widest(&|line| width_of(&line.1));
        let values = widest(&|line| width_of(&signed(line.2))).max(width_of(&signed(sum.1)));
        let is_one_line = indent.len() + 2 + names + 2 + numbers + 3 + values <= output.width();
        let mut text = String::new();
        for (at, (name, number, value)) in self.lines.iter().enumerate() {
            let plus = if at == 0 { " " } else { "+" };
            let gap = if number.is_empty() || is_one_line { String::new() } else { format!("\n{indent}    ") };
            let (name, number) = if is_one_line {
                (padded(name, names) + "  ", padded(number, numbers))
            } else if number.is_empty() {
                (padded(name, numbers + 2), String::new())
            } else {
                (name.clone(), padded(number, numbers))
            };
            text += &format!("{indent}{plus} {name}{gap}{number} = {}\n", signed(*value));
        }
        let width = if is_one_line { names + 2 + numbers } else { numbers + 2 };
        text + &format!("{indent}  {} = {}\n", padded(sum.0, width), output.paint(Style::Bold, &signed(sum.1)))
    }
}

/// Words in lines of at most `width` characters that are not cut within a word, the later lines further in.
pub fn hanging(words: &[String], first: &str, later: &str, width: usize) -> String {
    let (mut text, mut line) = (String::new(), first.to_owned());
    let mut is_empty = true;
    for word in words {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            text += line.trim_end();
            text.push('\n');
            line = later.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    text + line.trim_end() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_count_and_no_others() {
        assert_eq!([exact(0.5), exact(1.0 / 3.0), exact(-2.0), exact(1e-7)], ["0.5", "0.3333333333", "-2", "1e-7"]);
        assert_eq!([rough(1.0 / 3.0), rough(-0.0), rough(123_456_789.0)], ["0.333333", "0", "123457000"]);
        assert_eq!(exact(f64::NAN), "NaN");
    }

    #[test]
    fn lines_that_hang_are_cut_between_words() {
        let words = ["a + b", "+ c", "= d"].map(str::to_owned);
        assert_eq!(hanging(&words, "z = ", "    ", 12), "z = a + b\n    + c = d\n");
    }
}
