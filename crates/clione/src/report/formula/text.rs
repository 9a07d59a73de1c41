//! A page of formulas for a terminal: aligned at their signs of equality, each with its shape.

use super::{FUNCTIONS, FormulaPage, NOTES, SIGNS, SYMBOLS};
use crate::report::text::wrapped;
use crate::see::formula::text::{expression, function_head, symbol};

/// The narrowest column that formulas are wrapped into.
const LEAST: usize = 30;

/// A line: what stands before and behind the sign of equality, and what is said of it.
struct Line {
    name: String,
    formula: String,
    remarks: Vec<String>,
}

/// The page in lines of at most `width` characters, as far as formulas can be wrapped; `heading` decorates headings.
pub fn text(page: &FormulaPage<'_>, width: usize, heading: &dyn Fn(&str) -> String) -> String {
    let mut sections: Vec<(String, String)> = Vec::new();
    for (title, definitions) in page.definitions() {
        let lines = definitions.iter().map(|definition| Line {
            name: symbol(&definition.symbol),
            formula: expression(&definition.formula),
            remarks: vec![definition.dimensions.to_string(), definition.of.clone()],
        });
        sections.push((title, laid_out(&lines.collect::<Vec<_>>(), "=", width)));
    }
    let functions = page.formulas.functions.iter().map(|function| Line {
        name: function_head(function),
        formula: expression(&function.formula),
        remarks: vec![function.note.to_owned()],
    });
    sections.push((FUNCTIONS.to_owned(), laid_out(&functions.collect::<Vec<_>>(), "=", width)));
    let symbols = page.formulas.symbols.iter().map(|meaning| Line {
        name: symbol(&meaning.symbol),
        formula: meaning.dimensions.as_ref().map_or_else(String::new, ToString::to_string),
        remarks: vec![meaning.meaning.clone()],
    });
    sections.push((SYMBOLS.to_owned(), laid_out(&symbols.collect::<Vec<_>>(), "", width)));
    let signs = page.formulas.signs.iter().map(|(example, meaning)| Line {
        name: expression(example),
        formula: (*meaning).to_owned(),
        remarks: Vec::new(),
    });
    sections.push((SIGNS.to_owned(), laid_out(&signs.collect::<Vec<_>>(), "", width)));
    let notes = page.notes.iter().map(|note| indented(&wrapped(note, width - 2), "  ", "    "));
    sections.push((NOTES.to_owned(), notes.collect()));
    let written = sections.iter().filter(|(_, lines)| !lines.is_empty());
    written.map(|(title, lines)| format!("{}\n{lines}", heading(title))).collect::<Vec<_>>().join("\n")
}

/// Lines as columns; a formula that is too long for its column goes on below its beginning.
fn laid_out(lines: &[Line], equals: &str, width: usize) -> String {
    let length = |text: &str| text.chars().count();
    let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
    let name = widest(&|line| length(&line.name));
    let remarks: Vec<usize> = (0..lines.first().map_or(0, |line| line.remarks.len()))
        .map(|at| widest(&|line| length(&line.remarks[at])))
        .collect();
    let sign = if equals.is_empty() { "  ".to_owned() } else { format!(" {equals} ") };
    let around = 2 + name + sign.len() + remarks.iter().map(|remark| 2 + remark).sum::<usize>();
    let formula = widest(&|line| length(&line.formula)).min(width.saturating_sub(around).max(LEAST));
    let mut text = String::new();
    for line in lines {
        let parts = wrapped(&line.formula, formula);
        let mut parts = parts.lines();
        let first = parts.next().unwrap_or_default();
        let mut row = format!("  {:<name$}{sign}{first:<formula$}", line.name);
        for (remark, width) in line.remarks.iter().zip(&remarks) {
            row.push_str(&format!("  {remark:<width$}"));
        }
        text.push_str(row.trim_end());
        text.push('\n');
        for part in parts {
            text.push_str(&format!("{}{part}\n", " ".repeat(2 + name + sign.len() + 2)));
        }
    }
    text
}

fn indented(lines: &str, first: &str, others: &str) -> String {
    let indents = std::iter::once(first).chain(std::iter::repeat(others));
    lines.lines().zip(indents).map(|(line, indent)| format!("{indent}{line}\n")).collect()
}
