//! A page of formulas as a LaTeX fragment: environments that a document with `amsmath`, MathJax and KaTeX set alike.

use super::{FUNCTIONS, FormulaPage, NOTES, SIGNS, SYMBOLS};
use crate::base::visible::is_hidden;
use crate::see::formula::latex::{dimensions, expression, function_head, symbol};

/// The fragment: an `align*` for each section, with its heading in a comment.
pub fn latex(page: &FormulaPage<'_>) -> String {
    let mut text =
        format!("% {}: formulas for a document with \\usepackage{{amsmath}}, MathJax or KaTeX\n", comment(page.title));
    let mut section = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let lines = lines.join(" \\\\\n");
            text.push_str(&format!("\n% {}\n\\begin{{align*}}\n{lines}\n\\end{{align*}}\n", comment(heading)));
        }
    };
    for (heading, definitions) in page.definitions() {
        let lines = definitions.iter().map(|definition| {
            let (name, formula) = (symbol(&definition.symbol), expression(&definition.formula));
            format!("{name} &= {formula} && {} && {}", dimensions(&definition.dimensions), words(&definition.of))
        });
        section(&heading, lines.collect());
    }
    let functions = page.formulas.functions.iter().map(|function| {
        let note = if function.note.is_empty() { String::new() } else { format!(" && {}", words(function.note)) };
        format!("{} &= {}{note}", function_head(function), expression(&function.formula))
    });
    section(FUNCTIONS, functions.collect());
    let symbols = page.formulas.symbols.iter().map(|meaning| {
        let shape = meaning.dimensions.as_ref().map_or_else(String::new, dimensions);
        format!("& {} && {shape} && {}", symbol(&meaning.symbol), words(&meaning.meaning))
    });
    section(SYMBOLS, symbols.collect());
    let signs = page.formulas.signs.iter();
    section(
        SIGNS,
        signs.map(|(example, meaning)| format!("& {} && {}", expression(example), words(meaning))).collect(),
    );
    // In a formula sentences would not be broken into lines.
    page.notes.iter().for_each(|note| text.push_str(&format!("\n% {NOTES}: {}", comment(note))));
    if !page.notes.is_empty() {
        text.push('\n');
    }
    text
}

/// Words among formulas; none of their characters is a command, and signs of formulas are set as such.
fn words(words: &str) -> String {
    let mut text = String::from("\\text{");
    for letter in words.chars() {
        match letter {
            '\\' => text.push_str("\\textbackslash{}"),
            '~' => text.push_str("\\textasciitilde{}"),
            '^' => text.push_str("\\textasciicircum{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => text.extend(['\\', letter]),
            '∂' => text.push_str("$\\partial$"),
            '·' => text.push_str("$\\cdot$"),
            '−' => text.push_str("$-$"),
            letter if is_hidden(letter) => text.push('\u{fffd}'),
            letter => text.push(letter),
        }
    }
    text + "}"
}

/// What stays on one line.
fn comment(words: &str) -> String {
    words.chars().map(|letter| if is_hidden(letter) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_among_formulas_becomes_a_command_and_no_comment_ends_before_its_line() {
        assert_eq!(words(r"\input{x}_%$&#"), r"\text{\textbackslash{}input\{x\}\_\%\$\&\#}");
        assert_eq!(comment("a\nb\u{2028}c"), "a b c");
    }
}
